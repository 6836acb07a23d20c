"""The people, firms and facts that the tests of intake are written with. Nobody is real."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.intake.commands.application import RoundSeen
from services.intake.commands.mandate import Heard, Mandate, Tie
from shared.contracts.intake import (
    AgreementCountersigned,
    AgreementSigned,
    ApplicantAdmitted,
    ApplicantEnrolled,
    ApplicationEvent,
    ApplicationKind,
    ApplicationSubmitted,
    CohortGroupFormed,
    CommitmentDeclared,
    FeeScheduleSet,
    GroupMemberAdded,
    InterestRegistered,
    InvoiceIssued,
    PreCertificationPassed,
    RequirementsDisclosed,
    RoundAnnounced,
    RoundClosed,
    RoundDrafted,
    RoundEvent,
    RoundKind,
    RoundOpened,
    SchemeVersionBound,
    ScreeningStarted,
    SignatoryMandateDeclared,
    StandardDocumentAcquired,
    SurveyAnswered,
    SurveyValue,
)
from shared.contracts.roles import Role
from shared.contracts.survey import SURVEY_V1, AnswerValue, Question, QuestionKind

APPLICATION = UUID("0190a3c2-7a10-4c00-8000-000000000001")
OTHER_APPLICATION = UUID("0190a3c2-7a10-4c00-8000-000000000002")
ROUND = UUID("0190a3c2-7a10-4c00-8000-000000000011")
OTHER_ROUND = UUID("0190a3c2-7a10-4c00-8000-000000000012")
GROUP = UUID("0190a3c2-7a10-4c00-8000-000000000021")
OTHER_GROUP = UUID("0190a3c2-7a10-4c00-8000-000000000022")
INVOICE = UUID("0190a3c2-7a10-4c00-8000-000000000031")
PAYMENT = UUID("0190a3c2-7a10-4c00-8000-000000000041")
DECLARATION = UUID("0190a3c2-7a10-4c00-8000-000000000051")
APPOINTMENT = UUID("0190a3c2-7a10-4c00-8000-000000000061")

APPLICANT = UUID("0190a3c2-7a10-4c00-8000-0000000000a1")
SIGNATORY = UUID("0190a3c2-7a10-4c00-8000-0000000000a2")
STRANGER = UUID("0190a3c2-7a10-4c00-8000-0000000000a3")
LEADER = UUID("0190a3c2-7a10-4c00-8000-0000000000b1")
SUPERVISOR = UUID("0190a3c2-7a10-4c00-8000-0000000000b2")
TRAINER = UUID("0190a3c2-7a10-4c00-8000-0000000000b3")
STEERING = UUID("0190a3c2-7a10-4c00-8000-0000000000b4")

ALFA = "7699990011"
BETA = "7699990029"
PUBLIC_FIRM = "2199990017"
NAME = "Alfa ekonomisk förening"

MONDAY = datetime(2018, 12, 3, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
LATER = datetime(2018, 12, 10, 9, 0, tzinfo=UTC)

REASON = "Företaget uppfyller det som frågas efter, enligt underlaget."
RESTS_ON = "ab" * 32


def heard(*roles: Role, until: date = date(2027, 12, 31), ties: tuple[Tie, ...] = ()) -> Heard:
    """Return what is heard of somebody who is appointed to ``roles`` until then."""
    mandates = tuple(Mandate(APPOINTMENT, role, date(2018, 3, 1), until) for role in roles)
    return Heard(frozenset(roles), mandates, ties)


def nothing_heard(*roles: Role) -> Heard:
    """Return what is heard of somebody without an appointment."""
    return Heard(frozenset(roles))


LEADS = heard(Role.PROJECT_LEADER)


def good_answer(question: Question) -> AnswerValue:
    """Return an answer that speaks for the enterprise."""
    match question.kind:
        case QuestionKind.YES_NO:
            return True
        case QuestionKind.NUMBER:
            return max(question.minimum, 20)
        case QuestionKind.CHOICE:
            return question.options[0].code
        case QuestionKind.ORGANISATION_NUMBER:
            return ALFA


def answered(section: str, **other: AnswerValue) -> SurveyAnswered:
    """Return the fact that all of ``section`` is answered well, but for ``other``."""
    found = SURVEY_V1.section(section)
    assert found is not None
    return SurveyAnswered(
        application_id=APPLICATION,
        survey=SURVEY_V1.version,
        section=section,
        answers=tuple(
            SurveyValue(question=q.code, value=other.get(q.code, good_answer(q)))
            for q in found.questions
        ),
        remarks=None,
        answered_at=MONDAY,
    )


def survey(**other: AnswerValue) -> tuple[SurveyAnswered, ...]:
    """Return the facts that the whole survey is answered well, but for ``other``."""
    return tuple(answered(section.code, **other) for section in SURVEY_V1.sections)


interested = InterestRegistered(
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name=NAME,
    kind=ApplicationKind.INITIAL,
    channel="web",
    contact_id=APPLICANT,
    contact_name="Kontaktperson Ett",
    contact_email="kontakt@alfa.example",
    language="sv",
    registered_at=MONDAY,
)
told = RequirementsDisclosed(application_id=APPLICATION, requirements="1", disclosed_at=MONDAY)
passed = PreCertificationPassed(
    application_id=APPLICATION,
    reason=REASON,
    language="sv",
    evidence=(RESTS_ON,),
    decided_at=MONDAY,
)
declared = SignatoryMandateDeclared(
    application_id=APPLICATION,
    organisation_number=ALFA,
    mandate_id=DECLARATION,
    signatory_id=SIGNATORY,
    signatory_name="Firmatecknare Ett",
    signatory_email="tecknare@alfa.example",
    language="sv",
    basis="alone",
    declared_at=MONDAY,
)
committed = CommitmentDeclared(
    application_id=APPLICATION, signatory_id=SIGNATORY, hours_per_month=20, declared_at=MONDAY
)
drafted: tuple[ApplicationEvent, ...] = (interested, told, *survey(), declared, committed)
submitted = ApplicationSubmitted(
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name=NAME,
    round_id=ROUND,
    kind=ApplicationKind.INITIAL,
    survey="1",
    signatory_id=SIGNATORY,
    submitted_at=TUESDAY,
)
screening = ScreeningStarted(application_id=APPLICATION, screener_id=LEADER, started_at=TUESDAY)
admitted = ApplicantAdmitted(
    application_id=APPLICATION,
    organisation_number=ALFA,
    round_id=ROUND,
    screener_id=LEADER,
    reason=REASON,
    language="sv",
    evidence=(RESTS_ON,),
    admitted_at=LATER,
)
in_screening: tuple[ApplicationEvent, ...] = (*drafted, submitted, screening)
is_admitted: tuple[ApplicationEvent, ...] = (*in_screening, admitted)
has_document = StandardDocumentAcquired(application_id=APPLICATION, confirmed_at=LATER)
signed = AgreementSigned(
    application_id=APPLICATION, agreement="1", signatory_id=SIGNATORY, signed_at=LATER
)
countersigned = AgreementCountersigned(
    application_id=APPLICATION,
    organisation_number=ALFA,
    agreement="1",
    countersigned_at=LATER,
)
enrolled = ApplicantEnrolled(
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name=NAME,
    round_id=ROUND,
    scheme="v1",
    applicant_id=APPLICANT,
    signatory_id=SIGNATORY,
    screener_id=LEADER,
    project_leader_id=LEADER,
    enrolled_at=LATER,
)
is_enrolled: tuple[ApplicationEvent, ...] = (
    *is_admitted,
    has_document,
    signed,
    countersigned,
    enrolled,
)

regular = RoundSeen(ROUND, "V20", RoundKind.REGULAR, receives=True, invited=False)
pilot = RoundSeen(ROUND, "P19", RoundKind.PILOT, receives=True, invited=True)

plan = RoundDrafted(
    round_id=ROUND,
    code="P19",
    name_sv="Pilot 2019",
    name_en="Pilot 2019",
    kind=RoundKind.PILOT,
    places=2,
    opens_on=date(2018, 11, 19),
    application_deadline_on=date(2018, 12, 7),
    admission_on=date(2018, 12, 14),
    starts_on=date(2019, 1, 15),
    project_leader_id=LEADER,
    drafted_at=MONDAY,
)
fees = FeeScheduleSet(round_id=ROUND, fee_ore=300_000, vat_percent=25, set_at=MONDAY)
bound = SchemeVersionBound(round_id=ROUND, scheme="v1", bound_at=MONDAY)
announced = RoundAnnounced(
    round_id=ROUND,
    code="P19",
    kind=RoundKind.PILOT,
    opens_on=plan.opens_on,
    application_deadline_on=plan.application_deadline_on,
    announced_at=MONDAY,
)
opened = RoundOpened(
    round_id=ROUND, application_deadline_on=plan.application_deadline_on, opened_at=MONDAY
)
is_open: tuple[RoundEvent, ...] = (plan, fees, bound, announced, opened)
DEADLINE = datetime(2018, 12, 7, 23, 0, tzinfo=UTC)
closed = RoundClosed(round_id=ROUND, effective_at=DEADLINE)

formed = CohortGroupFormed(group_id=GROUP, round_id=ROUND, formed_at=LATER)


def application(number: int) -> UUID:
    """Return the id of one of several applications."""
    return UUID(int=number)


def members(count: int) -> tuple[GroupMemberAdded, ...]:
    """Return the facts that ``count`` firms joined the group."""
    return tuple(
        GroupMemberAdded(
            group_id=GROUP,
            application_id=application(n),
            organisation_number=f"76999900{n:02}",
            added_at=LATER,
        )
        for n in range(count)
    )


issued = InvoiceIssued(
    invoice_id=INVOICE,
    application_id=APPLICATION,
    organisation_number=ALFA,
    number=1,
    net_ore=300_000,
    vat_ore=75_000,
    issued_at=LATER,
)

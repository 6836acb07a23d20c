"""Events of the intake service. Topic: ``asf.intake.events.v1``. Key: the stream."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed, Value
from shared.contracts.roles import Role


class ApplicationKind(StrEnum):
    """What is applied for (APP-1)."""

    INITIAL = "initial"
    RENEWAL = "renewal"
    SCOPE = "scope"


class RoundKind(StrEnum):
    """Who may apply to a round (APP-6, Q-123)."""

    PILOT = "pilot"
    REGULAR = "regular"
    RENEWAL = "renewal"


class DeferralCode(StrEnum):
    """Why an ASF is asked to come back later (APP-10)."""

    PREPAREDNESS = "preparedness"
    TRAINING = "training"
    COMPETENCE = "competence"


class SurveyValue(Value):
    """One answer: yes or no, a whole number, or the code of a choice. Never free text."""

    question: str
    value: bool | int | str


# --- the application: step 1 and 2 ---------------------------------------------------------------


class InterestRegistered(Event):
    """An ASF showed interest (step 1).

    Attributes:
        organisation_number: Ten digits, checked (SV-1, SV-2).
        contact_id: Pseudonym of the contact person, whose name and address are sealed.
        language: Of the letters to the contact: ``sv`` or ``en``.
    """

    integration: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "contact_id"

    application_id: UUID
    organisation_number: str
    organisation_name: str
    kind: ApplicationKind
    channel: Literal["web", "mail"]
    contact_id: UUID
    contact_name: Sealed[str]
    contact_email: Sealed[str]
    language: Literal["sv", "en"]
    registered_at: Instant


class RequirementsDisclosed(Event):
    """The ASF was told what is required (step 1, Q-071).

    Attributes:
        requirements: Version of the requirements that was shown.
    """

    application_id: UUID
    requirements: str
    disclosed_at: Instant


class PreCertificationPassed(Event):
    """A pilot firm passed the pre-certification (APP-6)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    reason: Sealed[str]
    evidence: Distinct[str]
    decided_at: Instant


class PreCertificationFailed(Event):
    """A pilot firm did not pass the pre-certification (APP-6)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    reason: Sealed[str]
    evidence: Distinct[str]
    decided_at: Instant


class SurveyAnswered(Event):
    """One section of the web survey was answered, for the first time or anew (step 1).

    Attributes:
        survey: Version of the survey.
        answers: All answers of the section, in the order of its questions.
        remarks: What the ASF adds in its own words.
    """

    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    survey: str
    section: str
    answers: tuple[SurveyValue, ...]
    remarks: Sealed[str | None]
    answered_at: Instant


class IndependenceReviewFlagged(Event):
    """The organisation number is of the public group: somebody must look (APP-13, SV-3)."""

    application_id: UUID
    flagged_at: Instant


class SignatoryMandateDeclared(Event):
    """A person declared that they may bind the ASF (SV-10).

    Attributes:
        mandate_id: The declaration, cited as the mandate of what the signatory does.
        basis: What it rests on: alone or jointly by registration, or a power of attorney.
    """

    integration: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "signatory_id"

    application_id: UUID
    organisation_number: str
    mandate_id: UUID
    signatory_id: UUID
    signatory_name: Sealed[str]
    signatory_email: Sealed[str]
    language: Literal["sv", "en"]
    basis: Literal["alone", "jointly", "power_of_attorney"]
    declared_at: Instant


class CommitmentDeclared(Event):
    """The signatory committed the time that preparation takes (Q-063)."""

    application_id: UUID
    signatory_id: UUID
    hours_per_month: int
    declared_at: Instant


class ApplicationSubmitted(Event):
    """The ASF applied to a round (step 1)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    kind: ApplicationKind
    survey: str
    signatory_id: UUID
    submitted_at: Instant


class ScreeningStarted(Event):
    """A person was named to screen the application (step 2, K-02)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    screener_id: UUID
    started_at: Instant


class ApplicantAdmitted(Event):
    """The ASF was admitted to the round (step 2)."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    reason: Sealed[str]
    evidence: Distinct[str]
    admitted_at: Instant


class ApplicationDeferred(Event):
    """The ASF may come back later, better prepared (step 2, APP-10).

    Attributes:
        return_on: The first day on which it may come back.
        actions: What to do until then, in words.
    """

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    codes: Distinct[DeferralCode]
    return_on: date
    actions: Sealed[str]
    reason: Sealed[str]
    evidence: Distinct[str]
    deferred_at: Instant


class ApplicationRejected(Event):
    """The application was turned down (step 2)."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    application_id: UUID
    organisation_number: str
    round_id: UUID
    screener_id: UUID
    reason: Sealed[str]
    evidence: Distinct[str]
    rejected_at: Instant


# --- the application: from admission to enrolment -------------------------------------------------


class StandardDocumentAcquired(Event):
    """The ASF confirmed that it has the SIS document (Q-061, APP-12)."""

    application_id: UUID
    confirmed_at: Instant


class AgreementSigned(Event):
    """The signatory signed the certification agreement (K-01)."""

    application_id: UUID
    agreement: str
    signatory_id: UUID
    signed_at: Instant


class AgreementCountersigned(Event):
    """SKOOPI signed the agreement too: it is in force (APP-12, CER-3)."""

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    agreement: str
    countersigned_at: Instant


class GroupPlaceTaken(Event):
    """The ASF has its place in one group, and in that one only (GRP-2)."""

    application_id: UUID
    group_id: UUID
    taken_at: Instant


class ApplicantEnrolled(Event):
    """The ASF takes part in the round (APP-12).

    Attributes:
        scheme: Version of the criteria bound to the round; it is assessed by it (SCH-5).
        screener_id: Who screened it (SOD-9).
        project_leader_id: Of the round (SOD-9).
    """

    integration: ClassVar[bool] = True

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    scheme: str
    applicant_id: UUID
    signatory_id: UUID
    screener_id: UUID
    project_leader_id: UUID
    enrolled_at: Instant


# --- one open application per organisation --------------------------------------------------------


class OpenApplicationRecorded(Event):
    """The organisation has this open application and may have no other (APP-1)."""

    organisation_number: str
    application_id: UUID
    recorded_at: Instant


class OpenApplicationEnded(Event):
    """The organisation's application is no longer open (APP-1)."""

    organisation_number: str
    application_id: UUID
    ended_at: Instant


# --- the round -------------------------------------------------------------------------------------


class RoundDrafted(Event):
    """A round was planned.

    Attributes:
        code: Short name, e.g. ``P19``.
        places: How many ASF may take part.
        application_deadline_on: Ends at 24:00 Europe/Stockholm (SV-6).
        admission_on: By when screening is to be done (T2).
    """

    round_id: UUID
    code: str
    name_sv: str
    name_en: str
    kind: RoundKind
    places: int
    opens_on: date
    application_deadline_on: date
    admission_on: date
    starts_on: date
    project_leader_id: UUID
    drafted_at: Instant


class FeeScheduleSet(Event):
    """The round's fee was set, in whole öre before VAT (RND-3)."""

    round_id: UUID
    fee_ore: int
    vat_percent: int
    set_at: Instant


class SchemeVersionBound(Event):
    """The round's version of the criteria was set (RND-3, SCH-5)."""

    round_id: UUID
    scheme: str
    bound_at: Instant


class RoundAnnounced(Event):
    """The round is public: places and dates (Q-126)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    code: str
    kind: RoundKind
    opens_on: date
    application_deadline_on: date
    announced_at: Instant


class RoundOpened(Event):
    """Applications are received."""

    integration: ClassVar[bool] = True

    round_id: UUID
    opened_at: Instant


class OrganisationInvited(Event):
    """A pilot firm was invited to the round (APP-6)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    organisation_number: str
    invited_at: Instant


class RoundClosed(Event):
    """The deadline has passed. True from ``effective_at``, whenever the timer ran (GEN-6)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    effective_at: Instant


class PlaceOffered(Event):
    """An admitted ASF was offered a place (RND-5).

    Attributes:
        stands_until: The first instant at which the offer has ended.
    """

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    stands_until: Instant
    offered_at: Instant


class WaitingListJoined(Event):
    """All places are taken: the ASF waits in order of admission (RND-5)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    application_id: UUID
    joined_at: Instant


class PlaceAccepted(Event):
    """The signatory accepted the place."""

    round_id: UUID
    application_id: UUID
    signatory_id: UUID
    accepted_at: Instant


class RoundStarted(Event):
    """The round runs: preparation begins for whoever is enrolled (PM-5)."""

    integration: ClassVar[bool] = True

    round_id: UUID
    started_at: Instant


# --- the group: step 5 -----------------------------------------------------------------------------


class CohortGroupFormed(Event):
    """A group of ASF that work side by side was formed (step 5)."""

    group_id: UUID
    round_id: UUID
    formed_at: Instant


class GroupMemberAdded(Event):
    """An enrolled ASF joined the group (GRP-2)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    application_id: UUID
    organisation_number: str
    added_at: Instant


class GroupSizeDeviationApproved(Event):
    """The steering group lets this group start with another size (GRP-1, T1)."""

    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "group_id"

    group_id: UUID
    members: int
    reason: Sealed[str]
    evidence: Distinct[str]
    approved_at: Instant


class SupervisorAssigned(Event):
    """A supervisor supports the group, and is barred from reviewing its members (GRP-4).

    Attributes:
        application_ids: The members at that time; for later ones see ``GroupStarted``.
    """

    integration: ClassVar[bool] = True

    group_id: UUID
    supervisor_id: UUID
    application_ids: Distinct[UUID]
    assigned_at: Instant


class TrainerAssigned(Event):
    """A trainer trains the group, and is barred from reviewing its members (SOD-2)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    trainer_id: UUID
    application_ids: Distinct[UUID]
    assigned_at: Instant


class GroupStarted(Event):
    """The group started with these members and these people (GRP-1, GRP-4)."""

    integration: ClassVar[bool] = True

    group_id: UUID
    round_id: UUID
    application_ids: Distinct[UUID]
    supervisor_ids: Distinct[UUID]
    trainer_ids: Distinct[UUID]
    started_at: Instant


# --- the invoice -----------------------------------------------------------------------------------


class InvoiceIssued(Event):
    """The fee was invoiced (INV-1 to INV-3).

    Attributes:
        number: Without gaps within the series of all invoices.
        net_ore: Whole öre before VAT.
        vat_ore: Rounded half up.
    """

    integration: ClassVar[bool] = True

    invoice_id: UUID
    application_id: UUID
    organisation_number: str
    number: int
    net_ore: int
    vat_ore: int
    issued_at: Instant


class PaymentRegistered(Event):
    """Money arrived for an invoice, in whole öre with VAT."""

    invoice_id: UUID
    application_id: UUID
    paid_ore: int
    paid_on: date
    registered_at: Instant


class InvoiceSettled(Event):
    """The whole invoice is paid: the fee gate is met (CER-3)."""

    integration: ClassVar[bool] = True

    invoice_id: UUID
    application_id: UUID
    organisation_number: str
    settled_at: Instant


class InvoiceNumberTaken(Event):
    """The next number of the series went to one invoice: no gaps, no repeats (INV-2)."""

    number: int
    invoice_id: UUID
    taken_at: Instant


# --- what intake has heard ---------------------------------------------------------------------------


class MandateNoted(Event):
    """Intake heard of an appointment: the person may act in that role (APT-3, GRP-3)."""

    person_id: UUID
    appointment_id: UUID
    role: Role
    valid_from: date
    valid_until: date
    noted_at: Instant


ApplicationEvent = (
    InterestRegistered
    | RequirementsDisclosed
    | PreCertificationPassed
    | PreCertificationFailed
    | SurveyAnswered
    | IndependenceReviewFlagged
    | SignatoryMandateDeclared
    | CommitmentDeclared
    | ApplicationSubmitted
    | ScreeningStarted
    | ApplicantAdmitted
    | ApplicationDeferred
    | ApplicationRejected
    | StandardDocumentAcquired
    | AgreementSigned
    | AgreementCountersigned
    | GroupPlaceTaken
    | ApplicantEnrolled
)
OrganisationEvent = OpenApplicationRecorded | OpenApplicationEnded
RoundEvent = (
    RoundDrafted
    | FeeScheduleSet
    | SchemeVersionBound
    | RoundAnnounced
    | RoundOpened
    | OrganisationInvited
    | RoundClosed
    | PlaceOffered
    | WaitingListJoined
    | PlaceAccepted
    | RoundStarted
)
GroupEvent = (
    CohortGroupFormed
    | GroupMemberAdded
    | GroupSizeDeviationApproved
    | SupervisorAssigned
    | TrainerAssigned
    | GroupStarted
)
InvoiceEvent = InvoiceIssued | PaymentRegistered | InvoiceSettled
InvoiceSeriesEvent = InvoiceNumberTaken
MandateEvent = MandateNoted
IntakeEvent = (
    ApplicationEvent
    | OrganisationEvent
    | RoundEvent
    | GroupEvent
    | InvoiceEvent
    | InvoiceSeriesEvent
    | MandateEvent
)

"""What can be asked of an application, and what it remembers. The rules stand by stage beside.

Step 1 is in ``application_drafting``, step 2 in ``application_screening``, the way from admission
to the group in ``application_enrolment``.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import assert_never

from services.intake.commands.application import (
    AdmitApplicant,
    AnswerSurvey,
    ApplicationCommand,
    ConfirmDocumentAccess,
    CountersignAgreement,
    DeclareCommitment,
    DeclareMandate,
    DeferApplication,
    DiscloseRequirements,
    EnrolApplicant,
    RecordPreCertification,
    RegisterInterest,
    RejectApplication,
    SignAgreement,
    StartScreening,
    SubmitApplication,
    TakeGroupPlace,
)
from services.intake.decider import application_drafting as drafting
from services.intake.decider import application_enrolment as enrolment
from services.intake.decider import application_screening as screening
from services.intake.decider.application_state import (
    Application,
    Declared,
    Opening,
    Section,
    Stage,
)
from shared.contracts.intake import (
    AgreementCountersigned,
    AgreementSigned,
    ApplicantAdmitted,
    ApplicantEnrolled,
    ApplicationDeferred,
    ApplicationEvent,
    ApplicationRejected,
    ApplicationSubmitted,
    CommitmentDeclared,
    GroupPlaceTaken,
    IndependenceReviewFlagged,
    InterestRegistered,
    PreCertificationFailed,
    PreCertificationPassed,
    RequirementsDisclosed,
    ScreeningStarted,
    SignatoryMandateDeclared,
    StandardDocumentAcquired,
    SurveyAnswered,
)
from shared.decider import Decider


def decide(  # noqa: PLR0912 -- one case for each command
    command: ApplicationCommand, application: Application
) -> tuple[ApplicationEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case RegisterInterest():
            return drafting.register(command, application)
        case DiscloseRequirements():
            return drafting.disclose(command, application)
        case RecordPreCertification():
            return drafting.record_precertification(command, application)
        case AnswerSurvey():
            return drafting.answer(command, application)
        case DeclareMandate():
            return drafting.declare_mandate(command, application)
        case DeclareCommitment():
            return drafting.declare_commitment(command, application)
        case SubmitApplication():
            return drafting.submit(command, application)
        case StartScreening():
            return screening.start(command, application)
        case AdmitApplicant():
            return screening.admit(command, application)
        case DeferApplication():
            return screening.defer(command, application)
        case RejectApplication():
            return screening.reject(command, application)
        case ConfirmDocumentAccess():
            return enrolment.confirm_document(command, application)
        case SignAgreement():
            return enrolment.sign(command, application)
        case CountersignAgreement():
            return enrolment.countersign(command, application)
        case EnrolApplicant():
            return enrolment.enrol(command, application)
        case TakeGroupPlace():
            return enrolment.take_place(command, application)
        case _:
            assert_never(command)


def evolve(  # noqa: PLR0912 -- one case for each event
    application: Application, event: ApplicationEvent
) -> Application:
    """Return the application after ``event``. Total: never raises."""
    match event:
        case InterestRegistered():
            return replace(application, opening=_opening(event))
        case RequirementsDisclosed():
            return replace(application, disclosed=application.disclosed | {event.requirements})
        case PreCertificationPassed():
            return replace(application, precertified=True)
        case PreCertificationFailed():
            return replace(application, precertified=False)
        case SurveyAnswered():
            return _answered(application, event)
        case SignatoryMandateDeclared():
            declared = Declared(event.mandate_id, event.signatory_id)
            return replace(application, mandate=declared)
        case CommitmentDeclared():
            return replace(application, committed=(event.signatory_id, event.hours_per_month))
        case ApplicationSubmitted():
            return replace(application, stage=Stage.SUBMITTED, round_id=event.round_id)
        case ScreeningStarted():
            return replace(application, stage=Stage.SCREENING, screener_id=event.screener_id)
        case ApplicantAdmitted():
            return replace(application, stage=Stage.ADMITTED)
        case ApplicationDeferred():
            return replace(application, stage=Stage.DEFERRED)
        case ApplicationRejected():
            return replace(application, stage=Stage.REJECTED)
        case StandardDocumentAcquired():
            return replace(application, has_document=True)
        case AgreementSigned():
            return replace(application, agreement=event.agreement)
        case AgreementCountersigned():
            return replace(application, countersigned=True)
        case ApplicantEnrolled():
            return replace(application, stage=Stage.ENROLLED, scheme=event.scheme)
        case GroupPlaceTaken():
            return replace(application, group_id=event.group_id)
        case IndependenceReviewFlagged():
            return application
        case _:
            assert_never(event)


def _opening(event: InterestRegistered) -> Opening:
    """Return what the interest said, without anything sealed."""
    return Opening(
        event.application_id,
        event.organisation_number,
        event.organisation_name,
        event.kind,
        event.contact_id,
    )


def _answered(application: Application, event: SurveyAnswered) -> Application:
    """Return the application after a section was answered: later answers replace earlier ones."""
    section = Section(event.answered_at, remarked=event.remarks is not None)
    given = {answer.question: answer.value for answer in event.answers}
    return replace(
        application,
        stage=Stage.DRAFTING,
        survey=event.survey,
        answers=MappingProxyType({**application.answers, **given}),
        sections=MappingProxyType({**application.sections, event.section: section}),
    )


def _scheme(application: Application) -> str | None:
    """Return the version of the criteria that it is assessed by; ``None`` before enrolment."""
    return application.scheme


decider = Decider(initial=Application(), decide=decide, evolve=evolve, scheme=_scheme)

"""Step 2: a named person examines the application, and says yes, later, or no."""

from services.intake.commands.application import (
    AdmitApplicant,
    DeferApplication,
    RejectApplication,
    ScreeningDecision,
    StartScreening,
)
from services.intake.decider.application_state import (
    Application,
    Opening,
    Stage,
    at_stage,
    known,
)
from services.intake.decider.decision import need_mandate, need_reason
from shared.contracts.intake import (
    ApplicantAdmitted,
    ApplicationDeferred,
    ApplicationEvent,
    ApplicationRejected,
    ScreeningStarted,
)
from shared.contracts.survey import SURVEYS, Gate
from shared.contracts.swedish_time import local_day
from shared.decider import Refusal, RefusalKind


def start(command: StartScreening, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-7, SOD-10, K-02: a person without part in the ASF is named to screen it."""
    opening = known(application)
    if application.screener_id == command.screener_id:
        return ()
    at_stage(application, Stage.SUBMITTED, "application_not_submitted")
    need_mandate(command.screener, command.at)
    if command.screener_id in command.supervisor_ids:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "screener_is_supervisor",
            "Whoever supports the enterprise does not screen it.",
        )
    if command.screener.tied_to(opening.organisation_number, local_day(command.at)):
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "screener_has_tie",
            "Whoever has a tie to the enterprise does not screen it.",
        )
    return (
        ScreeningStarted(
            application_id=opening.application_id,
            screener_id=command.screener_id,
            started_at=command.at,
        ),
    )


def admit(command: AdmitApplicant, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-8, APP-9: whoever meets the definition and has been in operation is admitted."""
    opening = _ready_for(command, application)
    if application.stage is Stage.ADMITTED:
        return ()
    at_stage(application, Stage.SCREENING, "application_not_in_screening")
    _need_gate(application, Gate.DEFINITION, "definition_not_met")
    _need_gate(application, Gate.OPERATING_TIME, "annual_report_missing")
    assert application.round_id is not None, "screened without a submission"
    return (
        ApplicantAdmitted(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            round_id=application.round_id,
            screener_id=command.screener_id,
            reason=command.reason,
            evidence=command.evidence,
            admitted_at=command.at,
        ),
    )


def defer(command: DeferApplication, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-10: come back later says what is lacking, from when, and what to do until then."""
    opening = _ready_for(command, application)
    if application.stage is Stage.DEFERRED:
        return ()
    at_stage(application, Stage.SCREENING, "application_not_in_screening")
    if not command.codes:
        raise Refusal(
            RefusalKind.INCOMPLETE, "deferral_reason_missing", "A deferral names what is lacking."
        )
    if command.return_on is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "return_date_missing", "A deferral says from when to return."
        )
    if not command.actions.strip():
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "deferral_actions_missing",
            "A deferral says what to do until then.",
        )
    assert application.round_id is not None, "screened without a submission"
    return (
        ApplicationDeferred(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            round_id=application.round_id,
            screener_id=command.screener_id,
            codes=command.codes,
            return_on=command.return_on,
            actions=command.actions,
            reason=command.reason,
            evidence=command.evidence,
            deferred_at=command.at,
        ),
    )


def reject(command: RejectApplication, application: Application) -> tuple[ApplicationEvent, ...]:
    """Step 2, GEN-2: a no is a decision of the named screener, with reasons."""
    opening = _ready_for(command, application)
    if application.stage is Stage.REJECTED:
        return ()
    at_stage(application, Stage.SCREENING, "application_not_in_screening")
    assert application.round_id is not None, "screened without a submission"
    return (
        ApplicationRejected(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            round_id=application.round_id,
            screener_id=command.screener_id,
            reason=command.reason,
            evidence=command.evidence,
            rejected_at=command.at,
        ),
    )


def _ready_for(command: ScreeningDecision, application: Application) -> Opening:
    """APP-7, GEN-2, K-02: the named screener decides, with mandate and reasons."""
    opening = known(application)
    if application.screener_id is None:
        at_stage(application, Stage.SCREENING, "application_not_in_screening")
    if command.screener_id != application.screener_id:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_screener", "Only the named screener decides."
        )
    need_mandate(command.by, command.at)
    need_reason(command.reason)
    return opening


def _need_gate(application: Application, gate: Gate, code: str) -> None:
    """APP-8, APP-9: every answer of the gate is yes; the refusal names those that are not."""
    assert application.survey is not None, "screened without a survey"
    failing = SURVEYS[application.survey].not_met(gate, application.answers)
    if failing:
        raise Refusal(RefusalKind.CONFLICT, code, f"See {', '.join(failing)}.")

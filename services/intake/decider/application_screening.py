"""Step 2: a named person examines the application, and says yes, later, or no."""

from datetime import datetime

from services.intake.commands.application import (
    AdmitApplicant,
    DeferApplication,
    RejectApplication,
    ScreeningDecision,
    StartScreening,
)
from services.intake.commands.mandate import Heard
from services.intake.decider.application_state import (
    Application,
    Opening,
    Stage,
    known,
    need_screening,
    need_submitted,
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
from shared.contracts.wording import shows_something
from shared.decider import Refusal, RefusalKind


def start(command: StartScreening, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-7, SOD-10, K-02: a person without part in the ASF is named to screen it."""
    opening = known(application)
    if application.screener_id == command.screener_id:
        return ()
    need_submitted(application)
    need_mandate(command.screener, command.at)
    if command.screener_id in command.supervisor_ids:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "screener_is_supervisor",
            "Whoever supports the enterprise does not screen it.",
        )
    _need_no_tie(command.screener, opening, command.at)
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
    need_screening(application)
    if failing := _failing(application, Gate.DEFINITION):
        raise Refusal(
            RefusalKind.CONFLICT,
            "definition_not_met",
            f"Not every answer of the definition is yes: see {failing}.",
        )
    if failing := _failing(application, Gate.OPERATING_TIME):
        raise Refusal(
            RefusalKind.CONFLICT,
            "annual_report_missing",
            f"A closed year and an approved annual report are needed: see {failing}.",
        )
    assert application.round_id is not None, "screened without a submission"
    return (
        ApplicantAdmitted(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            round_id=application.round_id,
            screener_id=command.screener_id,
            reason=command.reason,
            language=command.language,
            evidence=command.evidence,
            admitted_at=command.at,
        ),
    )


def defer(command: DeferApplication, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-10: come back later says what is lacking, from when, and what to do until then."""
    opening = _ready_for(command, application)
    if application.stage is Stage.DEFERRED:
        return ()
    need_screening(application)
    if not command.codes:
        raise Refusal(
            RefusalKind.INCOMPLETE, "deferral_reason_missing", "A deferral names what is lacking."
        )
    if command.return_on is None or command.return_on <= local_day(command.at):
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "return_date_missing",
            "A deferral says from when to return: a day that lies ahead.",
        )
    if not shows_something(command.actions):
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
            language=command.language,
            evidence=command.evidence,
            deferred_at=command.at,
        ),
    )


def reject(command: RejectApplication, application: Application) -> tuple[ApplicationEvent, ...]:
    """Step 2, GEN-2: a no is a decision of the named screener, with reasons."""
    opening = _ready_for(command, application)
    if application.stage is Stage.REJECTED:
        return ()
    need_screening(application)
    assert application.round_id is not None, "screened without a submission"
    return (
        ApplicationRejected(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            round_id=application.round_id,
            screener_id=command.screener_id,
            reason=command.reason,
            language=command.language,
            evidence=command.evidence,
            rejected_at=command.at,
        ),
    )


def _ready_for(command: ScreeningDecision, application: Application) -> Opening:
    """APP-7, GEN-2, K-02: the named screener decides, with mandate and reasons."""
    opening = known(application)
    if application.screener_id is None:
        need_screening(application)
    if command.screener_id != application.screener_id:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_screener", "Only the named screener decides."
        )
    need_mandate(command.by, command.at)
    _need_no_tie(command.by, opening, command.at)
    need_reason(command.reason)
    return opening


def _need_no_tie(screener: Heard, opening: Opening, at: datetime) -> None:
    """APP-7, SOD-10: refuse a tie, also one that has come in since the screener was named."""
    if screener.tied_to(opening.organisation_number, local_day(at)):
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "screener_has_tie",
            "Whoever has a tie to the enterprise does not screen it.",
        )


def _failing(application: Application, gate: Gate) -> str:
    """APP-8, APP-9: return the questions of the gate whose answer is not yes; ``""``: none."""
    assert application.survey is not None, "screened without a survey"
    return ", ".join(SURVEYS[application.survey].not_met(gate, application.answers))

"""GEN-2: what every decision needs, whatever it decides."""

from datetime import datetime

from services.intake.commands.mandate import Heard
from shared.contracts.swedish_time import local_day
from shared.contracts.wording import shows_something
from shared.decider import Refusal, RefusalKind


def need_reason(reason: str) -> None:
    """GEN-2: refuse a decision that does not say why."""
    if not shows_something(reason):
        raise Refusal(RefusalKind.INCOMPLETE, "reason_missing", "A decision says why.")


def need_mandate(heard: Heard, at: datetime) -> None:
    """GEN-2, GRP-3: refuse whoever has no appointment in force for the role."""
    day = local_day(at)
    if heard.mandate_on(day) is not None:
        return
    if heard.had_mandate_before(day):
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "mandate_ended", "The appointment has ended; renew it first."
        )
    raise Refusal(
        RefusalKind.NOT_PERMITTED, "mandate_missing", "No appointment for this role is in force."
    )

"""When rounds close: a row from the opening to the closing of each."""

from services.intake.commands.round import CloseRound
from shared.contracts.base import Event
from shared.contracts.intake import RoundClosed, RoundOpened
from shared.contracts.swedish_time import end_of_day
from shared.decider import Asked
from shared.eventlog.views import Due, Timer, View


def round_deadline(_: Due | None, event: Event, key: str) -> Due | None:
    """GEN-6: return when the round is to be closed; ``None`` once it is."""
    if isinstance(event, RoundOpened):
        return Due(
            at=end_of_day(event.application_deadline_on),
            key=key,
            kind="round_deadline",
            stream=f"round-{event.round_id}",
        )
    return None


def _keys(event: Event) -> tuple[str, ...]:
    """Return the round that opened or closed; ``()`` otherwise."""
    return (str(event.round_id),) if isinstance(event, RoundOpened | RoundClosed) else ()


def close_round(due: Due) -> Asked[CloseRound]:
    """GEN-5: return the command of a due row: its instant is the deadline, however late it runs."""
    return Asked(due.stream, CloseRound(due.at))


round_deadlines = Timer(
    view=View(name="round_deadlines", version=1, document=Due, keys=_keys, evolve=round_deadline),
    command=close_round,
)

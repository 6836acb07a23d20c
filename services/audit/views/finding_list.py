"""The list of what did not agree."""

from shared.contracts.audit import TamperSuspected
from shared.contracts.base import Event
from shared.eventlog.views import View


def _keys(event: Event) -> tuple[str, ...]:
    """Return the finding that ``event`` is about."""
    return (str(event.finding_id),) if isinstance(event, TamperSuspected) else ()


def finding(row: TamperSuspected | None, event: Event, _key: str) -> TamperSuspected | None:
    """Return the row after ``event``: the event itself. Replaying it changes nothing."""
    return event if isinstance(event, TamperSuspected) else row


finding_list = View(
    name="finding_list", version=1, document=TamperSuspected, keys=_keys, evolve=finding
)

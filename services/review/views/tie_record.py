"""The record of ties, by organisation: what SOD-5 asks of, and the yearly review looks at."""

from shared.contracts.base import Event
from shared.contracts.preparation import TieDeclared
from shared.eventlog.views import View


def _keys(event: Event) -> tuple[str, ...]:
    """Return the tie that ``event`` is about."""
    return (str(event.tie_id),) if isinstance(event, TieDeclared) else ()


def tie(row: TieDeclared | None, event: Event, _key: str) -> TieDeclared | None:
    """Return the row after ``event``: the declaration itself. Replaying it changes nothing."""
    return event if isinstance(event, TieDeclared) else row


tie_record = View(name="tie_record", version=1, document=TieDeclared, keys=_keys, evolve=tie)

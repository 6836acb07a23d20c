"""What is derived from the log: views to read from, and timers for what is due. Pure shapes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.base import Event, Instant
from shared.decider import Asked

D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class View(Generic[D]):
    """Documents folded from the service's own log, kept with the position they stand at.

    Attributes:
        name: Of the table in the service's schema, which is also the noun of the list.
        version: Raised when the meaning changes; the new version is built beside the old one
            and swapped in when it has caught up.
        keys: The documents that an event concerns, by key; ``()`` when it concerns none.
        evolve: Return the document after the event; ``None`` removes it. Replaying the same
            event changes nothing.
    """

    name: str
    version: int
    document: type[D]
    keys: Callable[[Event], tuple[str, ...]]
    evolve: Callable[[D | None, Event, str], D | None]
    """Arguments: the document or ``None``, the event, the document's key."""


class Due(BaseModel):
    """What is due, and when. A row of a timer.

    Attributes:
        at: The instant from which it is due.
        key: Of the row; with ``at`` and ``kind`` it makes the command's id.
        kind: What becomes due, where a timer has several.
        stream: Where the command goes.
    """

    at: Instant
    key: str
    kind: str
    stream: str


@dataclass(frozen=True, slots=True)
class Timer:
    """A view of what is due, and the command that each due row becomes. It never decides (GEN-1).

    Attributes:
        view: Its documents are ``Due`` or a subclass; a row leaves when its event has happened.
        command: Return what to ask when the row is due.
    """

    view: View[Any]
    command: Callable[[Any], Asked[Any]]

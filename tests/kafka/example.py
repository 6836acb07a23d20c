"""A small service to speak Kafka with: boxes are filled, and a note is taken of each filling.

Nothing in its rules forgives a repeat: a second effect would be a second note.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.base import Event
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record
from shared.contracts.roles import Role
from shared.decider import Asked, Decider, Refusal, RefusalKind

NAMES = UUID("b0c5a1de-0000-4000-8000-000000000000")
CLERK = Actor(person=uuid5(NAMES, "clerk"), role=Role.SERVICE)
POLICY = Actor(person=uuid5(NAMES, "policy"), role="policy")


class BoxFilled(Event):
    """Something was put into a box."""

    number: int


class BoxPainted(Event):
    """Of a newer producer: readers here do not know it."""

    number: int


class NoteTaken(Event):
    """A filling was noted."""

    number: int


@dataclass(frozen=True, slots=True)
class FillBox:
    """Put something into a box."""

    number: int


@dataclass(frozen=True, slots=True)
class PaintBox:
    """Paint a box."""

    number: int


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Note a filling."""

    number: int


def _decide(command: FillBox | PaintBox, _: int) -> tuple[Event, ...]:
    """Return that it was done, whatever was done before."""
    if isinstance(command, PaintBox):
        return (BoxPainted(number=command.number),)
    return (BoxFilled(number=command.number),)


def _note(command: TakeNote, noted: int) -> tuple[Event, ...]:
    """Return the note; unlucky numbers are refused."""
    if command.number == UNLUCKY:
        raise Refusal(RefusalKind.CONFLICT, "unlucky_number", "Nobody notes this number.")
    assert noted >= 0
    return (NoteTaken(number=command.number),)


def _count(state: int, _: Event) -> int:
    """Return one more."""
    return state + 1


UNLUCKY = 13
BOX: Decider[FillBox | PaintBox, Event, int] = Decider(initial=0, decide=_decide, evolve=_count)
NOTE: Decider[TakeNote, Event, int] = Decider(initial=0, decide=_note, evolve=_count)
DECIDERS: Mapping[str, Decider[Any, Any, Any]] = {"box": BOX, "note": NOTE}
WRITER_KNOWS = {each.__name__: each for each in (BoxFilled, BoxPainted, NoteTaken)}
READER_KNOWS = {each.__name__: each for each in (BoxFilled, NoteTaken)}


def reading(known: Mapping[str, type[Event]]) -> Callable[[Record], Event | None]:
    """Return how a program that knows these events reads a record."""

    def event_of(record: Record) -> Event | None:
        event = known.get(record.type)
        return event.model_validate(record.data) if event else None

    return event_of


def when_box(event: Event) -> tuple[Asked[TakeNote], ...]:
    """A filled box asks for a note; every other event leads to nothing."""
    if isinstance(event, BoxFilled):
        return (Asked(note_of(event.number), TakeNote(event.number)),)
    return ()


def box(name: str) -> str:
    """Return the stream of a box."""
    return f"box-{uuid5(NAMES, name)}"


def note_of(number: int) -> str:
    """Return the stream of the notes about a number."""
    return f"note-{uuid5(NAMES, str(number))}"


def caused(name: str) -> Cause:
    """Return the cause of a request that is called ``name``."""
    request = uuid5(NAMES, name)
    return Cause(actor=CLERK, command_id=request, correlation_id=request, causation_id=request)

"""Events that belong to no process, for tests of the log itself."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Event, Instant, Sealed
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record
from shared.contracts.roles import Role

CASE = UUID(int=10)
PERSON = UUID(int=20)
SPEAKER = UUID(int=30)


class Opened(Event):
    """Something began, and belongs to a case."""

    application_id: UUID
    label: str = "a box"


class Counted(Event):
    """A number was seen."""

    number: int


class Dated(Event):
    """Something became true at another time than it was recorded."""

    effective_at: Instant


class Spoken(Event):
    """A person said something that can be forgotten."""

    sealed_subject: ClassVar[str] = "speaker_id"

    speaker_id: UUID
    words: Sealed[str]
    aside: Sealed[str | None] = None


_EVENTS = {each.__name__: each for each in (Opened, Counted, Dated, Spoken)}

opened = Opened(application_id=CASE)
spoken = Spoken(speaker_id=SPEAKER, words="Det är så.", aside=None)


def event_of(record: Record) -> Event | None:
    """Return the event in ``record``; ``None`` for a type that is not known here."""
    known = _EVENTS.get(record.type)
    return known.model_validate(record.data) if known else None


def cause(number: int, *, digest: int | None = None) -> Cause:
    """Return the cause with command id ``number``."""
    return Cause(
        actor=Actor(PERSON, Role.OPERATOR),
        command_id=UUID(int=number),
        correlation_id=UUID(int=99),
        causation_id=UUID(int=number),
        digest=None if digest is None else UUID(int=digest),
    )

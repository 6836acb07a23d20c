"""A record and where it stands, and how a document cites it so that anyone can check. Pure."""

from typing import NamedTuple, cast
from uuid import UUID

from shared.contracts.base import Instant, Value
from shared.contracts.record import Record


class Placed(NamedTuple):
    """A record and where it stands.

    Attributes:
        hash: RFC 6962 leaf hash of its bytes, hexadecimal.
    """

    log: str
    position: int
    hash: str
    record: Record


class Cited(Value):
    """A record that something rests on: where it stands, its hash, and who put it there.

    Attributes:
        person: A pseudonym.
        mandate: The appointment or declaration under which the person acted, where it is named.
    """

    log: str
    position: int
    hash: str
    type: str
    recorded_at: Instant
    effective_at: Instant
    person: UUID
    role: str
    mandate: UUID | None


def cited(placed: Placed) -> Cited:
    """Return ``placed`` as a document cites it."""
    record = placed.record
    return Cited(
        log=placed.log,
        position=placed.position,
        hash=placed.hash,
        type=record.type,
        recorded_at=record.recorded_at,
        effective_at=record.effective_at,
        person=record.actor.person,
        role=str(record.actor.role),
        mandate=record.actor.mandate,
    )


def text_of(placed: Placed, field: str) -> str | None:
    """Return an open field of the event; ``None`` where it has none, or it is no text."""
    value: object = placed.record.data.get(field)
    return value if isinstance(value, str) else None


def texts_of(placed: Placed, field: str) -> tuple[str, ...]:
    """Return the texts that an open field of the event lists; ``()`` where there are none."""
    value: object = placed.record.data.get(field)
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(each for each in listed if isinstance(each, str))


def id_of(placed: Placed, field: str) -> UUID | None:
    """Return the identifier in an open field of the event; ``None`` where there is none."""
    try:
        return UUID(text_of(placed, field) or "")
    except ValueError:
        return None

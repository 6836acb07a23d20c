"""What every event has in common. Data only: no I/O, no behaviour."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer

T = TypeVar("T")

INTEGER_MAX = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly."""


class Event(BaseModel):
    """A fact that has happened. Immutable; named in the past tense; never deleted.

    Readers ignore fields they do not know. A changed shape is a new version all the same: a view of
    an older release would be written without the field (House: ADR-0025, ADR-0030).

    Attributes:
        schema_version: Raised when the shape changes; each value has its own golden file, and each
            earlier one its upcast and its kept schema (``versions``, ADR-0025).
        sealed_subject: Name of the field that holds whose the sealed fields are: a person or an
            organisation's case. Their key is erased with them. ``""`` where nothing is sealed.
        decision: Marks a decision event (D): it carries the whole decision record (GEN-2).
        integration: Marks an integration event (I): it has meaning for other services.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: ClassVar[int] = 1
    sealed_subject: ClassVar[str] = ""
    decision: ClassVar[bool] = False
    integration: ClassVar[bool] = False


class Value(BaseModel):
    """A part of an event: immutable data without an identity of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Seal:
    """Marks a field that the vault keeps: the log holds its commitment only."""


Sealed = Annotated[T, Seal()]
"""Text about or by a person. No rule may depend on it: it can be erased, decisions cannot.

A new event holds the text; an event read back from a log holds the commitment in its place,
64 hexadecimal digits. Only ``Sealed[str]`` and ``Sealed[str | None]`` are in use.
"""


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return ``items`` without repeats, ascending."""
    return tuple(sorted(set(items)))


Distinct = Annotated[tuple[T, ...], AfterValidator(_distinct)]
"""A set kept ascending: equal sets have equal bytes, hence equal hashes."""


def instant_text(at: datetime) -> str:
    """Return ``at`` as RFC 3339 in UTC with six decimals: one instant, one text."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


def _utc(at: datetime) -> datetime:
    """Return the same instant in UTC."""
    return at.astimezone(UTC)


Instant = Annotated[
    AwareDatetime, AfterValidator(_utc), PlainSerializer(instant_text, when_used="json")
]
"""An aware instant in UTC, microseconds; one instant has one text, hence one hash."""


def sealed_fields(event: type[Event]) -> tuple[str, ...]:
    """Return the names of the fields of ``event`` that the vault keeps, in order of definition."""
    return tuple(
        name
        for name, field in event.model_fields.items()
        if any(isinstance(mark, Seal) for mark in field.metadata)
    )

"""Every event of every service, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType, UnionType
from typing import Any, Final, cast, get_args

from shared.contracts.audit import AuditEvent
from shared.contracts.base import Event
from shared.contracts.certificates import CertificatesEvent
from shared.contracts.erasure import LegalHoldLifted, LegalHoldPlaced, PersonalDataErased
from shared.contracts.intake import IntakeEvent
from shared.contracts.notify import NotifyEvent
from shared.contracts.preparation import PreparationEvent
from shared.contracts.record import Record
from shared.contracts.repair import RedriveOrdered, ResendOrdered
from shared.contracts.review import ReviewEvent
from shared.contracts.versions import as_today, versions_of


def _members(union: UnionType | type[Event]) -> tuple[type[Event], ...]:
    """Return the classes of ``union``, in order of definition."""
    return get_args(union) or (cast("type[Event]", union),)


EVERYWHERE: Final = (
    *(PersonalDataErased, LegalHoldPlaced, LegalHoldLifted),
    *(RedriveOrdered, ResendOrdered),
)
"""What the machinery of every service says, beside what its own rules say."""

SERVICES: Final[Mapping[str, tuple[type[Event], ...]]] = MappingProxyType(
    {
        "intake": _members(IntakeEvent) + EVERYWHERE,
        "review": _members(PreparationEvent) + _members(ReviewEvent) + EVERYWHERE,
        "certificates": _members(CertificatesEvent) + EVERYWHERE,
        "notify": _members(NotifyEvent) + EVERYWHERE,
        "audit": _members(AuditEvent) + EVERYWHERE,
    }
)
"""The events that each service says, in the order of the process."""

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.__name__: event for events in SERVICES.values() for event in events}
)
"""Every event class by its name, which is the record's ``type``."""


def event_of(record: Record) -> Event | None:
    """Return the event in ``record``; ``None`` for a type or version that is not known here.

    A record of an earlier version is read as today's event (ADR-0025); its bytes stay.

    Raises:
        ValueError: The data are not those of that event.
    """
    event = EVENTS.get(record.type)
    if event is None or record.schema not in versions_of(event):
        return None
    return _validated(event, as_today(event, record.schema, record.data))


class NewerVersionError(ValueError):
    """A type that is known, said as a version that is not: whoever acts on it must not pass it over."""


def event_heard(record: Record) -> Event | None:
    """Return the event in a record, for whoever acts on it: a consumer, a view, an outlet.

    ``None`` for a type that is not known: nobody here has anything to do about it. A newer version of
    a known one is another thing (a certificate is owed on it): its stream waits until this service
    is newer too.

    Raises:
        NewerVersionError: The type is known and its version is not yet.
        ValueError: The data are not those of that event.
    """
    event = EVENTS.get(record.type)
    if event is not None and record.schema not in versions_of(event):
        raise NewerVersionError(f"{record.type} version {record.schema} is not known here")
    return event_of(record)


def event_recorded(record: Record) -> Event:
    """Return the event in a record of a service's own log, for that service (ADR-0030).

    Whatever stands there it said itself: a type that is not known is one of a newer release, and
    counts for something there.

    Raises:
        NewerVersionError: The type or its version is not known yet.
        ValueError: The data are not those of that event.
    """
    event = event_heard(record)
    if event is None:
        raise NewerVersionError(f"{record.type} version {record.schema} is not known here")
    return event


def reading(service: str) -> Callable[[Record], Event | None]:
    """Return how ``service`` reads what it hears: its own as recorded, that of others as heard."""
    own = f"asf/{service}"

    def read(record: Record) -> Event | None:
        return event_recorded(record) if record.log == own else event_heard(record)

    return read


def _validated(event: type[Event], data: Mapping[str, Any]) -> Event:
    """Return ``data`` as ``event``, read as JSON: text becomes dates and identifiers."""
    return event.model_validate(data, strict=False)

"""Every event of every service, by name."""

from collections.abc import Mapping
from types import MappingProxyType, UnionType
from typing import Any, Final, cast, get_args

from shared.contracts.audit import AuditEvent
from shared.contracts.base import Event
from shared.contracts.certificates import CertificatesEvent
from shared.contracts.intake import IntakeEvent
from shared.contracts.notify import NotifyEvent
from shared.contracts.preparation import PreparationEvent
from shared.contracts.record import Record
from shared.contracts.review import ReviewEvent


def _members(union: UnionType | type[Event]) -> tuple[type[Event], ...]:
    """Return the classes of ``union``, in order of definition."""
    return get_args(union) or (cast("type[Event]", union),)


SERVICES: Final[Mapping[str, tuple[type[Event], ...]]] = MappingProxyType(
    {
        "intake": _members(IntakeEvent),
        "review": _members(PreparationEvent) + _members(ReviewEvent),
        "certificates": _members(CertificatesEvent),
        "notify": _members(NotifyEvent),
        "audit": _members(AuditEvent),
    }
)
"""The events that each service says, in the order of the process."""

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {event.__name__: event for events in SERVICES.values() for event in events}
)
"""Every event class by its name, which is the record's ``type``."""


def event_of(record: Record) -> Event | None:
    """Return the event in ``record``; ``None`` for a type or version that is not known here.

    Raises:
        ValueError: The data are not those of that event.
    """
    event = EVENTS.get(record.type)
    if event is None or record.schema > event.schema_version:
        return None
    return _validated(event, record.data)


def _validated(event: type[Event], data: Mapping[str, Any]) -> Event:
    """Return ``data`` as ``event``, read as JSON: text becomes dates and identifiers."""
    return event.model_validate(data, strict=False)

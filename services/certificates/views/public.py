"""The public topic: of each change of status one small CloudEvent, and nothing about the inside.

How to read it stands in docs/public-topic.md.
"""

from typing import Final, NamedTuple

from shared.contracts.base import instant_text
from shared.contracts.catalogue import event_recorded
from shared.contracts.certificates_public import StatusChange, status_change
from shared.contracts.record import Record

SCHEMA: Final = f"urn:asf:schema:public.{StatusChange.__name__}:1"


class PublicRecord(NamedTuple):
    """What outsiders get of one event.

    Attributes:
        key: The number, so that all about one certificate comes in order.
        headers: CloudEvents 1.0, binary mode, in a fixed order.
    """

    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def public_record(record: Record, position: int) -> PublicRecord | None:
    """CER-19: return what outsiders hear of ``record``; ``None`` when it changes no status.

    Raises:
        NewerVersionError: See ``event_recorded``: whoever passed it over would leave outsiders behind.
    """
    change = status_change(event_recorded(record))
    if change is None:
        return None
    value = change.model_dump_json().encode()
    return PublicRecord(change.number, value, _headers(record, position, change))


def _headers(record: Record, position: int, change: StatusChange) -> tuple[tuple[str, bytes], ...]:
    """Return the headers; ``ce_time`` is when it became true, whenever it was recorded."""
    said = {
        "ce_specversion": "1.0",
        "ce_id": str(record.event_id),
        "ce_source": record.log,
        "ce_type": record.type,
        "ce_time": instant_text(change.at),
        "ce_subject": change.number,
        "ce_dataschema": SCHEMA,
        "content-type": "application/json",
        "ce_position": str(position),
        "ce_sequence": str(record.version),
    }
    if record.traceparent is not None:
        said["traceparent"] = record.traceparent
    return tuple((name, text.encode()) for name, text in said.items())

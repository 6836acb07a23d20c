"""The headers of a record on Kafka: CloudEvents 1.0, binary mode, and where the record stands.

The value is the record's exact bytes; the headers repeat what a reader wants to know without
parsing them, and add the position, which only the log around the record knows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

POSITION = "ce_position"
SEQUENCE = "ce_sequence"
TRACEPARENT = "traceparent"

Headers = list[tuple[str, bytes]]
"""Names and values, in the order in which they are sent."""


def headers_of(record: Mapping[str, Any], position: int) -> Headers:
    """CloudEvents 1.0 (binary mode): return the headers of ``record``, in a fixed order.

    ``ce_time`` is when it was recorded; when it is true in the world stands in the value.
    ``traceparent`` is the record's, so that its readers join the trace of its cause; it is left
    out when the record has none.

    Args:
        record: As parsed from its bytes.
        position: Place in the log.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", _bytes(record["event_id"])),
        ("ce_source", _bytes(record["log"])),
        ("ce_type", _bytes(record["type"])),
        ("ce_time", _bytes(record["recorded_at"])),
        ("ce_subject", _bytes(record["stream"])),
        ("ce_dataschema", _bytes(f"urn:asf:schema:{record['type']}:{record['schema']}")),
        ("content-type", b"application/json"),
        (POSITION, b"%d" % position),
        (SEQUENCE, b"%d" % record["version"]),
        ("ce_correlationid", _bytes(record["correlation_id"])),
        ("ce_causationid", _bytes(record["causation_id"])),
    ]
    if record["traceparent"] is not None:
        headers.append((TRACEPARENT, _bytes(record["traceparent"])))
    return headers


def position_of(headers: Sequence[tuple[str, bytes]]) -> int | None:
    """Return the position that a message names; ``None`` when it names none."""
    for name, value in headers:
        if name == POSITION and value.isdigit():
            return int(value)
    return None


def _bytes(text: str) -> bytes:
    """Return ``text`` in UTF-8."""
    return text.encode()

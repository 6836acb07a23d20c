"""A history as lines that are taken away: JSONL with the exact bytes, CSV for spreadsheets.

The same records have the same bytes every time, so that an export can be hashed before it is sent and
made again. Sentences are not in it: they may be worded better one day.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import orjson

from services.audit.queries import HistoryRow
from shared.contracts.base import instant_text
from shared.contracts.record import decode

LineFormat = Literal["jsonl", "csv"]

COLUMNS: Final = (
    *("log", "position", "hash", "type", "schema", "stream", "version"),
    *("recorded_at", "effective_at", "person", "role", "organisation", "on_behalf_of", "mandate"),
    *("case", "policy", "scheme", "event_id", "data"),
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula, or reads over to find one."""


class Written(NamedTuple):
    """How a format is written.

    Attributes:
        head: Bytes before the first record.
        lines: The bytes of a page.
    """

    media_type: str
    head: bytes
    lines: Callable[[Iterable[HistoryRow]], bytes]


def json_lines(rows: Iterable[HistoryRow]) -> bytes:
    """Return one line for each record: where it stands, its hash, and its exact bytes (L7)."""
    return b"".join(
        b'{"hash":%b,"log":%b,"position":%d,"record":%b}\n'
        % (orjson.dumps(row.hash), orjson.dumps(row.log), row.position, row.leaf)
        for row in rows
    )


def csv_lines(rows: Iterable[HistoryRow]) -> bytes:
    """Return one line for each record (RFC 4180); the event's fields as JSON in the last column."""
    return _csv(_cells(row) for row in rows)


def _cells(row: HistoryRow) -> Sequence[object]:
    """Return a record as the cells of its line, in the order of ``COLUMNS``."""
    record = decode(row.leaf)
    actor = record.actor
    return (
        *(row.log, row.position, row.hash, record.type, record.schema),
        *(record.stream, record.version),
        *(instant_text(record.recorded_at), instant_text(record.effective_at)),
        *(actor.person, actor.role, actor.organisation, actor.on_behalf_of, actor.mandate),
        *(record.correlation_id, record.policy, record.scheme, record.event_id),
        orjson.dumps(record.data, option=orjson.OPT_SORT_KEYS).decode(),
    )


def _csv(lines: Iterable[Sequence[object]]) -> bytes:
    """Return ``lines`` as CSV in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_harmless(cell) for cell in line] for line in lines])
    return text.getvalue().encode()


def _harmless(cell: object) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


WRITTEN: Final[Mapping[LineFormat, Written]] = MappingProxyType(
    {
        "jsonl": Written("application/jsonl", b"", json_lines),
        "csv": Written("text/csv; charset=utf-8", _csv([COLUMNS]), csv_lines),
    }
)

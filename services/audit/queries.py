"""The statements of audit: the mirror grows, and is read by case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.audit import TamperSuspected

QUERY_TIMEOUT_S = 10.0
SCAN_MAX = 10_000

KEEP = """
INSERT INTO mirror (log, position, leaf, hash, stream, version, type, cases, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING position
"""
HASH_AT = "SELECT hash FROM mirror WHERE log = $1 AND position = $2"
HASH_OF_VERSION = "SELECT hash FROM mirror WHERE log = $1 AND stream = $2 AND version = $3"
LEAF_AT = "SELECT leaf FROM mirror WHERE log = $1 AND position = $2"
POSITIONS = """
SELECT position FROM mirror WHERE log = $1 AND position > $2 ORDER BY position LIMIT $3
"""
MIRRORS = """
SELECT log, max(position) AS head, count(*) AS kept FROM mirror GROUP BY log ORDER BY log
"""
HISTORY = """
SELECT log, position, leaf, hash, recorded_at FROM mirror
WHERE cases @> ARRAY[$1::uuid]
  AND ($2::timestamptz IS NULL OR (recorded_at, log, position) > ($2, $3, $4))
ORDER BY recorded_at, log, position
LIMIT $5
"""
FINDINGS = "SELECT key, document FROM finding_list WHERE key > $1 ORDER BY key LIMIT $2"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A record as the mirror keeps it.

    Attributes:
        hash: RFC 6962 leaf hash of ``leaf``, hexadecimal.
        cases: Every case that the record is about.
    """

    log: str
    position: int
    leaf: bytes
    hash: str
    stream: str
    version: int
    type: str
    cases: tuple[UUID, ...]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the history ended."""

    recorded_at: datetime
    log: str
    position: int


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One record of a case."""

    place: Place
    leaf: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How much of one log the mirror holds.

    Attributes:
        head: The last position seen.
        kept: How many are kept; equal to ``head`` when nothing is missing.
    """

    log: str
    head: int
    kept: int


async def keep(pool: Any, record: Mirrored) -> bool:
    """Keep ``record``; return whether its place was free. What is there already stays."""
    row = await pool.fetchval(
        KEEP,
        record.log,
        record.position,
        record.leaf,
        record.hash,
        record.stream,
        record.version,
        record.type,
        list(record.cases),
        record.recorded_at,
        timeout=QUERY_TIMEOUT_S,
    )
    return row is not None


async def hash_at(pool: Any, log: str, position: int) -> str | None:
    """Return the leaf hash at ``position``; ``None`` where nothing is kept."""
    found: str | None = await pool.fetchval(HASH_AT, log, position, timeout=QUERY_TIMEOUT_S)
    return found


async def hash_of_version(pool: Any, log: str, stream: str, version: int) -> str | None:
    """Return the leaf hash of a stream's ``version``; ``None`` where nothing is kept."""
    found: str | None = await pool.fetchval(
        HASH_OF_VERSION, log, stream, version, timeout=QUERY_TIMEOUT_S
    )
    return found


async def leaf_at(pool: Any, log: str, position: int) -> bytes | None:
    """Return the exact bytes at ``position``; ``None`` where nothing is kept."""
    found: bytes | None = await pool.fetchval(LEAF_AT, log, position, timeout=QUERY_TIMEOUT_S)
    return found


async def complete_to(pool: Any, log: str, start: int) -> int:
    """Return the last position up to which nothing is missing, from ``start`` on."""
    last = start
    while True:
        rows = await pool.fetch(POSITIONS, log, last, SCAN_MAX, timeout=QUERY_TIMEOUT_S)
        for row in rows:
            if row["position"] != last + 1:
                return last
            last += 1
        if len(rows) < SCAN_MAX:
            return last


async def mirrors(pool: Any) -> tuple[MirrorState, ...]:
    """Return how much of each log is mirrored, by name."""
    rows = await pool.fetch(MIRRORS, timeout=QUERY_TIMEOUT_S)
    return tuple(MirrorState(row["log"], row["head"], row["kept"]) for row in rows)


async def history(
    pool: Any, *, case: UUID, after: Place | None, limit: int
) -> tuple[HistoryRow, ...]:
    """Return the records of ``case`` over all services, oldest first, at most ``limit``."""
    before = (None, None, None) if after is None else (after.recorded_at, after.log, after.position)
    rows = await pool.fetch(HISTORY, case, *before, limit, timeout=QUERY_TIMEOUT_S)
    return tuple(
        HistoryRow(Place(row["recorded_at"], row["log"], row["position"]), row["leaf"], row["hash"])
        for row in rows
    )


async def findings(pool: Any, *, after: str, limit: int) -> tuple[tuple[str, TamperSuspected], ...]:
    """Return findings after the key ``after``, with their keys, ascending, at most ``limit``."""
    rows = await pool.fetch(FINDINGS, after, limit, timeout=QUERY_TIMEOUT_S)
    return tuple((row["key"], TamperSuspected.model_validate_json(row["document"])) for row in rows)

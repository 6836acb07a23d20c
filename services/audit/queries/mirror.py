"""The mirror grows, is looked over for gaps, and says how much of each log it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.audit.policy import Range
from services.audit.views.as_of import LOGS
from services.audit.views.parts import Taken
from shared.contracts.audit import TamperSuspected

QUERY_TIMEOUT_S: Final = 10.0

KEEP = """
WITH kept AS (
    INSERT INTO mirror (log, position, leaf, hash, stream, version, type, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
    RETURNING position
), listed AS (
    INSERT INTO mirror_facet (key, recorded_at, effective_at, rank, position)
    SELECT key, $8, $9, $10, position FROM kept CROSS JOIN unnest($11::uuid[]) AS key
), taken AS (
    INSERT INTO mirror_part (person, case_id, part, begins, at, rank, position)
    SELECT person, case_id, part, begins, at, $10, position
    FROM kept CROSS JOIN unnest($12::uuid[], $13::uuid[], $14::text[], $15::bool[], $16::timestamptz[])
        AS said (person, case_id, part, begins, at)
)
SELECT EXISTS (SELECT FROM kept) AS kept,
       (SELECT hash FROM mirror WHERE log = $1 AND stream = $5 AND version = $6 - 1) AS before
"""
HELD = """
SELECT (SELECT hash FROM mirror WHERE log = $1 AND position = $2) AS at_place,
       (SELECT hash FROM mirror WHERE log = $1 AND stream = $3 AND version = $4) AS of_version
"""
LEAF_AT = "SELECT leaf FROM mirror WHERE log = $1 AND position = $2"
POSITIONS = """
SELECT position FROM mirror WHERE log = $1 AND position > $2 ORDER BY position LIMIT $3
"""
CHECKED = "SELECT log, position FROM mirror_checked"
CHECK = """
INSERT INTO mirror_checked AS known (log, position) VALUES ($1, $2)
ON CONFLICT (log) DO UPDATE SET position = greatest(known.position, excluded.position)
"""
KEEP_GAP = "INSERT INTO mirror_gap (log, first, last) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
STATES = """
SELECT log, head,
       head - checked
       - (SELECT count(*) FROM mirror WHERE mirror.log = seen.log AND position > checked)
       + (SELECT coalesce(sum(gap.last - gap.first + 1 - (
              SELECT count(*) FROM mirror
              WHERE mirror.log = gap.log AND position BETWEEN gap.first AND gap.last)), 0)
          FROM mirror_gap AS gap WHERE gap.log = seen.log) AS missing
FROM (
    SELECT log, place,
           (SELECT max(position) FROM mirror WHERE mirror.log = known.log) AS head,
           coalesce((SELECT position FROM mirror_checked WHERE mirror_checked.log = known.log), 0)
               AS checked
    FROM unnest($1::text[]) WITH ORDINALITY AS known (log, place)
) AS seen
WHERE head IS NOT NULL
ORDER BY place
"""
FINDINGS = """
SELECT position, document FROM finding_list WHERE position > $1 ORDER BY position LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A record as the mirror keeps it.

    Attributes:
        hash: RFC 6962 leaf hash of ``leaf``, hexadecimal.
        keys: Under which the index lists it; see ``views.facets``.
        parts: That it says somebody had in a case.
    """

    log: str
    position: int
    leaf: bytes
    hash: str
    stream: str
    version: int
    type: str
    recorded_at: datetime
    effective_at: datetime
    keys: tuple[UUID, ...]
    parts: tuple[Taken, ...] = ()


def columns_of(parts: Sequence[Taken]) -> tuple[list[Any], ...]:
    """Return ``parts`` as the arrays of the statements: people, cases, parts, begins, instants."""
    return tuple([each[column] for each in parts] for column in range(len(Taken._fields)))


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of keeping a record.

    Attributes:
        fresh: Whether its place and its version were free; what is there already stays.
        before: Leaf hash of the stream's version before it; ``None`` where none is kept.
    """

    fresh: bool
    before: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """What the mirror holds where a record wants to be; ``None`` where it holds nothing.

    Attributes:
        at_place: Leaf hash at its position.
        of_version: Leaf hash of its stream's version.
    """

    at_place: str | None
    of_version: str | None


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How much of one log the mirror holds.

    Attributes:
        head: The last position seen.
        missing: How many positions before it are not kept.
    """

    log: str
    head: int
    missing: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding, and its place in the list."""

    position: int
    finding: TamperSuspected


class Mirror:
    """The mirror in the service's database: what keeps it, and what watches over it.

    Args:
        pool: Of connections whose search path begins with the service's schema.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def keep(self, record: Mirrored) -> Kept:
        """Keep ``record``, unless its place or its version is taken. One round trip."""
        row = await self._pool.fetchrow(
            KEEP,
            record.log,
            record.position,
            record.leaf,
            record.hash,
            record.stream,
            record.version,
            record.type,
            record.recorded_at,
            record.effective_at,
            LOGS.index(record.log),
            record.keys,
            *columns_of(record.parts),
            timeout=QUERY_TIMEOUT_S,
        )
        return Kept(row["kept"], row["before"])

    async def held(self, log: str, position: int, stream: str, version: int) -> Held:
        """Return what the mirror holds at a place, and of a version. One round trip."""
        row = await self._pool.fetchrow(
            HELD, log, position, stream, version, timeout=QUERY_TIMEOUT_S
        )
        return Held(row["at_place"], row["of_version"])

    async def positions(self, log: str, *, after: int, limit: int) -> Sequence[int]:
        """Return which positions are kept, ascending, at most ``limit``."""
        rows = await self._pool.fetch(POSITIONS, log, after, limit, timeout=QUERY_TIMEOUT_S)
        return [row["position"] for row in rows]

    async def checked(self) -> dict[str, int]:
        """Return up to where each log has been looked over; a log not begun is left out."""
        rows = await self._pool.fetch(CHECKED, timeout=QUERY_TIMEOUT_S)
        return {row["log"]: row["position"] for row in rows}

    async def check(self, log: str, position: int) -> None:
        """Note that ``log`` has been looked over up to ``position``. Never goes back."""
        await self._pool.execute(CHECK, log, position, timeout=QUERY_TIMEOUT_S)

    async def keep_gap(self, log: str, gap: Range) -> None:
        """Note that ``gap`` has been reported. Safe to repeat."""
        await self._pool.execute(KEEP_GAP, log, gap.first, gap.last, timeout=QUERY_TIMEOUT_S)

    async def leaf_at(self, log: str, position: int) -> bytes | None:
        """Return the exact bytes at ``position``. See ``Reading``."""
        found: bytes | None = await self._pool.fetchval(
            LEAF_AT, log, position, timeout=QUERY_TIMEOUT_S
        )
        return found

    async def states(self) -> tuple[MirrorState, ...]:
        """Return how much is mirrored. See ``Reading``. O(what was not looked over yet)."""
        rows = await self._pool.fetch(STATES, LOGS, timeout=QUERY_TIMEOUT_S)
        return tuple(MirrorState(row["log"], row["head"], int(row["missing"])) for row in rows)

    async def findings(self, *, after: int, limit: int) -> tuple[Listed, ...]:
        """Return findings. See ``Reading``."""
        rows = await self._pool.fetch(FINDINGS, after, limit, timeout=QUERY_TIMEOUT_S)
        return tuple(
            Listed(row["position"], TamperSuspected.model_validate_json(row["document"]))
            for row in rows
        )

"""What is read of the mirror: by any combination of facets, as of a vector of sizes.

What it costs. One key drives: its entries are a range of the index, in the order of the answer, and a
page reads no more of it than it returns, plus what the other conditions turn down on the way.

- One key: O(page), wherever the page is and however much there is.
- Several keys: the rarest drives (counted up to ``COUNTED_MAX``), each other one is one look-up in the
  same index for each entry that is passed: O(entries of the rarest key) at worst.
- A span of the time that the answer is ordered by is where the range begins and ends. A span of the
  other time turns down entry by entry: order by the time that you limit.
- As of a vector: what came since is turned down. Lately made vectors turn down next to nothing; an old
  one of a key that grew by n since passes n entries at the end, unless ``recorded`` ends before them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from services.audit.queries.mirror import QUERY_TIMEOUT_S, Mirror
from services.audit.queries.shapes import BEGINNING, Cell, HistoryRow, Order, Place, Wanted
from services.audit.views.as_of import HOLES_MAX, LOGS, Extent, Vector, extent_of
from services.audit.views.parts import EVERYBODY

COUNTED_MAX: Final = 1_000
AHEAD_MAX: Final = 10_000
"""Positions beyond what the watch has looked over that are looked at to see how far all is here."""
TIMES: Final[dict[Order, tuple[str, str]]] = {
    "recorded": ("recorded_at", "effective_at"),
    "effective": ("effective_at", "recorded_at"),
}

IN_ORDER: Final = "; ".join(
    f"SET LOCAL enable_{way} = off"
    for way in ("sort", "bitmapscan", "seqscan", "hashjoin", "mergejoin", "memoize")
)
"""A page is read along the index. Which keys are busy no statistics tell a plan that serves all of them:
left to choose, the planner would read a key whole and sort it."""

EXTENTS: Final = """
SELECT log, checked + (
           SELECT count(*) FROM (
               SELECT position, row_number() OVER (ORDER BY position) AS nth FROM (
                   SELECT position FROM mirror WHERE mirror.log = seen.log AND position > checked
                   ORDER BY position LIMIT $2
               ) AS ahead
           ) AS numbered WHERE position = checked + nth
       ) AS size,
       ARRAY(
           SELECT ARRAY[before + 1, here - 1] FROM mirror_gap AS gap CROSS JOIN LATERAL (
               SELECT here, lag(here, 1, gap.first - 1) OVER (ORDER BY here) AS before FROM (
                   SELECT position AS here FROM mirror
                   WHERE mirror.log = gap.log AND position BETWEEN gap.first AND gap.last
                   UNION ALL SELECT gap.last + 1
               ) AS known
           ) AS hole
           WHERE gap.log = seen.log AND here - before > 1 ORDER BY before LIMIT $3
       ) AS holes,
       NOT EXISTS (SELECT FROM mirror_unlisted) AS whole
FROM (
    SELECT log, coalesce((SELECT position FROM mirror_checked WHERE mirror_checked.log = known.log), 0)
           AS checked
    FROM unnest($1::text[]) AS known (log)
) AS seen
"""
RAREST: Final = """
SELECT key FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (key, place)
ORDER BY (SELECT count(*) FROM (
    SELECT FROM mirror_facet WHERE mirror_facet.key = asked.key LIMIT $2) AS counted), place
LIMIT 1
"""
_HISTORY: Final = """
SELECT kept.log, kept.position, kept.leaf, kept.hash, listed.recorded_at, listed.effective_at
FROM (
    SELECT rank, position, recorded_at, effective_at FROM mirror_facet AS driving
    WHERE key = $1 AND ({time}, rank, position) > ($2, $3, $4) AND {time} < $5
      AND {other} <@ tstzrange($6, $7)
      AND position <@ ((SELECT $8::text[]::int8multirange[]))[rank + 1]
      AND (cardinality($9::uuid[]) = 0 OR (SELECT bool_and(EXISTS (
              SELECT FROM mirror_facet AS also
              WHERE also.key = asked.key AND also.recorded_at = driving.recorded_at
                AND also.rank = driving.rank AND also.position = driving.position))
           FROM unnest($9::uuid[]) AS asked (key)))
    ORDER BY {time}, rank, position LIMIT $10
) AS listed
CROSS JOIN LATERAL (
    SELECT log, position, leaf, hash FROM mirror
    WHERE mirror.log = ($11::text[])[listed.rank + 1] AND mirror.position = listed.position
    OFFSET 0) AS kept
ORDER BY listed.{time}, listed.rank, listed.position
"""
HISTORY: Final[dict[Order, str]] = {
    order: _HISTORY.format(time=time, other=other) for order, (time, other) in TIMES.items()
}
FIRST_OF: Final = """
SELECT leaf FROM mirror WHERE log = $1 AND stream = $2 AND version = 1
"""
_PARTS: Final = """
WITH RECURSIVE cell AS (
    (SELECT case_id, person, part, at, rank, position FROM mirror_part
     WHERE {of} = $1 AND begins AND ({by}, part) > ($2, $3)
       AND position <@ ((SELECT $4::text[]::int8multirange[]))[rank + 1]
     ORDER BY {by}, part, at, rank, position LIMIT 1)
    UNION ALL
    SELECT following.* FROM cell CROSS JOIN LATERAL (
        SELECT case_id, person, part, at, rank, position FROM mirror_part
        WHERE {of} = $1 AND begins AND ({by}, part) > (cell.{by}, cell.part)
          AND position <@ ((SELECT $4::text[]::int8multirange[]))[rank + 1]
        ORDER BY {by}, part, at, rank, position LIMIT 1) AS following
)
SELECT cell.*, kept.log, kept.hash, (
    SELECT min(ended.at) FROM mirror_part AS ended
    WHERE ended.case_id = cell.case_id AND NOT ended.begins
      AND ended.person = ANY (ARRAY[cell.person, $6::uuid]) AND ended.part = cell.part
      AND ended.at >= cell.at AND ended.position <@ ((SELECT $4::text[]::int8multirange[]))[ended.rank + 1]) AS until
FROM (TABLE cell LIMIT $5) AS cell
CROSS JOIN LATERAL (
    SELECT log, hash FROM mirror
    WHERE mirror.log = ($7::text[])[cell.rank + 1] AND mirror.position = cell.position
    OFFSET 0) AS kept
ORDER BY {by}, part
"""
PARTS_OF_CASE: Final = _PARTS.format(of="case_id", by="person")
PARTS_OF_PERSON: Final = _PARTS.format(of="person", by="case_id")


class Archive(Mirror):
    """The mirror as it is read. See ``Histories``."""

    async def extents(self) -> tuple[Vector, bool]:
        """Return what is held. O(what the watch has not looked over yet, and reported gaps)."""
        rows = await self._pool.fetch(
            EXTENTS, LOGS, AHEAD_MAX, HOLES_MAX + 1, timeout=QUERY_TIMEOUT_S
        )
        held = {row["log"]: extent_of(row["size"], map(tuple, row["holes"])) for row in rows}
        return held, all(row["whole"] for row in rows)

    async def history(
        self, wanted: Wanted, *, after: Place = BEGINNING, limit: int
    ) -> tuple[HistoryRow, ...]:
        """Return a page. Cost: see the module."""
        driving, *others = await self._rarest_first(wanted.keys)
        by, also = wanted.recorded, wanted.effective
        if wanted.order == "effective":
            by, also = also, by
        begin = max((after.at, LOGS.index(after.log), after.position), (by.first, 0, 0))
        rows = await self._in_order(
            HISTORY[wanted.order],
            driving,
            *begin,
            by.end,
            also.first,
            also.end,
            visible(wanted.as_of),
            others,
            limit,
            LOGS,
        )
        return tuple(HistoryRow(**row) for row in rows)

    async def first_of(self, log: str, stream: str) -> bytes | None:
        """Return the bytes of the first record of ``stream``. O(1)."""
        found: bytes | None = await self._pool.fetchval(
            FIRST_OF, log, stream, timeout=QUERY_TIMEOUT_S
        )
        return found

    async def parts(
        self,
        *,
        case: UUID | None = None,
        person: UUID | None = None,
        as_of: Vector,
        after: tuple[UUID, str],
        limit: int,
    ) -> tuple[Cell, ...]:
        """Return cells of the matrix. O(cells returned), however often a part was acted in."""
        rows = await self._in_order(
            PARTS_OF_PERSON if case is None else PARTS_OF_CASE,
            person if case is None else case,
            *after,
            visible(as_of),
            limit,
            EVERYBODY,
            LOGS,
        )
        return tuple(
            Cell(
                row["person"],
                row["case_id"],
                row["part"],
                row["at"],
                row["until"],
                row["log"],
                row["position"],
                row["hash"],
            )
            for row in rows
        )

    async def _rarest_first(self, keys: tuple[UUID, ...]) -> tuple[UUID, ...]:
        """Return ``keys`` with the one first that has the fewest entries, as far as it is counted."""
        if len(keys) == 1:
            return keys
        (row,) = await self._in_order(RAREST, keys, COUNTED_MAX)
        return (row["key"], *(key for key in keys if key != row["key"]))

    async def _in_order(self, statement: str, *arguments: Any) -> Sequence[Any]:
        """Return the rows of ``statement``, read along its indexes."""
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(IN_ORDER)
            rows: Sequence[Any] = await connection.fetch(
                statement, *arguments, timeout=QUERY_TIMEOUT_S
            )
            return rows


def visible(vector: Vector) -> list[str]:
    """Return the positions that ``vector`` shows as PostgreSQL writes a multirange, by rank."""
    return [f"{{{','.join(_ranges(vector[log]))}}}" for log in LOGS]


def _ranges(extent: Extent) -> Iterator[str]:
    """Yield what is between the holes of ``extent``."""
    starts = [1, *(hole.last + 1 for hole in extent.holes)]
    ends = [*(hole.first for hole in extent.holes), extent.size + 1]
    for start, end in zip(starts, ends, strict=True):
        if start < end:
            yield f"[{start},{end})"

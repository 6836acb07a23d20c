"""The index of a mirror that was there before it: what is not listed yet, and listing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.audit.queries.mirror import QUERY_TIMEOUT_S, columns_of
from services.audit.views.as_of import LOGS
from services.audit.views.parts import Taken

UNLISTED: Final = """
SELECT mirror.log, mirror.position, mirror.leaf
FROM mirror_unlisted JOIN mirror USING (log, position)
ORDER BY log, position LIMIT $1
"""
LIST: Final = """
WITH listed AS (
    INSERT INTO mirror_facet (key, recorded_at, effective_at, rank, position)
    SELECT key, $3, $4, $5, $2 FROM unnest($6::uuid[]) AS key
    ON CONFLICT DO NOTHING
), taken AS (
    INSERT INTO mirror_part (person, case_id, part, begins, at, rank, position)
    SELECT person, case_id, part, begins, at, $5, $2
    FROM unnest($7::uuid[], $8::uuid[], $9::text[], $10::bool[], $11::timestamptz[])
        AS said (person, case_id, part, begins, at)
    ON CONFLICT DO NOTHING
)
DELETE FROM mirror_unlisted WHERE log = $1 AND position = $2
"""


class Unlisted(NamedTuple):
    """A record of the mirror that the index does not list yet."""

    log: str
    position: int
    leaf: bytes


class Listing(NamedTuple):
    """What the index is to say of a record."""

    log: str
    position: int
    recorded_at: datetime
    effective_at: datetime
    keys: tuple[UUID, ...]
    parts: tuple[Taken, ...]


class Index:
    """The index in the service's database.

    Args:
        pool: Of connections whose search path begins with the service's schema.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def unlisted(self, limit: int) -> Sequence[Unlisted]:
        """Return records that are not listed yet, at most ``limit``; none when the index is whole."""
        rows = await self._pool.fetch(UNLISTED, limit, timeout=QUERY_TIMEOUT_S)
        return [Unlisted(row["log"], row["position"], row["leaf"]) for row in rows]

    async def list(self, listings: Sequence[Listing]) -> None:
        """List records; all of them or none. Safe to repeat, and safe side by side."""
        rows = [
            (
                each.log,
                each.position,
                each.recorded_at,
                each.effective_at,
                LOGS.index(each.log),
                each.keys,
                *columns_of(each.parts),
            )
            for each in listings
        ]
        await self._pool.executemany(LIST, rows, timeout=QUERY_TIMEOUT_S)

"""The tiles that audit computed from its mirror: what proofs are made from, in any process."""

from collections.abc import Iterable, Sequence
from typing import Final

from shared.eventlog.connection import Pool
from shared.ledger.hashes import EMPTY_ROOT, HASH_BYTES
from shared.ledger.reading import Plan, consistency_plan, root_plan
from shared.ledger.tiles import Tile
from shared.ledger.tiling import Edge, edge_from, edge_tiles

QUERY_TIMEOUT_S: Final = 10.0

_READ: Final = """
    SELECT known.data
      FROM unnest($2::smallint[], $3::bigint[]) WITH ORDINALITY AS asked (level, number, place)
      LEFT JOIN witness_tile AS known
             ON known.log = $1 AND (known.level, known.number) = (asked.level, asked.number)
     ORDER BY asked.place
"""
_KEEP: Final = """
    INSERT INTO witness_tile AS known (log, level, number, data)
    SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[])
        ON CONFLICT (log, level, number) DO UPDATE SET data = excluded.data
     WHERE octet_length(known.data) < octet_length(excluded.data)
"""


class Tiles:
    """The tiles of every log that is mirrored.

    Args:
        pool: Of connections whose search path begins with the service's schema.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, log: str, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Keep ``tiles`` of ``log``; where a longer one is kept already, that one stays.

        Raises:
            asyncpg.RestrictViolationError: What is kept is not how the longer one begins.
        """
        known = list(tiles)
        await self._pool.execute(
            _KEEP,
            log,
            [tile.level for tile, _ in known],
            [tile.index for tile, _ in known],
            [data for _, data in known],
            timeout=QUERY_TIMEOUT_S,
        )

    async def read(self, log: str, tiles: Sequence[Tile]) -> tuple[bytes, ...]:
        """Return the bytes of ``tiles``, each as wide as it is kept; ``b""``: not there."""
        levels, numbers = [each.level for each in tiles], [each.index for each in tiles]
        rows = await self._pool.fetch(_READ, log, levels, numbers, timeout=QUERY_TIMEOUT_S)
        return tuple(row["data"] or b"" for row in rows)

    async def hashes(self, log: str, plan: Plan) -> tuple[bytes, ...]:
        """Return what ``plan`` asks for.

        Raises:
            MalformedError: A tile is missing: the log was not computed so far.
        """
        return plan.hashes(await self.read(log, plan.tiles))

    async def edge(self, log: str, size: int) -> Edge:
        """Return the edge of ``log`` at ``size``, to grow on from. Raises: see ``hashes``."""
        wanted = edge_tiles(size)
        data = await self.read(log, wanted)
        cut = (held[: tile.width * HASH_BYTES] for tile, held in zip(wanted, data, strict=True))
        return edge_from(size, dict(zip(wanted, cut, strict=True)))

    async def root(self, log: str, size: int) -> bytes:
        """Return the root of ``log`` at ``size``. Raises: see ``hashes``."""
        return (await self.hashes(log, root_plan(size)))[0] if size else EMPTY_ROOT

    async def consistency(self, log: str, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that ``log`` grew from ``old`` to ``new``; ``()`` from 0.

        Raises:
            MalformedError: ``old`` is larger than ``new``; also see ``hashes``.
        """
        return await self.hashes(log, consistency_plan(old, new)) if old else ()

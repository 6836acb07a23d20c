"""The trees of all logs, computed by audit itself from the bytes that it mirrors."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from services.audit.witness.tiles import QUERY_TIMEOUT_S, Tiles
from shared.eventlog.connection import Pool
from shared.ledger.errors import DisprovedError, MalformedError
from shared.ledger.growing import Growing

PAGE_MAX: Final = 1_000
TILES_MAX: Final = 100
"""How many full tiles are kept in one go, while a long log is read: 0.8 MB."""

_HELD: Final = """
    SELECT count(*) FROM mirror WHERE log = $1 AND position > $2 AND position <= $3
"""
_HEAD: Final = "SELECT max(position) FROM mirror WHERE log = $1"
_LEAVES: Final = """
    SELECT leaf FROM mirror WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position
"""

_HASHES: Final = """
    SELECT hash FROM mirror WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position
"""


class NotMirrored(LookupError):  # noqa: N818 -- it will be, or the watch for gaps says why not
    """The mirror has a hole before that size, or has not come so far."""


@dataclass(slots=True)
class _Tree:
    """One log as far as it was read, for one reader at a time."""

    growing: Growing = field(default_factory=Growing)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Recomputed:
    """The trees, in the memory of one process. They grow when somebody asks.

    The first time, and for a size before the one asked for last, a log is read from its beginning:
    about 12 us of processor time for each record.

    Args:
        pool: Of connections whose search path begins with the service's schema.
        tiles: Where the tiles are kept for whoever proves.
    """

    def __init__(self, pool: Pool, tiles: Tiles) -> None:
        self._pool = pool
        self._tiles = tiles
        self._trees: dict[str, _Tree] = {}

    async def head(self, log: str) -> int:
        """Return the last position of ``log`` that is mirrored, holes before it or not; 0: none."""
        found: int | None = await self._pool.fetchval(_HEAD, log, timeout=QUERY_TIMEOUT_S)
        return found or 0

    @asynccontextmanager
    async def at(self, log: str, size: int) -> AsyncGenerator[Growing]:
        """Yield ``log`` at exactly ``size``, for reading only; by then its tiles are kept.

        Raises:
            NotMirrored: See there.
            DisprovedError: The mirror is not what it was, or a record in it is none.
        """
        tree = self._trees.setdefault(log, _Tree())
        async with tree.turn:
            growing, tree.growing = tree.growing, Growing()  # what breaks off is begun anew
            if growing.size > size:
                growing = Growing()
            await self._grow(log, growing, size)
            tree.growing = growing
            yield growing

    async def ensure(self, log: str, size: int) -> None:
        """Return when the tiles of ``log`` at ``size`` are kept. Raises: see ``at``."""
        try:
            await self._tiles.root(log, size)
        except MalformedError:
            async with self.at(log, size):
                pass

    async def root(self, log: str, size: int, *, kept: int) -> bytes:
        """Return the root of ``log`` at ``size``, from its tiles up to ``kept`` and the mirror's hashes.

        Cheap beside ``at``: it makes no heads and remembers nothing.

        Args:
            log: Which.
            size: At least ``kept``.
            kept: Up to here its tiles are kept, or made now.

        Raises:
            NotMirrored: See there.
        """
        await self.ensure(log, kept)
        rows = await self._pool.fetch(_HASHES, log, kept, size, timeout=QUERY_TIMEOUT_S)
        if len(rows) < size - kept:
            raise NotMirrored(f"{log} is not mirrored up to {size}")
        edge = await self._tiles.edge(log, kept)
        return edge.grown([bytes.fromhex(row["hash"]) for row in rows]).edge.root

    async def _grow(self, log: str, growing: Growing, size: int) -> None:
        """Take the records of ``log`` up to ``size``, and keep the tiles."""
        if growing.size == size:
            return
        held = await self._pool.fetchval(_HELD, log, growing.size, size, timeout=QUERY_TIMEOUT_S)
        if held < size - growing.size:
            raise NotMirrored(f"{log} is not mirrored up to {size}")
        while growing.size < size:
            until = min(growing.size + PAGE_MAX, size)
            rows = await self._pool.fetch(
                _LEAVES, log, growing.size, until, timeout=QUERY_TIMEOUT_S
            )
            await asyncio.to_thread(growing.take, [row["leaf"] for row in rows])
            if len(growing.full) >= TILES_MAX or growing.size == size:
                await self._keep(log, growing)

    async def _keep(self, log: str, growing: Growing) -> None:
        """Keep the tiles that are new."""
        try:
            await self._tiles.keep(log, growing.tiles())
        except asyncpg.RestrictViolationError as error:
            raise DisprovedError(f"the mirror of {log} is not what it was") from error
        growing.stored()

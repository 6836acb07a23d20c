"""Where tiles and checkpoints are kept: PostgreSQL, schema ``ledger`` of the service's database.

Whoever seals writes as ``<service>_relay``; whoever serves reads as ``<service>_app``. The database
itself sees to it that a tile only grows at its end and that a checkpoint stays (``schema.sql``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import asyncpg
import asyncpg.pool

from shared.ledger.checkpoint import Checkpoint, parse_checkpoint
from shared.ledger.errors import DisprovedError
from shared.ledger.hashes import HASH_BYTES
from shared.ledger.note import parse_note
from shared.ledger.tiles import Tile

SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()
"""What ``migrate`` runs in the schema ``ledger``; it grants what it must itself."""

Log: TypeAlias = Literal["log", "access"]
"""Which of a service's two logs: the name of its schema."""
LOGS: Final[tuple[Log, ...]] = ("log", "access")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Database: TypeAlias = "Connection | Pool | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_READ: Final = """
    SELECT tile.data FROM unnest($2::smallint[], $3::bigint[]) WITH ORDINALITY AS asked (level, number, place)
      LEFT JOIN ledger.tile ON tile.log = $1 AND (tile.level, tile.number) = (asked.level, asked.number)
     ORDER BY asked.place
"""
_KEEP: Final = """
    INSERT INTO ledger.tile (log, level, number, data)
    SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[])
        ON CONFLICT (log, level, number) DO UPDATE SET data = excluded.data
     WHERE tile.data <> excluded.data
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed checkpoint.

    Attributes:
        note: Byte for byte as it was signed.
    """

    size: int
    note: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        """What was signed. Nothing about the signatures is verified.

        Raises:
            MalformedError: The note is none, or says no checkpoint.
        """
        return parse_checkpoint(parse_note(self.note).text)


@dataclass(frozen=True, slots=True)
class Store:
    """The ledger of one log."""

    database: Database
    log: Log = "log"

    async def read(self, tiles: Sequence[Tile]) -> tuple[bytes, ...]:
        """Return the bytes of ``tiles``, in one query: each as wide as it is kept; ``b""``: not there.

        What is kept may be wider than what was asked for; it begins with it.
        """
        levels, numbers = [each.level for each in tiles], [each.index for each in tiles]
        rows = await self.database.fetch(_READ, self.log, levels, numbers)
        return tuple(row["data"] or b"" for row in rows)

    async def tile(self, tile: Tile) -> bytes | None:
        """Return ``tile`` in exactly its width; ``None``: the log has not come so far."""
        (data,) = await self.read((tile,))
        size = tile.width * HASH_BYTES
        return data[:size] if len(data) >= size else None

    async def keep(self, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Keep ``tiles``. What is there already must be how they begin.

        Raises:
            asyncpg.RestrictViolationError: A tile that is kept says something else.
        """
        known = list(tiles)
        await self.database.execute(
            _KEEP,
            self.log,
            [tile.level for tile, _ in known],
            [tile.index for tile, _ in known],
            [data for _, data in known],
        )

    async def publish(self, size: int, note: bytes) -> None:
        """Keep a signed checkpoint, from now on the latest. Safe to repeat.

        Raises:
            DisprovedError: Another text was signed for this size.
        """
        await self.database.execute(
            "INSERT INTO ledger.checkpoint (log, size, note) VALUES ($1, $2, $3)"
            " ON CONFLICT (log, size) DO NOTHING",
            *(self.log, size, note),
        )
        kept = await self.at(size)
        if kept is None or parse_note(kept.note).text != parse_note(note).text:
            raise DisprovedError(f"two checkpoints at size {size}")

    async def latest(self) -> Kept | None:
        """Return the checkpoint of the largest size; ``None`` before the first."""
        return _kept(
            await self.database.fetchrow(
                "SELECT size, note FROM ledger.checkpoint WHERE log = $1"
                " ORDER BY size DESC LIMIT 1",
                self.log,
            )
        )

    async def at(self, size: int) -> Kept | None:
        """Return the checkpoint of exactly ``size``; ``None``: none was signed."""
        return _kept(
            await self.database.fetchrow(
                "SELECT size, note FROM ledger.checkpoint WHERE log = $1 AND size = $2",
                *(self.log, size),
            )
        )

    async def checkpoints(self, after: int, *, limit: int) -> tuple[Kept, ...]:
        """Return at most ``limit`` checkpoints with a size above ``after``, ascending."""
        rows = await self.database.fetch(
            "SELECT size, note FROM ledger.checkpoint WHERE log = $1 AND size > $2"
            " ORDER BY size LIMIT $3",
            *(self.log, after, limit),
        )
        return tuple(Kept(row["size"], row["note"]) for row in rows)


def _kept(row: "asyncpg.Record | None") -> Kept | None:
    """Return the checkpoint in ``row``."""
    return None if row is None else Kept(row["size"], row["note"])

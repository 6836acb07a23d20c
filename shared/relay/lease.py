"""Who may send: one leader for each output, and a checkpoint that only the present one can move.

The leader holds an advisory lock in a session of its own. The lock says who should send; the
epoch in the checkpoint's row says whose checkpoint counts, also when the old leader slept through
its own dismissal. The server ends a session that stays silent, so a stopped process does not lead
for ever.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.eventlog.connection import Connection, connect

APPLY_S = 1.0
SILENCE_S = 30.0
QUERY_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 30.0

MOVE = (
    "UPDATE relay.checkpoint SET position = $3, moved_at = clock_timestamp()"
    " WHERE output = $1 AND epoch = $2 AND position <= $3 RETURNING true"
)


class LeaseLost(Exception):  # noqa: N818 -- normal at a change of leaders
    """Another leader has begun, or the session is gone. Stop sending; apply again."""


@dataclass(slots=True)
class Lease:
    """The right to send one output, for as long as nobody else was given it.

    Attributes:
        position: Everything up to here is on the topic.
        epoch: Of this leader; each one's is higher than those before.
    """

    output: str
    position: int
    epoch: int
    _connection: Connection
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def move(self, position: int) -> None:
        """Move the checkpoint to ``position``: a compare-and-set on the epoch.

        Raises:
            LeaseLost: The epoch is another leader's. The checkpoint stays.
        """
        await self._require(MOVE, position)
        self.position = position

    @asynccontextmanager
    async def moving(self, position: int | None = None) -> AsyncGenerator[Connection, None]:
        """Yield a transaction that moves the checkpoint to ``position``, and whatever else is put in it.

        So what a leader writes stands and falls with its lease. Without a position the checkpoint stays
        where it is when the turn comes: another turn of the same leader may have moved it meanwhile.

        Raises:
            LeaseLost: The epoch is another leader's. Nothing was written.
        """
        async with asyncio.timeout(WRITE_TIMEOUT_S), self._turn:
            to = self.position if position is None else position
            async with self._connection.transaction():
                if not await self._connection.fetchval(MOVE, self.output, self.epoch, to):
                    raise LeaseLost(f"{self.output}: epoch {self.epoch} is over")
                yield self._connection
            self.position = to

    async def confirm(self) -> None:
        """Show the server a sign of life, and see whether the lease is still ours.

        Raises:
            LeaseLost: It is not.
        """
        await self._require("SELECT true FROM relay.checkpoint WHERE output = $1 AND epoch = $2")

    async def _require(self, query: str, *arguments: Any) -> None:
        """Run a query that finds a row only while the epoch is ours."""
        async with asyncio.timeout(QUERY_TIMEOUT_S), self._turn:
            ours: bool | None = await self._connection.fetchval(
                query, self.output, self.epoch, *arguments
            )
        if not ours:
            raise LeaseLost(f"{self.output}: epoch {self.epoch} is over")


@asynccontextmanager
async def leading(
    dsn: str,
    output: str,
    *,
    standing_by: Callable[[], None],
    stopping: asyncio.Event,
    silence_s: float = SILENCE_S,
) -> AsyncGenerator[Lease | None, None]:
    """Yield the lease of ``output`` once nobody else holds it; ``None`` when told to stop first.

    ``standing_by`` is called again and again while somebody else does: what this process measured when
    it led itself is exported for ever, and of all processes the worst counts, so it must take it back.

    Raises:
        OSError: The database is not there; also asyncpg's own errors.
    """
    async with connect(dsn, name=f"relay {output}") as connection:
        await connection.execute(f"SET idle_session_timeout = {round(silence_s * 1_000)}")
        while not await connection.fetchval(
            "SELECT pg_try_advisory_lock(hashtextextended('relay ' || $1, 0))", output
        ):
            standing_by()
            if await waited(stopping, APPLY_S):
                yield None
                return
        row = await connection.fetchrow(
            "INSERT INTO relay.checkpoint AS known (output, epoch) VALUES ($1, 1)"
            " ON CONFLICT (output) DO UPDATE SET epoch = known.epoch + 1"
            " RETURNING position, epoch",
            output,
        )
        assert row is not None
        yield Lease(output, row["position"], row["epoch"], connection)


async def checkpoint(dsn: str, output: str) -> int:
    """Return up to which position ``output`` was sent; 0 before the first. ``dsn`` as ever.

    Raises:
        OSError: The database is not there; also asyncpg's own errors.
    """
    async with connect(dsn, name=f"relay {output} check") as connection:
        position: int | None = await connection.fetchval(
            "SELECT position FROM relay.checkpoint WHERE output = $1", output
        )
    return position or 0


async def send_again(dsn: str, output: str) -> int:
    """Have the whole log sent to ``output`` once more, in order; return up to where it was sent.

    Whoever leads is fenced, and the next leader begins at the first position. Readers meet repeats.

    Raises:
        OSError: The database is not there; also asyncpg's own errors.
    """
    async with connect(dsn, name=f"relay {output} again") as connection, connection.transaction():
        position: int | None = await connection.fetchval(
            "SELECT position FROM relay.checkpoint WHERE output = $1 FOR UPDATE", output
        )
        await connection.execute(
            "UPDATE relay.checkpoint SET position = 0, epoch = epoch + 1,"
            " moved_at = clock_timestamp() WHERE output = $1",
            output,
        )
    return position or 0


async def waited(event: asyncio.Event, limit_s: float) -> bool:
    """Return whether ``event`` was set within ``limit_s``."""
    try:
        async with asyncio.timeout(limit_s):
            await event.wait()
    except TimeoutError:
        return False
    return True

"""One sender at a time: a lock that lives as long as its holder's connection to the database.

Nobody can be told apart from a holder that is slow but the database: it frees the lock when the
connection is gone. So the old holder notices the same moment and breaks off within
``LOST_S``, and a new one waits longer than that before it begins.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from shared.eventlog.connection import Connection, connect

POLL_S: Final = 0.3
LOST_S: Final = 1.0
"""How long what is under way may still take when the lease is lost."""

SETTLE_S: Final = 1.5
"""How long a new holder waits: by then the old one has broken off."""

_TAKE: Final = "SELECT pg_try_advisory_lock(hashtext('notify.sender'))"

T = TypeVar("T")


class LeaseLost(ConnectionError):  # noqa: N818 -- the world: begin again
    """The connection that held the lease is gone; somebody else may send by now."""


class Lease:
    """The right to send, until the connection is gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lost = asyncio.Event()
        connection.add_termination_listener(lambda _: self._lost.set())

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` returns; let it end within ``LOST_S`` once the lease is lost.

        Raises:
            LeaseLost: It did not end in time, and was broken off.
        """
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work)
            lost = group.create_task(self._lost.wait())
            await asyncio.wait((working, lost), return_when=asyncio.FIRST_COMPLETED)
            _, late = await asyncio.wait((working,), timeout=LOST_S)
            working.cancel()
            lost.cancel()
        if late:
            raise LeaseLost("broken off")
        return working.result()

    async def check(self) -> None:
        """Do nothing while the lease is held. One round trip.

        Raises:
            LeaseLost: It is not.
        """
        if self._lost.is_set():
            raise LeaseLost("the connection is gone")
        await self._connection.fetchval("SELECT true")


@asynccontextmanager
async def leased(dsn: str) -> AsyncGenerator[Lease]:
    """Yield the lease as soon as nobody else holds it; give it back on leaving.

    Raises:
        OSError: The database does not answer.
    """
    async with connect(dsn, name="notify sender") as connection:
        lease = Lease(connection)
        while not await connection.fetchval(_TAKE):  # noqa: ASYNC110 -- another process holds it
            await asyncio.sleep(POLL_S)
        await asyncio.sleep(SETTLE_S)
        yield lease


async def finishing(work: Coroutine[Any, Any, None], *, limit_s: float) -> None:
    """Await ``work``; when cancelled, let it end within ``limit_s`` first.

    A letter that the mail server is just taking is put on record before the process ends, or it
    would be sent again.
    """
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        try:
            await asyncio.wait((working,))
        except asyncio.CancelledError:
            await asyncio.wait((working,), timeout=limit_s)
            raise

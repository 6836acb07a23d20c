"""Who waits for a position hears of it from the database, without asking it again and again."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import structlog

from shared.eventlog.connection import RECONNECT_DELAY_S, UNABLE, Connection

LOOK_INTERVAL_S = 2
"""How often the head is read all the same: a second guard, and how a dead connection shows."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Arrivals:
    """Knows the head of one log, once somebody waits for it. ``run`` must be running.

    Who never waits, as a process that only serves HTTP, is told nothing: to be told of each commit
    costs the server and the process more than a twelfth of the commit itself.
    """

    schema: str
    open_connection: Callable[[], AbstractAsyncContextManager[Connection]]
    head: int = 0
    _waited_for: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, after: int, *, timeout_s: float) -> int:
        """Return the head as soon as it is beyond ``after``, or as it is when time is up."""
        self._waited_for.set()
        try:
            async with asyncio.timeout(timeout_s):
                while self.head <= after:
                    await self._news.wait()
        except TimeoutError:
            pass
        return self.head

    async def run(self) -> None:
        """Listen from when somebody waits, until cancelled; after a lost connection, connect again."""
        await self._waited_for.wait()
        while True:
            try:
                async with self.open_connection() as connection:
                    await self._listen(connection)
            except UNABLE as error:
                _log.warning("eventlog.listener_lost", schema=self.schema, error=repr(error))
            await asyncio.sleep(RECONNECT_DELAY_S)

    async def _listen(self, connection: Connection) -> None:
        """Take what the database tells, until ``connection`` is found to be closed."""

        def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            self.reached(int(str(payload)))

        await connection.add_listener(f"{self.schema}_appended", heard)
        while True:
            head: int = await connection.fetchval(f"SELECT pos FROM {self.schema}.log_head")  # noqa: S608 -- ours
            self.reached(head)
            await asyncio.sleep(LOOK_INTERVAL_S)

    def reached(self, head: int) -> None:
        """Wake whoever waits for a position up to ``head``."""
        if head > self.head:
            self.head = head
            news, self._news = self._news, asyncio.Event()
            news.set()

"""Reading a log in the order of its positions, and waiting for more. For any role that may read."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from shared.eventlog import Stored
from shared.eventlog.arrivals import Arrivals
from shared.eventlog.background import running
from shared.eventlog.connection import Pool, connect, open_pool

_READER_CONNECTIONS_MAX = 3
"""Two outputs and a ledger may read at once."""

Schema: TypeAlias = Literal["log", "access"]
"""Of the events, or of the access log."""


@dataclass(frozen=True, slots=True)
class LogReader:
    """A log, as one who only reads sees it. Made by ``open_reader``."""

    pool: Pool
    arrivals: Arrivals

    @classmethod
    def of(cls, dsn: str, *, service: str, pool: Pool, schema: Schema = "log") -> "LogReader":
        """Return a reader whose ``run`` is still to be run."""
        arrivals = Arrivals(schema, partial(connect, dsn, name=f"{service} listener"))
        return cls(pool, arrivals)

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records with ``position > after``, in order, dense (L3)."""
        rows = await self.pool.fetch(
            f"SELECT pos, leaf FROM {self.arrivals.schema}.event"  # noqa: S608 -- one of two
            " WHERE pos > $1 ORDER BY pos LIMIT $2",
            *(after, limit),
        )
        return tuple(map(Stored._make, rows))

    async def head(self) -> int:
        """Return the last position; 0 for an empty log."""
        position: int = await self.pool.fetchval(
            f"SELECT pos FROM {self.arrivals.schema}.log_head"  # noqa: S608 -- one of two
        )
        return position

    async def wait(self, after: int, *, timeout_s: float) -> int:
        """Return the head as soon as it is beyond ``after``, or as it is when time is up."""
        return await self.arrivals.wait(after, timeout_s=timeout_s)

    async def run(self) -> None:
        """Hear of what is appended, until cancelled."""
        await self.arrivals.run()


@asynccontextmanager
async def open_reader(
    dsn: str, *, service: str, schema: Schema = "log"
) -> AsyncGenerator[LogReader]:
    """Yield the log of ``service`` to read from, or its access log, e.g. as ``<service>_relay``."""
    async with open_pool(
        dsn, name=f"{service} reader", connections_max=_READER_CONNECTIONS_MAX
    ) as pool:
        reader = LogReader.of(dsn, service=service, pool=pool, schema=schema)
        async with running(reader.run()):
            yield reader

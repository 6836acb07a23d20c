"""A relay in a process of its own, to be killed: ``python -m tests.relay.run_relay ...``."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

from shared.clock import now
from shared.eventlog import Stored
from shared.eventlog.reader import LogReader, open_reader
from shared.kafka import Brokers
from shared.relay import Output, Relay


@dataclass(frozen=True, slots=True)
class FallsAsleep:
    """The log, whose reader stops (SIGSTOP) with the first page after ``position`` in its hands."""

    log: LogReader
    position: int

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return a page; the one to be sent after ``position`` only when the process goes on."""
        page = await self.log.tail(after, limit=limit)
        if (
            page and after == self.position and limit > 1
        ):  # one record alone is looked at for its age
            os.kill(os.getpid(), signal.SIGSTOP)
        return page

    async def head(self) -> int:
        """Return the last position."""
        return await self.log.head()

    async def wait(self, after: int, *, timeout_s: float) -> int:
        """Return the head as soon as it is beyond ``after``, or as it is when time is up."""
        return await self.log.wait(after, timeout_s=timeout_s)


async def main(dsn: str, servers: str, topic: str, silence_s: str, asleep_after: str) -> None:
    """Relay until killed."""
    async with open_reader(dsn, service="killed") as reader:
        relay = Relay(
            reader=FallsAsleep(reader, int(asleep_after)),
            dsn=dsn,
            brokers=Brokers(servers),
            output=Output(topic),
            now=now,
            idle_s=0.1,
            silence_s=float(silence_s),
        )
        await relay.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

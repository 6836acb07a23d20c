"""A relay in a process of its own, to be killed: ``python -m tests.relay.run_relay ...``."""

import asyncio
import sys

from shared.clock import now
from shared.eventlog.reader import open_reader
from shared.kafka import Brokers
from shared.relay import Output, Relay


async def main(dsn: str, servers: str, topic: str, silence_s: str) -> None:
    """Relay until killed."""
    async with open_reader(dsn, service="killed") as reader:
        relay = Relay(
            reader=reader,
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

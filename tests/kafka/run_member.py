"""A member in a process of its own, to be killed or frozen: ``python -m tests.kafka.run_member ...``."""

import asyncio
import signal
import sys

from shared.kafka import Brokers, Consumer, Received, Subscription, clients
from shared.kafka.progress import Book
from tests.kafka.example import when_box
from tests.kafka.house import PATIENT, handling, noting, working

SESSION_MS = 6_000
"""The shortest that a broker takes by default: what is dead or frozen is missed sooner."""


async def main(place: str, who: str, effect_s: str) -> None:
    """Take part in the group until told to stop.

    Args:
        place: Database, brokers, and topic, separated by spaces.
        who: The service, the group, and the member, likewise.
        effect_s: How long an effect takes beside what it does.
    """
    (dsn, servers, topic), (name, group, client_id) = place.split(), who.split()
    async with working(dsn, name) as (pool, log):
        noted = noting(Subscription(group, topic, when_box), handling(log))

        async def slowly(received: Received) -> None:
            await asyncio.sleep(float(effect_s))
            await noted(received)

        member = Consumer(Brokers(servers), Book(pool, group, topic), slowly, client_id, PATIENT)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, member.stopping.set)
        await member.run()


if __name__ == "__main__":
    clients.SESSION_TIMEOUT_MS = SESSION_MS
    asyncio.run(main(*sys.argv[1:]))

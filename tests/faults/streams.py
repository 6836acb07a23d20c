"""The Faust application of the certificates: started again when it ends, and at last at the end of its topic.

The library ends when Kafka was away for too long, or when it wakes up after others took over. What
runs it in production starts it again; here the harness does.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from services.certificates.streams import APPLICATION, SOURCE
from shared.kafka import KAFKA_FAILURES, Brokers, ends_of, has_read
from tests.faults.house import FaultyHouse
from tests.faults.plan import STREAMS

LOOK_S: Final = 0.5


async def streams_behind(
    house: FaultyHouse, say: Callable[[str], None], *, within_s: float
) -> tuple[str, ...]:
    """Return what of the application has not come to rest in time, in words; empty: it has read all."""
    brokers, until = Brokers(house.stack.kafka_bootstrap), monotonic() + within_s
    while not await _has_read_all(brokers):
        if monotonic() > until:
            return (f"{STREAMS}: has not read all of {SOURCE.name}",)
        if house.running(STREAMS) is None:
            say(f"  {STREAMS} {house.how_ended(STREAMS)}, and is started again")
            await asyncio.to_thread(house.revive, STREAMS)
        await asyncio.sleep(LOOK_S)
    return ()


async def _has_read_all(brokers: Brokers) -> bool:
    """Return whether the application has committed the end of its topic."""
    try:
        return await has_read(brokers, APPLICATION, await ends_of(brokers, SOURCE.name))
    except KAFKA_FAILURES:
        return False

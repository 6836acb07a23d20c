"""Faults of the topics themselves: records that come a second time, and records that are gone."""

import asyncio
from collections import defaultdict
from time import monotonic
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from shared.kafka import Brokers, ends_of, events_topic, has_read
from shared.kafka.clients import administrating
from shared.kafka.reading import whole_topic
from tests.faults.house import FaultyHouse

SHORTENED: Final = "intake"
"""Whose topic is shortened: the one where there is always something new."""

BEHIND_WITHIN_S: Final = 20.0
NOTICED_WITHIN_S: Final = 40.0
LOOK_S: Final = 0.2
LOST: Final = "consumer.records_lost"
RESEND: Final = (
    *("resend", "--decided-by", "0190a3c2-7a10-4c00-8000-00000000000d"),
    *("--why", "topic_shortened", "--apply"),
)


class NobodyBehindError(Exception):
    """Nothing was deleted: whoever would have had to miss it had heard everything."""


async def copy_the_last(bootstrap: str, service: str, count: int) -> int:
    """Send the last records of each partition once more, in order, as a relay that repeats does.

    Returns:
        How many were sent.
    """
    topic = events_topic(service).name
    last: defaultdict[int, list[Any]] = defaultdict(list)
    async for message in whole_topic(Brokers(bootstrap), topic):
        last[message.partition] = [*last[message.partition], message][-count:]
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for partition, messages in last.items():
            for each in messages:
                await producer.send_and_wait(
                    *(topic, each.value, each.key),
                    partition=partition,
                    headers=list(each.headers),
                )
    finally:
        await producer.stop()
    return sum(map(len, last.values()))


async def shorten(
    house: FaultyHouse, hearing: str, *, behind_within_s: float = BEHIND_WITHIN_S
) -> str | None:
    """Take all that is on a topic away while ``hearing`` is behind, and have it sent again once it is missed.

    Returns:
        What did not happen as it must, in words; ``None``: it was missed, and is sent again.

    Raises:
        NobodyBehindError: It did not come to be behind in time, and runs again; nothing was deleted.
    """
    brokers, topic = Brokers(house.stack.kafka_bootstrap), events_topic(SHORTENED).name
    await asyncio.to_thread(house.stack.processes.stop, hearing)
    if not await _behind(brokers, topic, hearing, behind_within_s):
        await asyncio.to_thread(_started, house, hearing)
        raise NobodyBehindError(f"{hearing} is not behind on {topic}")
    ends = await ends_of(brokers, topic)
    async with administrating(brokers) as admin:
        gone = {TopicPartition(*each): RecordsToDelete(end) for each, end in ends.items()}
        await admin.delete_records(gone)
    words = house.stack.processes.log_file(hearing)
    heard_before = words.read_text(errors="replace").count(LOST)
    await asyncio.to_thread(_started, house, hearing)
    until = monotonic() + NOTICED_WITHIN_S
    while words.read_text(errors="replace").count(LOST) == heard_before:
        if monotonic() > until:
            return f"{hearing} does not miss what is gone from {topic}"
        await asyncio.sleep(LOOK_S)
    failed = await asyncio.to_thread(house.ask_each, (SHORTENED,), *RESEND)
    return None if failed is None else f"{failed} cannot send {topic} again"


def _started(house: FaultyHouse, service: str) -> None:
    """Start a service, and return when it is ready or has ended."""
    house.revive(service)
    house.starts(service)


async def _behind(brokers: Brokers, topic: str, hearing: str, within_s: float) -> bool:
    """Return whether a service that does not run comes to be behind on a topic in time."""
    async with administrating(brokers) as admin:
        groups = [name for name, *_ in await admin.list_consumer_groups()]
    mine = [name for name in groups if name.startswith(f"{hearing}.") and SHORTENED in name]
    until = monotonic() + within_s
    while monotonic() < until:
        ends = await ends_of(brokers, topic)
        if mine and not await has_read(brokers, mine[0], ends):
            return True
        await asyncio.sleep(LOOK_S)
    return False

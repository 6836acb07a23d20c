"""Reading a topic to where it ends now: all of it, outside every group; and whether a group has."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from shared.kafka.clients import Brokers, Message, Place, administrating, consuming

READ_TIMEOUT_S = 30.0
READ_MS = 1_000
READ_MAX = 2_000


async def whole_topic(brokers: Brokers, topic: str) -> AsyncGenerator[Message, None]:
    """Yield every message that is on ``topic`` when this begins, in order within a partition.

    Raises:
        KafkaError: The cluster is not there, or there is no such topic.
        TimeoutError: It does not answer in time.
    """
    async with consuming(brokers, topic=topic, group=None, client_id="sigill.reader") as consumer:
        async with asyncio.timeout(READ_TIMEOUT_S):
            places = list(consumer.assignment())
            begins = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
        for each in places:
            consumer.seek(each, begins[each])
        left = {each for each in places if ends[each] > begins[each]}
        while left:
            async with asyncio.timeout(READ_TIMEOUT_S):
                polled = await consumer.getmany(timeout_ms=READ_MS, max_records=READ_MAX)
                left -= {each for each in left if await consumer.position(each) >= ends[each]}
            for each, messages in polled.items():
                for message in messages:
                    if message.offset < ends[each]:
                        yield message


async def ends_of(brokers: Brokers, topic: str) -> Mapping[Place, int]:
    """Return where each partition of ``topic`` ends now: the offset of what comes next.

    Raises:
        KafkaError: The cluster is not there, or there is no such topic.
        TimeoutError: It does not answer in time.
    """
    async with (
        consuming(brokers, topic=topic, group=None, client_id="sigill.reader") as consumer,
        asyncio.timeout(READ_TIMEOUT_S),
    ):
        return await consumer.end_offsets(list(consumer.assignment()))


async def has_read(brokers: Brokers, group: str, until: Mapping[Place, int]) -> bool:
    """Return whether ``group`` has committed everything before the offsets ``until``.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    async with administrating(brokers) as admin, asyncio.timeout(READ_TIMEOUT_S):
        committed = await admin.list_consumer_group_offsets(group)
    return all(
        end == 0 or (place in committed and committed[place].offset >= end)
        for place, end in until.items()
    )

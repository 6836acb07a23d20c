"""Reading a topic from its beginning to where it ends now, outside every group."""

import asyncio
from collections.abc import AsyncGenerator

from shared.kafka.clients import Brokers, Message, consuming

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
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning()
            begun = {each: await consumer.position(each) for each in places}
        left = {each for each in places if ends[each] > begun[each]}
        while left:
            async with asyncio.timeout(READ_TIMEOUT_S):
                polled = await consumer.getmany(timeout_ms=READ_MS, max_records=READ_MAX)
                left -= {each for each in left if await consumer.position(each) >= ends[each]}
            for each, messages in polled.items():
                for message in messages:
                    if message.offset < ends[each]:
                        yield message

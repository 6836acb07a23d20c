"""A fault of the topics themselves: records that come a second time."""

from collections import defaultdict
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.kafka import Brokers, events_topic
from shared.kafka.reading import whole_topic


async def copy_the_last(bootstrap: str, service: str, count: int) -> None:
    """Send the last records of each partition once more, in order, as a relay that repeats does."""
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

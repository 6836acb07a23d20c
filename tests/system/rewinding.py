"""Sets a service's consumers back to the first offset, as an operator would who reads everything again."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

REWIND_S: Final = 30.0
PAUSE_S: Final = 0.5


async def begin_anew(bootstrap: str, service: str) -> None:
    """Commit the first offset of every partition for all groups of ``service``, which has left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        groups = [name for name, *_ in await admin.list_consumer_groups()]
        for group in (name for name in groups if name.startswith(f"{service}.")):
            offsets = await admin.list_consumer_group_offsets(group)
            if offsets:
                await _to_the_beginning(bootstrap, group, list(offsets))
    finally:
        await admin.close()


async def _to_the_beginning(bootstrap: str, group: str, partitions: list[TopicPartition]) -> None:
    """Commit the first offset of every partition, once the members of ``group`` are forgotten."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        async with asyncio.timeout(REWIND_S):
            while True:
                try:
                    await consumer.commit(first)
                except Exception:  # noqa: BLE001 -- who left is not forgotten yet
                    await asyncio.sleep(PAUSE_S)
                else:
                    return
    finally:
        await consumer.stop()

"""Sending a page: all of it under way at once, in order within each stream, then awaited whole."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)
from aiokafka.partitioner import DefaultPartitioner

from shared.kafka.clients import Batch, KafkaProducer
from shared.kafka.headers import Headers

PRODUCER_LOST: tuple[type[Exception], ...] = (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)
"""Sequence, producer-id and epoch errors: this producer can never send in order again."""

STREAMS_REMEMBERED_MAX = 50_000

_partitioner = DefaultPartitioner()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent.

    Attributes:
        value: ``None`` removes the key from a compacted topic.
    """

    key: str
    value: bytes | None
    headers: Headers


@lru_cache(maxsize=STREAMS_REMEMBERED_MAX)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that every Kafka client chooses for ``key`` by default (murmur2)."""
    return cast("int", _partitioner(key, list(range(partitions)), ()))


async def send_page(producer: KafkaProducer, topic: str, page: Sequence[Outgoing]) -> None:
    """Send ``page`` in order within each key; return when every replica in sync has all of it.

    Partitions travel side by side. After an error, parts of the page may be on the topic, and
    the producer must be discarded.

    Raises:
        KafkaError: The broker says no. ``PRODUCER_LOST`` among them.
    """
    partitions = len(await producer.partitions_for(topic))
    batches = _batches(producer, page, partitions)
    sent = await asyncio.gather(
        *(_send_in_order(producer, topic, number, batches[number]) for number in batches),
        return_exceptions=True,
    )
    for outcome in sent:
        if isinstance(outcome, BaseException):
            raise outcome


def _batches(
    producer: KafkaProducer, page: Sequence[Outgoing], partitions: int
) -> Mapping[int, list[Batch]]:
    """Return ``page`` as batches by partition, oldest first.

    Raises:
        KafkaError: A message is larger than any batch.
    """
    batches: dict[int, list[Batch]] = {}
    for each in page:
        key = each.key.encode()
        made = batches.setdefault(partition_of(key, partitions), [])
        if not made or not _added(made[-1], key, each):
            made.append(producer.create_batch())
            if not _added(made[-1], key, each):
                raise KafkaError(f"a message of {len(each.value or b'')} bytes fits no batch")
    return batches


def _added(batch: Batch, key: bytes, message: Outgoing) -> bool:
    """Return whether ``message`` had room in ``batch``."""
    added = batch.append(timestamp=None, key=key, value=message.value, headers=message.headers)
    return added is not None


async def _send_in_order(
    producer: KafkaProducer, topic: str, partition: int, batches: Sequence[Batch]
) -> None:
    """Send ``batches`` one behind the other without waiting for answers; then await them all."""
    under_way: list[asyncio.Future[object]] = []
    try:
        for batch in batches:
            batch.close()
            under_way.append(await producer.send_batch(batch, topic, partition=partition))
        for future in under_way:
            await future
    finally:
        for future in under_way:
            future.add_done_callback(_noticed)


def _noticed(future: "asyncio.Future[object]") -> None:
    """Take note of an outcome that nobody waits for any more."""
    with suppress(asyncio.CancelledError):
        future.exception()

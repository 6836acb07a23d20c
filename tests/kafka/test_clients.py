"""Clients end when we say so, and never because the library gave something up."""

import asyncio
from contextlib import suppress

import pytest
from aiokafka.errors import KafkaError, NoOffsetForPartitionError

from deploy.local.stack import Stack
from shared.kafka import Brokers, Topic, provision
from shared.kafka.clients import _ended_by_us, consuming


async def test_a_cancellation_that_nobody_asked_for_is_a_failure_of_the_client() -> None:
    """House: unnoticed it would end a consumer's task as if it had been told to stop."""
    lost = asyncio.ensure_future(asyncio.sleep(60))
    lost.cancel()
    with pytest.raises(KafkaError, match="given up"), _ended_by_us():
        await lost


async def test_a_cancellation_that_was_asked_for_ends_the_task() -> None:
    """House: cancelling a task ends it, also inside a client."""
    inside = asyncio.Event()

    async def work() -> None:
        with _ended_by_us():
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.ensure_future(work())
    await inside.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_time_limit_around_a_client_stays_a_time_limit() -> None:
    """House: every await that leaves the process has one."""

    async def work() -> None:
        with _ended_by_us():
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work(), 0.01)


@pytest.mark.integration
async def test_a_consumer_can_be_closed_in_an_outage(stack: Stack) -> None:
    """House: a fetch that is under way is cancelled; the task that closes is not."""
    brokers, topic = Brokers(stack.kafka_bootstrap), Topic("closed.in.outage")
    await provision(brokers, (topic,), replication=1)
    try:
        async with consuming(brokers, topic=topic.name, group="closed", client_id="c") as consumer:
            with suppress(NoOffsetForPartitionError):  # it has never been anywhere
                await consumer.getmany(timeout_ms=100, max_records=1)
            for each in consumer.assignment():
                consumer.seek(each, 0)
            await consumer.getmany(timeout_ms=100, max_records=1)
            await asyncio.to_thread(stack.kill, "kafka")
            await consumer.getmany(timeout_ms=1_000, max_records=1)
    finally:
        await asyncio.to_thread(stack.restart, "kafka")
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0

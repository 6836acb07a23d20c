"""Topics are provided by ``migrate``, and never changed behind anybody's back."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from deploy.local.stack import Stack
from shared.kafka import Brokers, Topic, TopicDiffers, changelog, events_topic, provision
from shared.kafka.topics import lacking
from tests.frozen import frozen

pytestmark = pytest.mark.integration

FENCED_S = 10
"""A broker may be silent for nine seconds; then it counts as none."""


async def test_topics_are_provided_once_and_may_be_asked_for_again(stack: Stack) -> None:
    """House: safe to repeat, also by several at the same time."""
    brokers = Brokers(stack.kafka_bootstrap)
    events = events_topic("provided")
    topics = (
        events,
        Topic("provided.register", compacted=True),
        changelog("provided-app", "register", source=events),
    )
    await asyncio.gather(*(provision(brokers, topics, replication=1) for _ in range(3)))
    await provision(brokers, topics, replication=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (partial(replace, partitions=12), "has 6 partitions, not 12"),
        (partial(replace, compacted=True), "has cleanup.policy=delete, not compact"),
        (partial(replace, retention_ms=1_000), "has retention.ms=-1, not 1000"),
    ],
)
async def test_a_topic_that_differs_is_left_alone_and_complained_about(
    stack: Stack, change: Callable[[Topic], Topic], said: str
) -> None:
    """House: partition counts never change for keyed topics."""
    brokers = Brokers(stack.kafka_bootstrap)
    topic = events_topic("kept")
    await provision(brokers, (topic,), replication=1)
    with pytest.raises(TopicDiffers, match=said):
        await provision(brokers, (change(topic),), replication=1)
    await provision(brokers, (topic,), replication=1)


async def test_a_broker_that_names_nobody_yet_is_waited_for(stack: Stack) -> None:
    """House: one that has slept is fenced until its next heartbeat: it answers, and names no broker.

    That moment is met in two of three runs.
    """
    brokers, topic = Brokers(stack.kafka_bootstrap), events_topic("woken")
    with frozen(stack, "kafka"):
        await asyncio.sleep(FENCED_S)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + 1
    while loop.time() < until_s:
        assert await lacking(brokers, (topic,)) == [topic.name]


def test_three_copies_ask_for_two_in_sync() -> None:
    """Architecture 6: replication 3, min ISR 2; one copy on a laptop."""
    copies = {1: "1", 2: "1", 3: "2", 5: "2"}
    for replication, in_sync in copies.items():
        assert Topic("t").configuration(replication)["min.insync.replicas"] == in_sync

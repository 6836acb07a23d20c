"""Topics: what they are called, how they are kept, and how ``migrate`` provides them.

Automatic creation is off. The number of partitions of a keyed topic never changes, since a
stream would move to another partition and lose its order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import (
    ConfigResource,
    ConfigResourceType,
)
from aiokafka.errors import (
    NoError,
    TopicAlreadyExistsError,
    for_code,
)

from shared.kafka.clients import Brokers, administrating

PARTITIONS = 6
REPLICAS_IN_SYNC = 2
UNLIMITED = -1
PROVISION_TIMEOUT_S = 60.0
LOOKS_MAX = 30
"""A difference that is still seen at the last is one."""

_SETTLE_S = 0.1


class TopicDiffers(Exception):  # noqa: N818 -- an answer to the operator
    """A topic that exists is not as described. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be.

    Attributes:
        compacted: Kept is the last record of each key, instead of every record.
        retention_ms: How long a record is kept; ``UNLIMITED`` for ever.
    """

    name: str
    partitions: int = PARTITIONS
    compacted: bool = False
    retention_ms: int = UNLIMITED

    def configuration(self, replication: int) -> dict[str, str]:
        """Return the topic's own configuration where ``replication`` copies are kept."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(UNLIMITED),
            "min.insync.replicas": str(min(REPLICAS_IN_SYNC, max(1, replication - 1))),
        }


def events_topic(service: str) -> Topic:
    """Return the topic of everything that ``service`` has on record."""
    return Topic(f"asf.{service}.events.v1")


def changelog(application: str, table: str, *, source: Topic) -> Topic:
    """Return the topic behind a Faust table: as many partitions as what the table is made of."""
    return Topic(f"{application}-{table}-changelog", partitions=source.partitions, compacted=True)


async def lacking(brokers: Brokers, topics: Sequence[Topic]) -> list[str]:
    """Return which of ``topics`` are not there, by name.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    async with administrating(brokers) as admin:
        there = set(await admin.list_topics())
    return [topic.name for topic in topics if topic.name not in there]


async def provision(brokers: Brokers, topics: Sequence[Topic], *, replication: int) -> None:
    """Create those of ``topics`` that do not exist. Safe to repeat, also at the same time.

    Raises:
        TopicDiffers: One exists with other partitions or another configuration.
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    differences: list[str] = []
    async with administrating(brokers) as admin, asyncio.timeout(PROVISION_TIMEOUT_S):
        wanted = [
            NewTopic(
                each.name,
                num_partitions=each.partitions,
                replication_factor=replication,
                topic_configs=each.configuration(replication),
            )
            for each in topics
        ]
        answer = await admin.create_topics(wanted)
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if error not in (NoError, TopicAlreadyExistsError):
                raise error(name)
        for _ in range(LOOKS_MAX):
            differences = await _looked_at(admin, topics, replication)
            if not differences:
                return
            await asyncio.sleep(_SETTLE_S)
    raise TopicDiffers("; ".join(differences))


async def _looked_at(admin: Any, topics: Sequence[Topic], replication: int) -> list[str]:
    """Return one sentence for each way in which topics are not as described, as one broker sees it.

    A broker that has not heard yet how a new topic is kept tells what topics are like by default.
    """
    found = await _found(admin, topics)
    kept = await _configurations(admin, topics)
    return [
        difference
        for each in topics
        for difference in _differences(each, found[each.name], kept[each.name], replication)
    ]


def _differences(
    topic: Topic, partitions: int, kept: Mapping[str, str], replication: int
) -> list[str]:
    """Return one sentence for each way in which a topic is not as described."""
    differences: list[str] = []
    if partitions != topic.partitions:
        differences.append(f"{topic.name} has {partitions} partitions, not {topic.partitions}")
    for key, value in topic.configuration(replication).items():
        if kept.get(key) != value:
            differences.append(f"{topic.name} has {key}={kept.get(key)}, not {value}")
    return differences


async def _found(admin: Any, topics: Sequence[Topic]) -> dict[str, int]:
    """Return the number of partitions of each topic, once every broker's view has them."""
    names = [each.name for each in topics]
    while True:
        described = await admin.describe_topics(names)
        found = {each["topic"]: len(each["partitions"]) for each in described}
        if all(found.get(name) for name in names):
            return found
        await asyncio.sleep(_SETTLE_S)


async def _configurations(admin: Any, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    """Return the configuration of each topic."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, each.name) for each in topics]
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in await admin.describe_configs(asked)
        for _, _, _, name, entries in answer.resources
    }

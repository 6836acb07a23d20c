"""What a consumer does when its place on a topic is gone: nothing is skipped.

A topic that is shortened (retention, or by hand) under a consumer that is behind takes away what it
has not applied, and a library that goes on with what is left says nothing. Ours waits, and says so,
until the relay has sent the log again; then it goes on where all of its partition comes in order.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from shared.kafka.clients import Brokers, KafkaConsumer, Place
from shared.kafka.headers import position_of
from shared.kafka.reading import whole_topic


class RecordsLost(Exception):  # noqa: N818 -- an answer to the operator
    """What a consumer has not applied is not on its topic: the owner of the log must send it again."""


async def resume(
    brokers: Brokers, consumer: KafkaConsumer, place: Place, offset: int | None
) -> None:
    """Have ``consumer`` go on in a partition where its ``offset`` is not, or is not known yet.

    A partition from which nothing was taken is read from its beginning.

    Raises:
        RecordsLost: Something was taken, and is not there again.
        KafkaError: The cluster is not there, or says no; so ``OSError``.
    """
    first = (await consumer.beginning_offsets([place]))[place]
    if first > 0 or offset is not None:
        topic, partition = await _positions(brokers, place)
        found = resuming_at(topic, partition, first=first)
        if found is None or (offset is not None and not topic):  # made anew, and empty
            asked = "its beginning" if offset is None else f"offset {offset}"
            raise RecordsLost(f"{place.topic} {place.partition} from {asked}: begins at {first}")
        first = found
    consumer.seek(place, first)


def resuming_at(
    topic: AbstractSet[int], partition: Sequence[tuple[int, int]], *, first: int
) -> int | None:
    """Return the offset from which everything of a partition is there; ``None``: something is lost.

    Args:
        topic: Every position of the log that is on the topic, in whichever partition.
        partition: Offset and position of each of its messages, by offset.
        first: Where the partition begins; 0: nothing was ever taken from it.
    """
    if len(topic) != max(topic, default=0):
        return None
    if not partition:
        return 0 if first == 0 else None
    every = {position for _, position in partition}
    lowest = min(every)
    begins = max(offset for offset, position in partition if position == lowest)
    after = {position for offset, position in partition if offset >= begins}
    return begins if after == every else None


async def _positions(brokers: Brokers, place: Place) -> tuple[set[int], list[tuple[int, int]]]:
    """Return what is on the whole topic, and in one partition: see ``resuming_at``."""
    topic: set[int] = set()
    partition: list[tuple[int, int]] = []
    async for message in whole_topic(brokers, place.topic):
        position = position_of(message.headers)
        if position is None:
            continue
        topic.add(position)
        if message.partition == place.partition:
            partition.append((message.offset, position))
    return topic, partition

"""What a consumer does when its place on a topic is gone: nothing is skipped.

A topic that is shortened (retention, or by hand) under a consumer that is behind takes away what it
has not applied, and a library that goes on with what is left says nothing. Ours waits, and says so,
until the relay has sent the log again; then it goes on where all of its partition comes in order.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from shared.kafka.clients import Brokers, KafkaConsumer, Place, administrating, speaking_for
from shared.kafka.headers import position_of
from shared.kafka.reading import READ_TIMEOUT_S, ends_of, whole_topic


class RecordsLost(Exception):  # noqa: N818 -- an answer to the operator
    """What a consumer has not applied is not on its topic: the owner of the log must send it again."""


async def resume(
    brokers: Brokers, consumer: KafkaConsumer, asked: Mapping[Place, int | None]
) -> None:
    """Have ``consumer`` go on in partitions where its offset is not, or is not known yet.

    ``asked`` is its offset in each of them, ``None`` where the group has none; they are of one topic.
    A partition from which nothing was taken is read from its beginning.

    Raises:
        RecordsLost: Something was taken, and is not there again.
        KafkaError: The cluster is not there, or says no; so ``OSError``.
    """
    begins = await consumer.beginning_offsets(list(asked))
    gone = {each: begins[each] for each in asked if begins[each] or asked[each] is not None}
    found = await _found(brokers, gone, asked)
    for each in asked:
        consumer.seek(each, found.get(each, 0))


async def reposition(brokers: Brokers, *, group: str, topic: str) -> None:
    """Have a group go on where its own library would, were that library not to skip what is gone.

    To be called while the group has no members.

    Raises:
        RecordsLost: Something of ``topic`` was taken before the group had read it.
        KafkaError: The cluster is not there, or says no, as to whoever is no member; so ``OSError``.
    """
    ends = await ends_of(brokers, topic)
    places = list(ends)
    async with speaking_for(brokers, group=group, places=places) as consumer:
        async with asyncio.timeout(READ_TIMEOUT_S):
            begins = await consumer.beginning_offsets(places)
            asked = {each: await consumer.committed(each) for each in places}
        gone = {
            each: begins[each]
            for each in places
            if not begins[each] <= (asked[each] or 0) <= ends[each]
        }
        if found := await _found(brokers, gone, asked):
            async with asyncio.timeout(READ_TIMEOUT_S):
                await consumer.commit(found)


class Unbroken:
    """Notices that what a member of a group is given does not follow what the group has had.

    For a library that goes on with what is left where something is gone. Events topics are dense:
    nothing is compacted away, and nothing is sent in transactions.
    """

    def __init__(self, brokers: Brokers, *, group: str) -> None:
        self._brokers = brokers
        self._group = group
        self._next: dict[Place, int] = {}

    async def assigned(self, places: Collection[Place]) -> None:
        """Ask from where the group goes on: others may have had these partitions meanwhile.

        Raises:
            KafkaError: The cluster is not there; so ``OSError``.
        """
        async with administrating(self._brokers) as admin, asyncio.timeout(READ_TIMEOUT_S):
            committed = await admin.list_consumer_group_offsets(self._group)
        said = {each: committed[each].offset for each in places if each in committed}
        self._next = {each: max(0, said.get(each, 0)) for each in places}

    def require(self, at: Place, offset: int) -> None:
        """Return if a message at ``offset`` follows, or repeats, what was there before it.

        One that comes before ``assigned`` has answered is taken for the first.

        Raises:
            RecordsLost: Something before it is gone.
        """
        expected = self._next.get(at, offset)
        if offset > expected:
            begin = f"offset {expected}"
            raise RecordsLost(f"{at.topic} {at.partition} from {begin}: what came is {offset}")
        self._next[at] = offset + 1


async def _found(
    brokers: Brokers, gone: Mapping[Place, int], asked: Mapping[Place, int | None]
) -> dict[Place, int]:
    """Return where to go on in partitions of which something is gone; they begin at ``gone``."""
    found: dict[Place, int] = {}
    if not gone:
        return found
    topic, partitions = await _positions(brokers, gone)
    for each, first in gone.items():
        at = resuming_at(topic, partitions[each.partition], first=first)
        if at is None or (asked[each] is not None and not topic):  # made anew, and empty
            begin = "its beginning" if asked[each] is None else f"offset {asked[each]}"
            raise RecordsLost(f"{each.topic} {each.partition} from {begin}: begins at {first}")
        found[each] = at
    return found


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


async def _positions(
    brokers: Brokers, gone: Collection[Place]
) -> tuple[set[int], Mapping[int, Sequence[tuple[int, int]]]]:
    """Return what is on the whole topic, and in each of its partitions ``gone``: see ``resuming_at``."""
    every: set[int] = set()
    partitions: dict[int, list[tuple[int, int]]] = {each.partition: [] for each in gone}
    async for message in whole_topic(brokers, next(iter(gone)).topic):
        position = position_of(message.headers)
        if position is None:
            continue
        every.add(position)
        if message.partition in partitions:
            partitions[message.partition].append((message.offset, position))
    return every, partitions

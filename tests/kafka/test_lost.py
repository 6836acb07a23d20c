"""A topic that is shortened under a consumer that is behind: what is gone is missed, and comes again."""

from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from structlog.testing import capture_logs

from shared.kafka.clients import Brokers, administrating
from shared.kafka.lost import resuming_at
from shared.kafka.reading import ends_of
from shared.relay import send_again
from tests.kafka.house import House, running, until


async def shorten(brokers: Brokers, topic: str) -> None:
    """Take everything away that is on a topic, as retention would."""
    ends = await ends_of(brokers, topic)
    async with administrating(brokers) as admin:
        await admin.delete_records(
            {TopicPartition(*each): RecordsToDelete(end) for each, end in ends.items()}
        )


@pytest.mark.integration
async def test_what_is_gone_before_it_was_applied_is_missed_and_comes_again(house: House) -> None:
    """House: nothing is skipped: who is behind waits until the relay has sent it again."""
    first, late, relay = house.consumer(), house.consumer(), house.relay()
    await house.fill("a", [20, 21])
    async with running(relay):
        async with running(first):
            await until(lambda: house.all_noted([20, 21]))
        await house.fill("a", [22])
        await house.fill("silent from now on", [23])
        head = await house.log.head()
        await until(lambda: relay.health.position == head)
        await shorten(house.brokers, house.topic)
        await house.fill("a", [24])
        with capture_logs() as said:
            async with running(late):
                await until(lambda: any(each["event"] == "consumer.records_lost" for each in said))
                assert not late.health.polling
                assert await house.noted([22, 23, 24]) == [0, 0, 0]
                await send_again(house.relay_dsn, house.topic)
                await until(lambda: house.all_noted([22, 23, 24]))
    assert await house.noted(range(20, 25)) == [1] * 5
    assert await house.parked() == []


@pytest.mark.integration
async def test_what_was_applied_before_it_was_gone_is_not_missed(house: House) -> None:
    """House: a topic may be shortened behind those who have read it."""
    await house.fill("a", [20, 21])
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted([20, 21]))
    async with running(house.relay(), consumer := house.consumer()):
        await until(lambda: consumer.health.polling)
        await shorten(house.brokers, house.topic)
        await house.fill("a", [22])
        await until(lambda: house.all_noted([22]))
    assert await house.noted(range(20, 23)) == [1] * 3


@pytest.mark.parametrize(
    ("topic", "first", "partition", "found"),
    [
        ({1, 2, 3}, 7, [(7, 1), (8, 3)], 7),
        ({1, 2, 3}, 7, [(7, 3), (8, 1), (9, 3)], 8),
        ({1, 2, 3}, 7, [(7, 3), (8, 1), (9, 1), (10, 3)], 9),
        ({1, 2, 3}, 7, [(7, 3), (8, 1)], None),
        ({1, 3}, 7, [(7, 1), (8, 3)], None),
        ({1, 2, 3}, 7, [], None),
        ({1, 2, 3}, 0, [], 0),
        (set[int](), 0, [], 0),
        (set[int](), 7, [], None),
    ],
)
def test_it_goes_on_where_all_comes_again_in_order(
    topic: set[int], first: int, partition: Sequence[tuple[int, int]], found: int | None
) -> None:
    """House: from the last record on that has everything of its partition after it."""
    assert resuming_at(topic, partition, first=first) == found

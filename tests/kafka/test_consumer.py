"""What is heard has its effect once, in order, whatever arrives how often."""

import asyncio
import os
import signal
import time
from dataclasses import replace

import pytest

from deploy.local.stack import Stack
from shared.kafka import ConsumerStalled, Received
from shared.kafka.clients import Brokers
from tests.kafka.example import UNLUCKY, PaintBox, box, caused
from tests.kafka.house import PATIENT, House, running, until

pytestmark = pytest.mark.integration


async def test_every_event_has_its_effect_once_and_in_stream_order(house: House) -> None:
    """Architecture 3.3: the policy's command is derived from consumer and event."""
    await house.fill("a", range(20, 40))
    await house.fill("b", range(40, 60))
    seen: list[tuple[str, int]] = []

    async def remember(received: Received) -> None:
        seen.append((received.stream, received.version))
        await house.effect(received)

    async with running(house.relay(), house.consumer(remember)):
        await until(lambda: house.all_noted(range(20, 60)))
    assert await house.noted(range(20, 60)) == [1] * 40
    for name in ("a", "b"):
        assert [v for s, v in seen if s == box(name)] == list(range(1, 21))
    assert (await house.book.standings([box("a")]))[box("a")].version == 20


async def test_everything_delivered_twice_changes_nothing_the_second_time(house: House) -> None:
    """House: at least once, with effects that are safe to repeat; never "exactly once"."""
    await house.fill("a", range(20, 30))
    twice = await house.on_record()
    await house.send(*twice)
    await house.send(*twice)
    await house.fill("a", [30])
    consumer = house.consumer()
    await house.send(*(await house.on_record())[-1:])
    async with running(consumer):
        await until(lambda: house.all_noted(range(20, 31)))
        await until(lambda: consumer.health.repeats >= 10)
    assert await house.noted(range(20, 31)) == [1] * 11
    assert await house.parked() == []


async def test_a_replay_from_zero_meets_repeats_only(house: House) -> None:
    """House: offsets may be lost; progress knows what has been applied."""
    await house.fill("a", range(20, 30))
    first, again = house.consumer(), house.consumer()
    async with running(house.relay(), first):
        await until(lambda: first.health.applied == 20)  # the fillings, and the notes about them
    await house.rewind()
    async with running(again):
        await until(lambda: again.health.repeats == 20)
    assert again.health.applied == 0


async def test_a_replay_without_progress_asks_again_and_changes_nothing(house: House) -> None:
    """L4: a command id that is known gets its first answer, and nothing is appended."""
    await house.fill("a", range(20, 30))
    first, again = house.consumer(), house.consumer()
    async with running(house.relay(), first):
        await until(lambda: first.health.applied == 20)
    await house.rewind()
    await house.pool.execute("DELETE FROM consumer.progress")
    async with running(again):
        await until(lambda: again.health.applied == 20)
    assert await house.noted(range(20, 30)) == [1] * 10


async def test_a_mirror_that_takes_records_as_they_come_gets_repeats_and_sees_gaps(
    house: House,
) -> None:
    """House: audit judges by itself; what is there twice or too early reaches it all the same."""
    await house.fill("a", range(20, 23))
    one, two, three = await house.on_record()
    seen: list[int] = []

    async def mirror(received: Received) -> None:
        seen.append(received.version)

    member = house.consumer(mirror)
    member.as_is = True
    await house.send(one, one, three, two)
    async with running(member):
        await until(lambda: len(seen) == 4)
    assert seen == [1, 1, 3, 2]
    assert await house.parked() == []


async def test_a_crash_between_effect_and_progress_leads_to_no_second_effect(house: House) -> None:
    """House: effect, then progress, then offset: what dies in between makes repeats, not gaps."""
    await house.fill("a", range(20, 25))
    died = asyncio.Event()

    async def die_afterwards(received: Received) -> None:
        await house.effect(received)
        if received.version == 3:
            died.set()
            await asyncio.Event().wait()

    async with running(house.relay()):
        dying = asyncio.ensure_future(house.consumer(die_afterwards).run())
        await died.wait()
        dying.cancel()
        await asyncio.wait([dying])
        assert (await house.book.standings([box("a")]))[box("a")].version == 0
        async with running(house.consumer()):
            await until(lambda: house.all_noted(range(20, 25)))
    assert await house.noted(range(20, 25)) == [1] * 5


async def test_two_members_of_a_group_share_the_work_and_take_over(house: House) -> None:
    """House: any number of workers; the group gives each its partitions."""
    one, other = house.consumer(), house.consumer()
    names = [f"n{each}" for each in range(24)]
    async with running(house.relay(), other):
        async with running(one):
            await until(lambda: one.health.polling and other.health.polling)
            await until(lambda: house.has_members(2))
            for number, name in enumerate(names, start=100):
                await house.fill(name, [number])
            await until(lambda: house.all_noted(range(100, 124)))
            assert one.health.applied > 0
            assert other.health.applied > 0
        for number, name in enumerate(names, start=200):
            await house.fill(name, [number])
        await until(lambda: house.all_noted(range(200, 224)))
    assert await house.noted(range(100, 124)) == [1] * 24
    assert await house.noted(range(200, 224)) == [1] * 24


async def test_a_rules_no_is_an_answer_and_the_policy_goes_on(house: House) -> None:
    """House: the policy asked and the rules said no: counted and logged, not parked."""
    await house.fill("a", [20, UNLUCKY, 21])
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted([20, 21]))
    assert await house.noted([UNLUCKY]) == [0]
    assert await house.parked() == []


async def test_an_event_of_a_newer_producer_leads_to_nothing_and_leaves_no_gap(
    house: House,
) -> None:
    """Conventions 3: consumers ignore what they do not know; its version counts all the same."""
    await house.fill("a", [20])
    await house.handler.put(box("a"), PaintBox(1), caused("paint"))
    await house.fill("a", [21])
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted([20, 21]))
    assert await house.parked() == []


async def test_an_outage_of_the_database_parks_nothing(house: House, stack: Stack) -> None:
    """House: what the world does is waited for; it is no fault of the record."""
    async with running(house.relay(), house.consumer()):
        await house.fill("a", range(20, 25))
        await until(lambda: house.all_noted(range(20, 25)))
        await asyncio.to_thread(stack.kill, "postgres")
        await asyncio.sleep(3)
        await asyncio.to_thread(stack.restart, "postgres")
        await until(lambda: _filled(house, range(25, 30)))
        await until(lambda: house.all_noted(range(25, 30)))
    assert await house.noted(range(20, 30)) == [1] * 10
    assert await house.parked() == []


async def test_a_member_that_cannot_join_ends_its_process(house: House) -> None:
    """House: a member that makes no progress although the cluster answers says so by ending.

    Not at once: a broker that has just begun answers, and lets nobody begin for a while.
    """
    nowhere = house.consumer(patience=replace(PATIENT, stall_s=4.0))
    nowhere.book = type(nowhere.book)(house.pool, "", house.topic)
    began_s = time.monotonic()
    with pytest.raises(ConsumerStalled):
        await nowhere.run()
    assert time.monotonic() - began_s > 4.0


async def test_a_cluster_that_falls_silent_is_noticed_and_waited_for(
    house: House, stack: Stack
) -> None:
    """House: polling without a sign of life ends the session; the process lives on."""
    kafka = stack.processes.running("kafka")
    assert kafka is not None
    consumer = house.consumer(patience=replace(PATIENT, stall_s=2.0))
    async with running(house.relay(), consumer):
        await house.fill("a", [20])
        await until(lambda: house.all_noted([20]))
        await until(lambda: consumer.health.polling)
        os.kill(kafka.pid, signal.SIGSTOP)
        try:
            await until(lambda: not consumer.health.polling)
        finally:
            os.kill(kafka.pid, signal.SIGCONT)
        await house.fill("a", [21])
        await until(lambda: house.all_noted([21]), limit_s=90)
        await until(lambda: consumer.health.polling)
    assert await house.noted([20, 21]) == [1, 1]


async def test_a_member_without_a_partition_stands_by(house: House) -> None:
    """House: a spare member hears nothing for good reason; the coordinator knows it."""
    members = [house.consumer(patience=replace(PATIENT, stall_s=1.0)) for _ in range(7)]
    async with running(*members):
        await until(lambda: house.has_members(7))
        await until(lambda: all(each.health.polling for each in members))
        await asyncio.sleep(2)
        assert all(each.health.polling for each in members)


async def test_a_member_waits_for_a_cluster_that_is_not_there(house: House) -> None:
    """House: services start in any order and survive each other's absence."""
    early = house.consumer()
    early.brokers = Brokers("127.0.0.1:1")
    async with running(early):
        await asyncio.sleep(3)
        assert not early.health.polling


async def _filled(house: House, numbers: range) -> bool:
    """Return whether the log took the commands; safe to repeat."""
    try:
        await house.fill("a", numbers)
    except Exception:  # noqa: BLE001 -- whatever the outage looks like from here
        return False
    return True

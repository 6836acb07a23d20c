"""Everything in the log is on the topic, as it is and in order, whatever fails in between."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from deploy.local.stack import Stack
from shared.contracts.record import Record, decode
from shared.kafka import Brokers, Outgoing, Topic, producing, provision
from shared.kafka.clients import KafkaProducer
from shared.kafka.reading import whole_topic
from shared.relay import LeaseLost, Output, leading, reconcile
from shared.telemetry import Metric, measure
from shared.telemetry.metrics import LAG_HOLDS_S
from tests.kafka.example import box
from tests.kafka.house import House, running, until
from tests.relay.in_order import require_the_log_on_its_topic
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = pytest.mark.integration


@asynccontextmanager
async def relaying_process(
    house: House, *, silence_s: float = 30.0, asleep_after: int = -1
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a relay in a process of its own; killed at the end.

    It stops by itself with the first page after ``asleep_after`` in its hands; -1: it does not.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.relay.run_relay", house.relay_dsn),
        *(house.brokers.servers, house.topic, str(silence_s), str(asleep_after)),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def alone() -> None:
    """Nobody else leads, so nobody stands by."""


async def whole(house: House) -> bool:
    """Return whether the whole log is on the topic."""
    return (await reconcile(house.brokers, house.topic, 1, await house.log.head())).complete


async def checkpoint(house: House) -> int:
    """Return where the relay's checkpoint is; 0 before the first."""
    async with admin(house) as connection:
        position: int | None = await connection.fetchval("SELECT position FROM relay.checkpoint")
    return position or 0


@asynccontextmanager
async def admin(house: House) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Yield a connection of the superuser to the service's database."""
    connection = await asyncpg.connect(house.admin_dsn, database=house.name)
    try:
        yield connection
    finally:
        await connection.close()


async def end_session(house: House) -> bool:
    """End the leader's session as the server would; return whether there was one."""
    async with admin(house) as connection:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = $1 AND application_name = $2",
            house.name,
            f"sigill relay {house.topic}",
        )
    return bool(ended)


@asynccontextmanager
async def page_acknowledged(house: House) -> AsyncIterator[None]:
    """Hold the leader, in the block, where a page is on the topic and the checkpoint waits for its row.

    The log must end at 20. At the end of the block the leader's session ends, else the waiting
    statement would outlive its client.
    """
    async with admin(house) as connection, connection.transaction():
        await connection.execute("SELECT FROM relay.checkpoint FOR UPDATE")
        await house.fill("a", range(40, 60))
        await until(lambda: _sent(house, 21))
        yield
        assert await end_session(house)


async def test_the_topic_holds_the_log_byte_for_byte_in_stream_order(house: House) -> None:
    """L7: value = the exact bytes, key = the stream, headers tell the place."""
    for name in ("a", "b", "c"):
        await house.fill(name, range(20, 40))
    async with running(house.relay()):
        await until(lambda: whole(house))
        await until(lambda: _at(house, 60))
    log = {each.position: each.leaf for each in await house.log.tail(0, limit=100)}
    seen: dict[str, list[int]] = {}
    async for message in whole_topic(house.brokers, house.topic):
        assert message.key is not None
        assert message.value is not None
        position = int(dict(message.headers)["ce_position"])
        assert message.value == log[position]
        seen.setdefault(message.key.decode(), []).append(decode(message.value).version)
    assert seen == {box(name): list(range(1, 21)) for name in ("a", "b", "c")}


async def test_a_relay_killed_between_acknowledgement_and_checkpoint_loses_nothing(
    house: House,
) -> None:
    """House: kill -9 where it hurts most: the page is sent again, and has no second effect."""
    await house.fill("a", range(20, 40))
    async with relaying_process(house) as process:
        await until(lambda: _at(house, 20))
        async with page_acknowledged(house):
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert await checkpoint(house) == 20
    async with running(house.relay(), house.consumer()):
        await until(lambda: house.all_noted(range(20, 60)))
        await until(lambda: whole(house))
    found = await reconcile(house.brokers, house.topic, 1, await house.log.head())
    assert found.repeats >= 1
    assert await house.noted(range(20, 60)) == [1] * 40
    assert await house.parked() == []
    await require_the_log_on_its_topic(house, repeats=True)


async def test_a_relay_frozen_between_acknowledgement_and_checkpoint_is_repeated_by_the_next(
    house: House,
) -> None:
    """House: two relays, one of which slept through its dismissal: the page comes again, whole."""
    await house.fill("a", range(20, 40))
    async with relaying_process(house) as process:
        await until(lambda: _at(house, 20))
        async with page_acknowledged(house):
            process.send_signal(signal.SIGSTOP)
        assert await checkpoint(house) == 20
        async with running(house.relay()):
            await until(lambda: _at(house, 40))
            process.send_signal(signal.SIGCONT)
            await house.fill("a", range(60, 80))
            await until(lambda: _at(house, 60))
        await house.fill("a", range(80, 90))  # the sleeper stood by, and leads again
        await until(lambda: _at(house, 70))
        assert process.returncode is None
    found = await reconcile(house.brokers, house.topic, 1, 70)
    assert found.repeats >= 1
    await require_the_log_on_its_topic(house, repeats=True)


async def test_a_stopped_broker_delays_and_loses_nothing(house: House, stack: Stack) -> None:
    """House: commands go on being accepted; the log is the outbox."""
    relay = house.relay()
    async with running(relay, house.consumer()):
        await house.fill("a", range(20, 30))
        await until(lambda: house.all_noted(range(20, 30)))
        load = asyncio.ensure_future(house.fill("b", range(30, 130)))
        await asyncio.to_thread(stack.kill, "kafka")
        await load
        before = await house.log.head()
        await house.fill("c", range(130, 150))
        assert await house.log.head() == before + 20
        await until(lambda: relay.health.lag_events >= 20)
        assert relay.lag_seconds > 0
        await asyncio.to_thread(stack.restart, "kafka")
        await until(lambda: house.all_noted(range(20, 150)), limit_s=90)
        await until(lambda: whole(house))
        await until(lambda: relay.health.lag_events == 0)
    assert relay.lag_seconds == 0
    assert await house.noted(range(20, 150)) == [1] * 130
    assert await house.parked() == []
    await require_the_log_on_its_topic(house, repeats=True)


async def test_an_outage_of_the_database_makes_the_relay_step_down_and_come_back(
    house: House, stack: Stack
) -> None:
    """L1: an immediate stop of the database loses no acknowledged event, on the topic neither."""
    relay = house.relay()
    async with running(relay):
        await house.fill("a", range(20, 30))
        await until(lambda: whole(house))
        await asyncio.to_thread(stack.kill, "postgres")
        await until(lambda: not relay.health.leading)
        await asyncio.to_thread(stack.restart, "postgres")
        await until(lambda: relay.health.leading)
        await until(lambda: _filled(house, range(30, 40)))
        await until(lambda: whole(house))
    await require_the_log_on_its_topic(house, repeats=True)


async def test_a_relay_whose_database_is_away_says_no_lag_until_it_is_back(
    house: House, stack: Stack, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: what cannot be measured is not said to be calm; that nobody says it is an alert (RelaySilent)."""
    lags, of = (
        ("asf.relay.lag_events", "asf.relay.lag_seconds"),
        {"messaging.destination.name": house.topic},
    )
    async with running(house.relay()):
        await house.fill("a", range(20, 30))
        await until(lambda: whole(house))
        assert all(points(recorded_metrics, name, of) for name in lags)
        await asyncio.to_thread(stack.kill, "postgres")
        for name in lags:
            await until(partial(_is_silent, recorded_metrics, name, of), limit_s=2 * LAG_HOLDS_S)
        await asyncio.to_thread(stack.restart, "postgres")
        for name in lags:
            await until(partial(_says_nothing, recorded_metrics, name, house.topic))


def _is_silent(reader: InMemoryMetricReader, name: str, of: Mapping[str, str]) -> bool:
    return not points(reader, name, of)


async def test_only_one_relay_leads_and_the_other_takes_over(house: House) -> None:
    """House: 2 for failover; the lock is the leader's session."""
    one, other = house.relay(), house.relay()
    async with running(other):
        async with running(one):
            await until(lambda: one.health.leading or other.health.leading)
            await house.fill("a", range(20, 30))
            await until(lambda: whole(house))
            assert one.health.leading is not other.health.leading
        await until(lambda: other.health.leading)
        await house.fill("a", range(30, 40))
        await until(lambda: whole(house))
    await require_the_log_on_its_topic(house, repeats=False)


async def test_a_relay_that_stands_by_takes_back_what_it_measured(
    house: House, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: of all processes the worst counts, and what one said last is exported as long as it lives."""
    relay, never = house.relay(), asyncio.Event()
    async with leading(house.relay_dsn, house.topic, standing_by=alone, stopping=never):
        measure(Metric.RELAY_LAG_SECONDS, 90.0, topic=house.topic)
        measure(Metric.RELAY_LAG_EVENTS, 9, topic=house.topic)
        async with running(relay):
            for name in ("asf.relay.lag_seconds", "asf.relay.lag_events"):
                await until(partial(_says_nothing, recorded_metrics, name, house.topic))
            assert not relay.health.leading


def _says_nothing(reader: InMemoryMetricReader, name: str, topic: str) -> bool:
    found = points(reader, name, {"messaging.destination.name": topic})
    return [each.value for each in found if isinstance(each, NumberDataPoint)] == [0]


async def test_a_leader_that_sleeps_is_dismissed_and_fenced(house: House) -> None:
    """House: its session ends, another leads; when it wakes, its checkpoint does not count."""
    await house.fill("a", range(20, 30))
    async with relaying_process(house, silence_s=1.5) as process:
        await until(lambda: _at(house, 10))
        os.kill(process.pid, signal.SIGSTOP)
        other = house.relay()
        async with running(other):
            await until(lambda: other.health.leading)  # the server ended the silent session
            await house.fill("a", range(30, 40))
            await until(lambda: _at(house, 20))
            os.kill(process.pid, signal.SIGCONT)
            await house.fill("a", range(40, 50))
            await until(lambda: _at(house, 30))
            assert other.health.leading
        assert process.returncode is None
        await house.fill("a", range(50, 60))  # the sleeper stood by, and leads again
        await until(lambda: _at(house, 40))
    assert await whole(house)
    await require_the_log_on_its_topic(house, repeats=True)


async def test_a_leader_that_slept_with_a_page_in_its_hands_does_not_send_it(house: House) -> None:
    """House: whoever wakes looks whether they still lead; the next leader has sent it, and much more."""
    await house.fill("a", range(20, 40))
    async with relaying_process(house, asleep_after=20) as process:
        await until(lambda: _at(house, 20))
        await house.fill("a", range(40, 60))
        await until(lambda: _stopped(process.pid))
        assert await end_session(house)
        async with running(house.relay()):
            await until(lambda: _at(house, 40))
            await house.fill("a", range(60, 80))
            await until(lambda: _at(house, 60))
            process.send_signal(signal.SIGCONT)
            await until(lambda: _two_sessions(house))  # the sleeper knows, and applies again
            await house.fill("a", range(80, 90))
            await until(lambda: _at(house, 70))
        assert process.returncode is None
    await require_the_log_on_its_topic(house, repeats=False)


def _stopped(pid: int) -> bool:
    """Return whether a process stands still (SIGSTOP)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def _two_sessions(house: House) -> bool:
    """Return whether one relay leads and another stands by."""
    async with admin(house) as connection:
        sessions = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2",
            *(house.name, f"sigill relay {house.topic}"),
        )
    return bool(sessions == 2)


async def test_a_checkpoint_moves_only_in_the_present_epoch(house: House) -> None:
    """House: compare-and-set; a stale leader is told so and the checkpoint stays."""
    never = asyncio.Event()
    async with leading(house.relay_dsn, house.topic, standing_by=alone, stopping=never) as stale:
        assert stale is not None
        await stale.move(5)
        async with admin(house) as connection:
            await connection.execute("UPDATE relay.checkpoint SET epoch = epoch + 1")
        with pytest.raises(LeaseLost):
            await stale.move(9)
        with pytest.raises(LeaseLost):
            await stale.confirm()
    async with leading(house.relay_dsn, house.topic, standing_by=alone, stopping=never) as fresh:
        assert fresh is not None
        assert (fresh.position, fresh.epoch) == (5, stale.epoch + 2)
        with pytest.raises(LeaseLost):
            await fresh.move(4)  # never backwards


async def test_a_relay_whose_session_ends_applies_again(house: House) -> None:
    """House: no lock without a session."""
    relay = house.relay()
    async with running(relay):
        await until(lambda: relay.health.leading)
        assert await end_session(house)
        await house.fill("a", range(20, 30))
        await until(lambda: whole(house))
        await until(lambda: _at(house, 10))


async def test_a_producer_that_lost_its_sequence_is_rebuilt(house: House) -> None:
    """House: sequence errors are fatal for the producer; the checkpoint is where to resume."""
    broken: list[Any] = []

    @asynccontextmanager
    async def damaged(brokers: Brokers, *, client_id: str) -> AsyncGenerator[KafkaProducer, None]:
        async with producing(brokers, client_id=client_id) as producer:
            if not broken:
                broken.append(producer)
            yield producer

    relay = house.relay()
    relay.open_producer = damaged
    async with running(relay):
        await house.fill("a", range(20, 30))
        await until(lambda: _at(house, 10))
        _skip_sequence(broken[0], house.topic)
        await house.fill("a", range(30, 40))
        await until(lambda: _at(house, 20))
    assert relay.health.rebuilt == 1
    assert await whole(house)
    await require_the_log_on_its_topic(house, repeats=True)


def _skip_sequence(producer: Any, topic: str) -> None:
    """Make the producer's next batches skip a hundred numbers, so that the broker refuses them."""
    manager = producer._txn_manager
    for place in list(manager._sequence_numbers):
        if place.topic == topic:
            manager._sequence_numbers[place] += 100


async def test_an_output_sends_what_it_publishes_and_has_its_own_checkpoint(house: House) -> None:
    """Architecture 3.5: one vocabulary inside, one translation outside."""

    def even_only(record: Record, position: int) -> Outgoing | None:
        number = record.data["number"]
        if number % 2:
            return None
        return Outgoing(f"number-{number}", b"even", [("ce_position", b"%d" % position)])

    public = "public." + house.topic
    await _provide(house.brokers, public)
    outside = house.relay(Output(public, even_only))
    await house.fill("a", range(20, 30))
    async with running(house.relay(), outside):
        await until(lambda: outside.health.position == 10)
        await until(lambda: whole(house))
    keys = [each.key async for each in whole_topic(house.brokers, public)]
    assert sorted(key for key in keys if key) == [b"number-%d" % n for n in range(20, 30, 2)]
    async with admin(house) as connection:
        rows = await connection.fetch("SELECT output, position FROM relay.checkpoint ORDER BY 1")
    assert [tuple(each) for each in rows] == [(house.topic, 10), (public, 10)]


async def test_reconciling_tells_what_is_missing_and_what_came_twice(
    house: House, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: distinct positions on the topic must equal the length of the range."""
    await house.fill("a", range(20, 30))
    record = await house.on_record()
    await house.send(*record[:4], *record[:2], *record[6:])
    found = await reconcile(house.brokers, house.topic, 1, 10)
    assert not found.complete
    assert (found.found, found.repeats, found.missing) == (8, 2, (5, 6))
    (lacking,) = points(
        recorded_metrics, "asf.relay.missing_events", {"messaging.destination.name": house.topic}
    )
    assert isinstance(lacking, NumberDataPoint)
    assert lacking.value == found.lacking == 2
    assert (await reconcile(house.brokers, house.topic, 7, 10)).complete
    assert (await reconcile(house.brokers, house.topic, 1, 0)).complete


async def test_a_relay_waits_for_a_cluster_that_is_not_there(house: House) -> None:
    """House: services start in any order; the checkpoint stays where it is."""
    await house.fill("a", [20])
    relay = house.relay()
    relay.brokers = Brokers("127.0.0.1:1")
    async with running(relay):
        await until(lambda: relay.health.rebuilt >= 2)
        await until(lambda: relay.health.lag_events == 1)
        assert relay.lag_seconds > 0
    assert await checkpoint(house) == 0


async def _sent(house: House, position: int) -> bool:
    """Return whether a position is on the topic."""
    return (await reconcile(house.brokers, house.topic, position, position)).complete


async def _at(house: House, position: int) -> bool:
    """Return whether the checkpoint has reached a position."""
    return await checkpoint(house) >= position


async def _filled(house: House, numbers: range) -> bool:
    """Return whether the log took the commands; safe to repeat."""
    try:
        await house.fill("a", numbers)
    except Exception:  # noqa: BLE001 -- whatever the outage looks like from here
        return False
    return True


async def _provide(brokers: Brokers, topic: str) -> None:
    """Provide a topic."""
    await provision(brokers, (Topic(topic),), replication=1)

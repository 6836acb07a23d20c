"""A log that could not be written for a while: what waited is kept, with the time it was kept."""

import asyncio
from datetime import timedelta

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

from shared import clock
from shared.contracts.record import decode
from shared.eventlog import RecordRefused, Write
from tests.eventlog.house import Database, House, open_house
from tests.eventlog.samples import cause, opened
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = pytest.mark.integration

SKEW_MS = 200
STALL_S = 2 * SKEW_MS / 1_000
COMMANDS = 20


async def hasten(database: Database) -> None:
    """Let records bear a time that is at most ``SKEW_MS`` from the database's."""
    async with database.as_admin() as admin:
        await admin.execute("UPDATE log.log_head SET skew_max_ms = $1", SKEW_MS)


async def test_what_waited_through_a_stall_is_recorded_with_its_own_time(
    database: Database, house: House
) -> None:
    """L6, L8: the delay was the database's; it is no fault of the command."""
    await hasten(database)
    async with database.as_admin() as admin, admin.transaction():
        await admin.execute("SELECT FROM log.log_head FOR UPDATE")
        waiting = [
            asyncio.ensure_future(
                house.log.append([Write(f"box-{number}", (opened,), 0)], cause=cause(number))
            )
            for number in range(1, COMMANDS + 1)
        ]
        await asyncio.sleep(STALL_S)
        assert not any(each.done() for each in waiting)
        over_at = clock.now()
    answers = await asyncio.gather(*waiting)
    assert sorted(answer.position for answer in answers) == list(range(1, COMMANDS + 1))
    records = [decode(stored.leaf) for stored in await house.log.tail(0, limit=COMMANDS)]
    assert all(record.recorded_at >= over_at for record in records)
    assert len({record.command_id for record in records}) == COMMANDS


async def test_a_process_whose_clock_is_wrong_is_turned_down_after_all(database: Database) -> None:
    """L6: a second try with the same wrong clock is no way around the guard."""
    late = timedelta(milliseconds=2 * SKEW_MS)
    await hasten(database)
    async with open_house(database, now=lambda: clock.now() - late) as house:
        with pytest.raises(RecordRefused, match="L6"):
            await house.log.append([Write("box-1", (opened,), 0)], cause=cause(1))
        assert await house.log.head() == 0


async def test_every_commit_is_measured(
    house: House, recorded_metrics: InMemoryMetricReader
) -> None:
    """Conventions 4: append batch size and latency, by log."""
    puts = (
        house.log.append([Write(f"box-{number}", (opened,), 0)], cause=cause(number))
        for number in range(1, COMMANDS + 1)
    )
    await asyncio.gather(*puts)
    having = {"asf.log": house.log.name}
    (sizes,) = points(recorded_metrics, "asf.append.batch_size", having)
    (seconds,) = points(recorded_metrics, "asf.append.duration", having)
    assert isinstance(sizes, HistogramDataPoint)
    assert isinstance(seconds, HistogramDataPoint)
    assert sizes.sum == COMMANDS
    assert sizes.count == seconds.count < COMMANDS
    assert 0 < seconds.sum < 60

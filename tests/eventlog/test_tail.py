"""What a reader of the whole log sees, while everybody writes."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.contracts.record import decode
from shared.eventlog import Stored, Write
from shared.eventlog.reader import LogReader, open_reader
from tests.eventlog.house import Database, House, open_house
from tests.eventlog.samples import Counted, Opened, cause

pytestmark = pytest.mark.integration

WRITERS = 16
COMMANDS_EACH = 60
PAGE = 50
TOTAL = WRITERS * COMMANDS_EACH * 2
LISTENS_BY_NOW_S = 1.0
"""Whoever would connect by itself has done so."""


async def write(house: House, writer: int) -> None:
    """Put two events at a time on a stream of our own, again and again."""
    stream = f"box-{writer}"
    for turn in range(COMMANDS_EACH):
        events = (Opened(application_id=UUID(int=1)), Counted(number=turn))
        number = 1 + writer * COMMANDS_EACH + turn
        await house.log.append([Write(stream, events, turn * 2)], cause=cause(number))


async def follow(reader: LogReader) -> list[Stored]:
    """Return everything, as a reader sees it who only ever asks for what is beyond."""
    seen: list[Stored] = []
    while len(seen) < TOTAL:
        after = seen[-1].position if seen else 0
        page = await reader.tail(after, limit=PAGE)
        seen += page
        if not page:
            await reader.wait(after, timeout_s=5)
    return seen


async def test_a_reader_misses_nothing_while_sixteen_write_and_a_stranger_holds_on(
    stack: Stack, database: Database
) -> None:
    """L3: dense and in commit order, whatever any other transaction of the server does."""
    stranger = await asyncpg.connect(stack.postgres_admin_dsn)
    holding = stranger.transaction()
    await holding.start()
    await stranger.execute("CREATE TEMP TABLE held (n int); INSERT INTO held VALUES (1)")
    async with (
        open_house(database) as here,
        open_house(database) as there,
        open_reader(database.relay_dsn, service=database.service) as reader,
        asyncio.TaskGroup() as group,
    ):
        following = group.create_task(follow(reader))
        for writer in range(WRITERS):
            group.create_task(write((here, there)[writer % 2], writer))
    await holding.rollback()
    await stranger.close()
    seen = following.result()
    assert [stored.position for stored in seen] == list(range(1, TOTAL + 1))
    versions: dict[str, list[int]] = {}
    for stored in seen:
        record = decode(stored.leaf)
        versions.setdefault(record.stream, []).append(record.version)
    assert versions == {
        f"box-{writer}": list(range(1, COMMANDS_EACH * 2 + 1)) for writer in range(WRITERS)
    }


async def test_who_waits_hears_of_what_another_process_appends(
    database: Database, house: House
) -> None:
    """L3: the notification comes from the database, so it does not matter who wrote."""
    async with open_reader(database.relay_dsn, service=database.service) as reader:
        waiting = asyncio.ensure_future(reader.wait(0, timeout_s=30))
        await house.log.append([Write("box-1", (Counted(number=1),), 0)], cause=cause(1))
        assert await waiting == 1
        assert await reader.head() == 1


async def test_the_database_tells_only_who_has_waited(database: Database, house: House) -> None:
    """House: a process that only serves HTTP never waits, and need not hear of each commit."""
    told = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%listener' AND datname = $1"
    async with (
        database.as_admin() as admin,
        open_reader(database.relay_dsn, service=database.service) as reader,
    ):
        await house.log.append([Write("box-1", (Counted(number=1),), 0)], cause=cause(1))
        await asyncio.sleep(LISTENS_BY_NOW_S)
        assert await admin.fetchval(told, database.service) == 0
        assert await reader.wait(0, timeout_s=30) == 1
        assert await admin.fetchval(told, database.service) == 1
        assert await house.log.wait(0, timeout_s=30) == 1
        assert await admin.fetchval(told, database.service) == 2


async def test_a_reader_goes_on_when_its_connections_are_cut(
    database: Database, house: House
) -> None:
    """House: the database restarts now and then; nobody has to restart us."""
    async with open_reader(database.relay_dsn, service=database.service) as reader:
        await house.log.append([Write("box-1", (Counted(number=1),), 0)], cause=cause(1))
        assert await reader.wait(0, timeout_s=30) == 1
        async with database.as_admin() as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1",
                f"{database.service}_relay",
            )
        await house.log.append([Write("box-2", (Counted(number=1),), 0)], cause=cause(2))
        assert await reader.wait(1, timeout_s=30) == 2

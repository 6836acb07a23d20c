"""L1, L5: whatever is killed, what was acknowledged is there, and what is unknown can be learnt."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from shared.eventlog import Answer, LogBusy, OutcomeUnknown, Write
from tests.eventlog.house import House, database_at, fresh_database, migrate, open_house, until
from tests.eventlog.samples import cause, opened
from tests.eventlog.server import Server, own_server

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
ACKNOWLEDGED_MIN = 300
WRITERS = 32
STOPS = 2


@pytest.fixture(scope="module")
def server(stack_folder: Path) -> Iterator[Server]:
    """A server that nobody else uses."""
    folder = stack_folder / "crash"
    folder.mkdir()
    with own_server(folder) as server:
        yield server


async def all_positions(house: House) -> list[int]:
    """Return the position of every event, in order."""
    positions: list[int] = []
    while page := await house.log.tail(positions[-1] if positions else 0, limit=1_000):
        positions += [stored.position for stored in page]
    return positions


async def test_killing_the_writer_loses_nothing_that_it_was_told_is_kept(server: Server) -> None:
    """L1: kill -9 in the middle of everything; then the same commands again."""
    async with fresh_database(server.dsn) as database:
        writer = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.eventlog.writer"),
            *(database.app_dsn, database.service, "1"),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert writer.stdout is not None
        acknowledged: dict[int, int] = {}
        async for line in writer.stdout:
            if not line.endswith(b"\n"):
                break  # killed while it said so
            number, position = map(int, line.split())
            acknowledged[number] = position
            if len(acknowledged) == ACKNOWLEDGED_MIN:
                writer.kill()
        await writer.wait()
        async with open_house(database) as house:
            last = max(acknowledged) + WRITERS
            for number in range(1, last + 1):
                known = await house.log.recall(UUID(int=number), digest=None)
                assert number not in acknowledged or known is not None
                write = [Write(f"box-{number}", (opened,), 0)]
                answer = await house.log.append(write, cause=cause(number))
                assert answer.version == 1
                assert answer.position == acknowledged.get(number, answer.position)
                assert known in (None, answer)
            assert await all_positions(house) == list(range(1, last + 1))


async def test_stopping_the_database_at_once_loses_nothing_either(server: Server) -> None:
    """L1, L5: every command ends up in the log exactly once, at the place that was acknowledged."""
    acknowledged: dict[int, Answer] = {}
    unknown: set[int] = set()
    numbers = iter(range(1, 1_000_000))
    stopping = asyncio.Event()
    database = database_at(server.dsn, "crashes")
    await migrate(database)
    async with open_house(database) as house:

        async def put(number: int) -> Answer:
            write = Write(f"box-{number}", (opened,), 0)
            return await house.log.append([write], cause=cause(number))

        async def write() -> None:
            while not stopping.is_set():
                number = next(numbers)
                try:
                    acknowledged[number] = await put(number)
                except (OutcomeUnknown, LogBusy):
                    unknown.add(number)
                    return

        for stop in range(1, STOPS + 1):
            async with asyncio.TaskGroup() as group:
                for _ in range(WRITERS):
                    group.create_task(write())
                wanted = ACKNOWLEDGED_MIN * stop
                await until(lambda: len(acknowledged) >= wanted)  # noqa: B023 -- awaited here
                await asyncio.to_thread(server.stop_immediately)
            await asyncio.to_thread(server.start)
        assert unknown
        for number in sorted(unknown | acknowledged.keys()):
            answer = await until_known(house, number)
            assert acknowledged.get(number, answer) == answer
        total = len(acknowledged) + len(unknown)
        assert await all_positions(house) == list(range(1, total + 1))


async def until_known(house: House, number: int) -> Answer:
    """Return what became of a command, asking again while the connection is not there yet."""
    while True:
        try:
            write = Write(f"box-{number}", (opened,), 0)
            return await house.log.append([write], cause=cause(number))
        except OutcomeUnknown:
            await asyncio.sleep(0.05)

"""The Faust application ends as every role does: told at any time, and within a limit."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from deploy.local.stack import Stack
from services.certificates.streams import all_there
from shared.kafka import Brokers
from shared.process.end import unless_stopped
from tests.frozen import frozen
from tests.process.house import MONDAY, House, eventually
from tests.stack import emptied

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

GRACE_MS: Final = "1000"
WATCHDOG: Final = "Timeout ("
NAME: Final = "certificates"


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    """The certificates service, migrated."""
    built = House(stack, tmp_path, NAME, f"services.{NAME}.main")
    built.set_clock(MONDAY)
    with emptied(stack, MONDAY):
        built.migrate()
        yield built


def test_it_ends_well_when_told(house: House) -> None:
    """Architecture 4: SIGTERM, and exit code 0, with nothing to cut off."""
    with house.running("streams", shutdown_grace_ms="5000") as process:
        assert eventually(lambda: process.failing() == [], 60)
        assert process.ended(20) == 0
    assert "process.cut_off" not in house.log("streams")


@pytest.mark.parametrize("begun", [True, False])
def test_a_silent_broker_does_not_hold_its_end_up(
    house: House, stack: Stack, *, begun: bool
) -> None:
    """Architecture 4: also between its start and its work; no watchdog has to end it."""
    with house.running("streams", shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == ([] if begun else ["table"]), 60)
        with frozen(stack, "kafka"):
            code = process.ended(20)
    assert (code, WATCHDOG in house.log("streams")) == (0, False), house.log("streams")


async def test_a_look_for_what_is_lost_ends_when_told() -> None:
    """House: a broker that takes a connection and says nothing; SIGTERM is heard meanwhile."""
    looking, stopping = asyncio.Event(), asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        looking.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(says_nothing, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(10), asyncio.TaskGroup() as group:
        look = unless_stopped(stopping, all_there(Brokers(f"127.0.0.1:{port}"), stopping))
        looks = group.create_task(look)
        await looking.wait()
        stopping.set()
        async with asyncio.timeout(1):
            assert not await looks

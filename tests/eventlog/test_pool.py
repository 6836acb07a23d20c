"""House: nobody who holds a connection holds up the end of a process."""

import asyncio

import pytest

from shared.eventlog.connection import open_pool
from tests.eventlog.house import Database

pytestmark = pytest.mark.integration


async def test_a_pool_closes_although_somebody_keeps_a_connection(database: Database) -> None:
    """Architecture 4: a process whose loops are gone must end, or nobody starts it again."""
    taken = asyncio.Event()

    async def keeper() -> None:
        async with pool.acquire():
            taken.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        async with open_pool(database.app_dsn, name="test") as pool:
            keeping = group.create_task(keeper())
            await taken.wait()
        assert not keeping.done()
        keeping.cancel()

"""A house of its own for each test: database, topic, clock."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.stack import Stack
from tests.process.house import MONDAY, House


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    """An installation that is migrated, at nine on a Monday; its database goes with the test."""
    built = House(stack, tmp_path)
    built.set_clock(MONDAY)
    built.migrate()
    yield built
    asyncio.run(drop(stack.postgres_admin_dsn))


async def drop(admin_dsn: str) -> None:
    """Drop the database of the example."""
    connection = await asyncpg.connect(admin_dsn)
    await connection.execute("DROP DATABASE IF EXISTS example WITH (FORCE)")
    await connection.close()

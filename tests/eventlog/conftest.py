"""A database and a log for each test that asks."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.eventlog.house import Database, House, fresh_database, open_house


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    """A migrated database of its own."""
    async with fresh_database(stack.postgres_admin_dsn) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A log and what belongs to it, open on a database of its own."""
    async with open_house(database) as house:
        yield house

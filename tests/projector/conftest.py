"""A database for views, with the roles of a service that is called ``boxes``."""

from collections.abc import AsyncIterator
from itertools import count

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.eventlog.connection import Connection, Pool
from shared.eventlog.projector_migrate import ViewTables
from tests.projector.example import BOXES, SCHEMA

_schemas = count(1)
PASSWORD = "only-in-tests"  # noqa: S105 -- of a role that lives for one test


@pytest.fixture
async def admin(stack: Stack) -> AsyncIterator[Connection]:
    """A connection of the superuser; its roles exist."""
    connection = await asyncpg.connect(stack.postgres_admin_dsn)
    await connection.execute(
        "DO $$ BEGIN CREATE ROLE boxes_owner NOLOGIN;"
        f" CREATE ROLE boxes_app LOGIN PASSWORD '{PASSWORD}';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    yield connection
    await connection.close()


@pytest.fixture
async def tables(admin: Connection) -> AsyncIterator[ViewTables]:
    """A schema of its own with one view; nothing is migrated yet."""
    schema = f"example{next(_schemas)}"
    yield ViewTables(schema, "boxes_owner", "boxes_app", SCHEMA, (BOXES,))
    await admin.execute(f'DROP SCHEMA IF EXISTS "{schema}", "{schema}_next" CASCADE')


@pytest.fixture
async def pool(stack: Stack, admin: Connection) -> AsyncIterator[Pool]:
    """Connections as the application's role."""
    assert not admin.is_closed()
    async with asyncpg.create_pool(
        stack.postgres_admin_dsn, user="boxes_app", password=PASSWORD, min_size=0, max_size=10
    ) as opened:
        yield opened

"""When a process may begin to write, and how a database comes to be."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.eventlog import Write
from shared.eventlog.connection import UnsafeServer, open_pool
from shared.eventlog.migrate import SchemaText, schema_version
from shared.eventlog.postgres import WrongSchema, open_log
from shared.testing.memory import MASTER_KEY
from shared.vault import PostgresShelf, Vault
from tests.eventlog.house import (
    PASSWORD,
    Database,
    database_at,
    fresh_database,
    migrate,
    open_house,
)
from tests.eventlog.samples import Counted, cause, event_of, opened
from tests.eventlog.server import Server, own_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(stack_folder: Path) -> Iterator[Server]:
    """A server that nobody else uses."""
    folder = stack_folder / "unsafe"
    folder.mkdir()
    with own_server(folder) as server:
        yield server


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_server_that_would_lose_what_it_acknowledged_is_refused(
    server: Server, setting: str
) -> None:
    """L1: said at once and by name, before the first command is taken."""
    database = database_at(server.dsn, "unsafe")
    await migrate(database)
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start, **{setting: "off"})
    with pytest.raises(UnsafeServer, match=setting):
        async with open_house(database):
            pass
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    async with open_house(database) as house:
        assert await house.log.head() == 0


async def test_a_role_that_does_not_wait_for_the_disk_is_refused(database: Database) -> None:
    """L1: the setting can hide in a role, and there it is found too."""
    async with database.as_admin() as admin:
        await admin.execute(f"ALTER ROLE {database.service}_app SET synchronous_commit = off")
    with pytest.raises(UnsafeServer, match="synchronous_commit"):
        async with open_house(database):
            pass


async def test_what_the_body_raises_comes_out_as_it_is(database: Database) -> None:
    """House: whoever opens a log need not know that tasks run behind it."""
    with pytest.raises(LookupError, match="mine"):
        async with open_house(database):
            raise LookupError("mine")


async def test_a_database_that_was_not_migrated_is_refused(
    stack: Stack, database: Database
) -> None:
    """House: services start in any order, and say what they miss."""
    async with open_pool(stack.postgres_admin_dsn, name="test") as pool:
        vault = Vault(PostgresShelf(pool), master_key=MASTER_KEY)
        with pytest.raises(WrongSchema):
            async with open_log(
                stack.postgres_admin_dsn, service="other", pool=pool, vault=vault, now=_never
            ):
                pass
    async with open_pool(database.app_dsn, name="test") as pool:
        vault = Vault(PostgresShelf(pool), master_key=MASTER_KEY)
        with pytest.raises(WrongSchema, match="asf/other"):
            async with open_log(
                *(database.app_dsn,),
                service="other",
                pool=pool,
                vault=vault,
                now=_never,
                event_of=event_of,
            ):
                pass


def _never() -> datetime:
    """Fail: whoever is refused at start has not looked at the clock."""
    raise AssertionError


async def test_migrating_again_changes_nothing_that_was_kept(stack: Stack) -> None:
    """House: safe to repeat, also by several at once."""
    schema = SchemaText("views", "CREATE TABLE IF NOT EXISTS boxes (key text PRIMARY KEY);")
    async with fresh_database(stack.postgres_admin_dsn, schemas=[schema]) as database:
        async with open_house(database) as house:
            await house.log.append([Write("box-1", (opened,), 0)], cause=cause(1))
            await house.pool.execute("INSERT INTO boxes VALUES ('kept')")
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(migrate(database, simulated=True, schemas=[schema]))
        async with open_house(database) as house:
            assert not house.log.simulated
            assert (await house.log.load("box-1")).events == (opened,)
            assert await house.pool.fetchval("SELECT key FROM boxes") == "kept"
            await house.log.append([Write("box-1", (Counted(number=1),), 1)], cause=cause(2))


async def test_migrating_needs_no_superuser(stack: Stack) -> None:
    """House: whoever may make databases and roles may migrate."""
    admin = await asyncpg.connect(stack.postgres_admin_dsn)
    password = "'" + PASSWORD.replace("'", "''") + "'"
    await admin.execute(f"CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD {password}")
    database = database_at(stack.dsn(user="maker", password=PASSWORD, database="x"), "made")
    try:
        for _ in range(2):
            await migrate(database, schemas=[SchemaText("views", "")])
        connection = await asyncpg.connect(database.app_dsn)
        assert await schema_version(connection) == 1
        assert await connection.fetchval("SHOW search_path") == "views"
        await connection.close()
    finally:
        await admin.execute("DROP DATABASE IF EXISTS made WITH (FORCE)")
        for role in ("made_app", "made_relay", "made_owner", "maker"):
            await admin.execute(f"DROP ROLE IF EXISTS {role}")
        await admin.close()

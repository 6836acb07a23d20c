"""L6, section 8: that something was erased is recorded by whoever may erase, and by nobody else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.eventlog import RecordRefused, Write
from shared.eventlog.committer import APPEND, arguments
from shared.eventlog.composing import Command
from shared.eventlog.connection import Connection
from tests.eventlog.house import PASSWORD, Database, House, fresh_database, migrate, open_house
from tests.eventlog.samples import cause, opened

pytestmark = pytest.mark.integration

REFUSED: Final = "may not record an erasure"


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    """A database with both logs, made twice: a function is put in place by each ``migrate``."""
    async with fresh_database(stack.postgres_admin_dsn) as database:
        await migrate(database)
        yield database


async def command_of(house: House, number: int, *streams: str) -> Command:
    """Return a good command that begins ``streams``."""
    writes = [Write(stream, (opened,), 0) for stream in streams]
    return (await house.log._composer.compose(writes, cause(number), [None])).command


async def outcome(connection: Connection, command: Command, schema: str = "log") -> str:
    """Return what the append function itself says to ``command``."""
    rows = await connection.fetch(APPEND.format(schema=schema), *arguments([command]))
    verdict: str = rows[0]["outcome"]
    return verdict


async def test_a_service_cannot_say_that_it_erased(database: Database) -> None:
    """L6: refused whole, in whichever place of a command it stands; its neighbours commit (L8)."""
    async with open_house(database) as house:
        streams = (("box-1",), ("erasure-1",), ("box-2", "erasure-2"), ("box-3",))
        puts = [
            house.log.append([Write(each, (opened,), 0) for each in named], cause=cause(number))
            for number, named in enumerate(streams)
        ]
        said = await asyncio.gather(*puts, return_exceptions=True)
        assert [isinstance(each, RecordRefused) for each in said] == [False, True, True, False]
        assert REFUSED in str(said[1])
        assert await house.log.head() == 2
        other = await command_of(house, 9, "hold-1")
        made = await command_of(house, 10, "erasure-1")
    for dsn, schema, error in (
        (database.app_dsn, "log", REFUSED),
        (database.app_dsn, "access", REFUSED),
        (database.relay_dsn, "log", "permission denied"),
    ):
        connection = await asyncpg.connect(dsn)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=error):
            await outcome(connection, made, schema)
        if error == REFUSED and schema == "log":
            assert await outcome(connection, other) == "accepted", (
                "a hold is a decision like others"
            )
        await connection.close()


@pytest.mark.parametrize("superuser", [True, False])
async def test_whoever_has_the_owners_right_can(database: Database, *, superuser: bool) -> None:
    """Section 8: a superuser has it, and a lesser administrator whom ``migrate`` gave it."""
    async with open_house(database) as house:
        made = await command_of(house, 9, "erasure-1")
    name = f"{database.service}_admin"
    async with database.as_admin() as admin:
        if superuser:
            assert await outcome(admin, made) == "accepted"
            return
        await admin.execute(
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'"
        )
        await admin.execute(f"GRANT {database.service}_owner TO {name}")
        await admin.execute(f"GRANT CONNECT ON DATABASE {database.service} TO {name}")
        place = urlsplit(database.app_dsn)
        dsn = place._replace(netloc=f"{name}:{quote(PASSWORD)}@{place.netloc.rpartition('@')[2]}")
        connection = await asyncpg.connect(dsn.geturl())
        await connection.execute(f"SET ROLE {database.service}_owner")
        assert await outcome(connection, made) == "accepted"
        await connection.close()
        await admin.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")

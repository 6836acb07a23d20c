"""A database of its own for one test, and everything that a service opens on it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

import asyncpg

from shared import clock
from shared.contracts.base import Event
from shared.contracts.record import Record
from shared.eventlog.access import PostgresAccessLog, open_access_log
from shared.eventlog.connection import Connection, Pool, open_pool
from shared.eventlog.migrate import MAINTENANCE, SchemaText, migrate_log
from shared.eventlog.postgres import PostgresLog, open_log
from shared.ids import new_id
from shared.testing.memory import MASTER_KEY
from shared.vault import PostgresShelf, Vault
from tests.eventlog.samples import event_of

PASSWORD = "it's only for tests"  # noqa: S105 -- of roles that live for one test


@dataclass(frozen=True, slots=True)
class Database:
    """Where a service's database is, for each of the roles.

    Attributes:
        service: Name of the service, of the database, and the beginning of its roles.
    """

    service: str
    admin_dsn: str
    app_dsn: str
    relay_dsn: str

    @asynccontextmanager
    async def as_admin(self) -> AsyncIterator[Connection]:
        """Yield a superuser's connection to the database."""
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class House:
    """What a service has open."""

    log: PostgresLog
    access: PostgresAccessLog
    vault: Vault
    pool: Pool


def database_at(server_dsn: str, service: str) -> Database:
    """Return the database of ``service`` on the server whose superuser has ``server_dsn``."""
    server = urlsplit(server_dsn)
    where = f"{server.hostname}:{server.port}/{service}"

    def dsn(role: str) -> str:
        return f"postgresql://{service}_{role}:{quote(PASSWORD)}@{where}"

    admin_dsn = server._replace(path=f"/{service}").geturl()
    return Database(service, admin_dsn, dsn("app"), dsn("relay"))


@asynccontextmanager
async def fresh_database(
    server_dsn: str, *, simulated: bool = False, schemas: Sequence[SchemaText] = ()
) -> AsyncIterator[Database]:
    """Yield a database that nobody else uses; it and its roles are gone afterwards."""
    database = database_at(server_dsn, f"t{new_id().hex[:12]}")
    await migrate(database, simulated=simulated, schemas=schemas)
    yield database
    admin = await asyncpg.connect(server_dsn, database=MAINTENANCE)
    await admin.execute(f"DROP DATABASE {database.service} WITH (FORCE)")
    for role in ("app", "relay", "owner"):
        await admin.execute(f"DROP ROLE {database.service}_{role}")
    await admin.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return when ``condition`` holds."""
    while not condition():  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.001)


async def migrate(
    database: Database, *, simulated: bool = False, schemas: Sequence[SchemaText] = ()
) -> None:
    """Make ``database`` what it should be."""
    await migrate_log(
        database.admin_dsn,
        service=database.service,
        app_dsn=database.app_dsn,
        relay_dsn=database.relay_dsn,
        schemas=schemas,
        simulated=simulated,
    )


@asynccontextmanager
async def open_house(
    database: Database,
    *,
    now: Callable[[], datetime] = clock.now,
    event_of: Callable[[Record], Event | None] = event_of,
) -> AsyncIterator[House]:
    """Yield what a service opens on ``database``."""
    service, dsn = database.service, database.app_dsn
    async with open_pool(dsn, name=service) as pool:
        vault = Vault(PostgresShelf(pool), master_key=MASTER_KEY)
        async with (
            open_log(
                dsn, service=service, pool=pool, vault=vault, now=now, event_of=event_of
            ) as log,
            open_access_log(dsn, service=service, pool=pool, now=now) as access,
        ):
            yield House(log, access, vault, pool)

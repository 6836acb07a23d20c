"""Makes a service's database: roles, logs, rights, and the schemas beside the logs.

Runs as the process role ``migrate``, with the rights to create databases and roles; no other
process has them. Safe to repeat, and safe when several start it at once.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from shared.eventlog.connection import AnyConnection, Connection, connect

LOG_SCHEMA_VERSION = 1
"""Of ``schema.sql`` and ``access.sql``; a process refuses to start on another one."""

SKEW_MAX_MS = 5_000
"""How far a record's time may be from the database's clock (L6)."""

MAINTENANCE = "postgres"
_ONE_AT_A_TIME = 0x5167_111
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema beside the logs, e.g. that of the views.

    Attributes:
        name: Of the schema.
        sql: Statements that may be repeated (``IF NOT EXISTS``), with names without a schema.
        writer: The role that may select, insert, update and delete in all of its tables; ``None``:
            the text grants what it must itself, to ``{app}`` and ``{relay}``.
    """

    name: str
    sql: str
    writer: Literal["app", "relay"] | None = "app"


@dataclass(frozen=True, slots=True)
class _Login:
    """Who connects, and to what."""

    user: str
    password: str
    database: str


async def migrate_log(
    admin_dsn: str,
    *,
    service: str,
    app_dsn: str,
    relay_dsn: str,
    schemas: Sequence[SchemaText] = (),
    simulated: bool = False,
) -> None:
    """Make the database that ``app_dsn`` names, with its roles, its two logs and ``schemas``.

    The roles that services use and their passwords are those in ``app_dsn`` and ``relay_dsn``; the
    owner is ``<database>_owner`` and cannot log in. The records will say ``asf/<service>``. The
    first of ``schemas`` becomes the application's search path. ``simulated`` lets records bear any
    time; that is decided when the database is made, and repeating does not change it.

    Safe to repeat: passwords and functions are set again, tables and events stay.
    """
    app, relay = _login(app_dsn), _login(relay_dsn)
    owner = f"{app.database}_owner"
    async with _alone(admin_dsn, MAINTENANCE) as connection:
        await _make_roles(connection, owner, (app, relay))
        await _make_database(connection, owner, (app, relay))
    async with _alone(admin_dsn, app.database) as connection, connection.transaction():
        names = {"app": await _quoted(connection, app.user)}
        names["relay"] = await _quoted(connection, relay.user)
        await connection.execute(f"SET LOCAL ROLE {await _quoted(connection, owner)}")
        await _make_logs(connection, service, names, simulated=simulated)
        for schema in schemas:
            await _make_schema(connection, schema, names)
    if schemas:
        async with _alone(admin_dsn, app.database) as connection:
            await _execute(
                connection,
                "ALTER ROLE %I IN DATABASE %I SET search_path = %I",
                *(app.user, app.database, schemas[0].name),
            )


async def schema_version(connection: AnyConnection) -> int:
    """Return the version of the logs' schema; 0 where none was recorded."""
    version: int | None = await connection.fetchval(
        "SELECT version FROM log.migration WHERE part = 'log'"
    )
    return version or 0


def _login(dsn: str) -> _Login:
    """Return who connects with ``dsn``."""
    parts = urlsplit(dsn)
    return _Login(
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.removeprefix("/")),
    )


@asynccontextmanager
async def _alone(admin_dsn: str, database: str) -> AsyncGenerator[Connection]:
    """Yield a connection to ``database``; others who migrate wait."""
    async with connect(admin_dsn, name="migrate", database=database) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        yield connection


async def _make_roles(connection: Connection, owner: str, logins: Sequence[_Login]) -> None:
    """Make the owner, who cannot log in, and the roles that services use; none inherits him."""
    for name in (owner, *(login.user for login in logins)):
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
            await _execute(connection, "CREATE ROLE %I", name)
    await _execute(connection, "ALTER ROLE %I NOLOGIN NOINHERIT", owner)
    for login in logins:
        await _execute(
            connection, "ALTER ROLE %I LOGIN NOINHERIT PASSWORD %L", login.user, login.password
        )
    superuser: bool = await connection.fetchval(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    if not superuser:
        await _execute(connection, "GRANT %I TO CURRENT_USER", owner)


async def _make_database(connection: Connection, owner: str, logins: Sequence[_Login]) -> None:
    """Make the database, closed to everybody but the roles that services use."""
    name = logins[0].database
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await _execute(
            connection,
            "CREATE DATABASE %I OWNER %I ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0",
            *(name, owner),
        )
    await _execute(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
    for login in logins:
        await _execute(connection, "GRANT CONNECT ON DATABASE %I TO %I", name, login.user)


async def _make_logs(
    connection: Connection, service: str, names: dict[str, str], *, simulated: bool
) -> None:
    """Make both logs where they are missing, and put their functions in place."""
    await connection.execute(
        f"""
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        CREATE SCHEMA IF NOT EXISTS log;
        CREATE TABLE IF NOT EXISTS log.migration (
            part       text        PRIMARY KEY,
            version    integer     NOT NULL,
            digest     text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        GRANT SELECT ON log.migration TO {names["app"]}, {names["relay"]};
        """
    )
    for schema, name, texts in (
        ("log", f"asf/{service}", ("schema.sql",)),
        ("access", f"asf/{service}/access", ("schema.sql", "access.sql")),
    ):
        fill = names | {"schema": schema}
        if not await connection.fetchval("SELECT true FROM log.migration WHERE part = $1", schema):
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            text = "\n".join(_text(file, fill) for file in texts)
            await connection.execute(text)
            await connection.execute(
                f"INSERT INTO {schema}.log_head (name, skew_max_ms) VALUES ($1, $2)",  # noqa: S608 -- ours
                *(name, None if simulated else SKEW_MAX_MS),
            )
            await _note(connection, schema, LOG_SCHEMA_VERSION, text)
        await connection.execute(_text("append.sql", fill))


async def _make_schema(connection: Connection, schema: SchemaText, names: dict[str, str]) -> None:
    """Make a schema beside the logs, as the owner, and give its writer the right to write."""
    name = await _quoted(connection, schema.name)
    text = schema.sql if schema.writer else _filled(schema.sql, names)
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    await connection.execute(f"SET LOCAL search_path = {name};\n{text}")
    await connection.execute("SET LOCAL search_path = DEFAULT")
    if schema.writer:
        writer = names[schema.writer]
        rights = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {{}} TO {writer}"
        await connection.execute(
            f"""
            GRANT USAGE ON SCHEMA {name} TO {writer};
            {rights.format(f"ALL TABLES IN SCHEMA {name}")};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO {writer};
            ALTER DEFAULT PRIVILEGES IN SCHEMA {name} {rights.format("TABLES")};
            """
        )
    await _note(connection, f"schema {schema.name}", 1, schema.sql)


async def _note(connection: Connection, part: str, version: int, text: str) -> None:
    """Record what was applied."""
    await connection.execute(
        """
        INSERT INTO log.migration (part, version, digest) VALUES ($1, $2, $3)
        ON CONFLICT (part) DO UPDATE
           SET version = excluded.version, digest = excluded.digest, applied_at = clock_timestamp()
         WHERE migration.digest <> excluded.digest OR migration.version <> excluded.version
        """,
        *(part, version, hashlib.sha256(text.encode()).hexdigest()),
    )


def _text(file: str, fill: dict[str, str]) -> str:
    """Return the statements in ``file``, with the names of ``fill`` in them."""
    return _filled((_HERE / file).read_text(), fill)


def _filled(text: str, fill: dict[str, str]) -> str:
    """Return ``text`` with the names of ``fill`` in it."""
    for key, value in fill.items():
        text = text.replace(f"{{{key}}}", value)
    return text


async def _quoted(connection: Connection, name: str) -> str:
    """Return ``name`` as an identifier in SQL."""
    quoted: str = await connection.fetchval("SELECT quote_ident($1)", name)
    return quoted


async def _execute(connection: Connection, statement: str, *names: str) -> None:
    """Execute a statement that takes no parameters, with ``names`` quoted by the database."""
    places = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    quoted: str = await connection.fetchval(f"SELECT format($1, {places})", statement, *names)
    await connection.execute(quoted)

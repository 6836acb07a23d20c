"""The tables of views: made by ``migrate``, the new version's beside the old one's.

A service's ``schema.sql`` names its tables without a schema and is run twice: in the service's
schema, where it makes what is not there yet, and in ``<service>_next``, where a new version of a
view is built. So a new version may have other columns, and the swap moves the finished table over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.eventlog.connection import AnyConnection
from shared.eventlog.projector import NAME
from shared.eventlog.views import Timer, View
from shared.telemetry import get_logger

LOCK_TIMEOUT_MS: Final = 10_000
"""How long a migration waits for a table that somebody reads; then it fails, and is repeated."""

_STATE: Final = (Path(__file__).parent / "projector.sql").read_text()
_LOCK: Final = 7_302_951
"""One migration of views at a time; of this number nobody else knows."""

_log = get_logger("projector")


class ViewChanged(Exception):  # noqa: N818 -- an answer to the operator
    """A view's table differs from ``schema.sql``, and its version says that nothing changed."""


@dataclass(frozen=True, slots=True)
class ViewTables:
    """What ``migrate`` must know of a service's views.

    Attributes:
        schema: Of the service; also the stem of ``<schema>_next``.
        owner: The role that owns the tables.
        app: The role that reads and writes them.
        text: Of ``schema.sql``.
    """

    schema: str
    owner: str
    app: str
    text: str
    views: tuple[View[Any], ...]
    timers: tuple[Timer, ...] = ()

    @property
    def every(self) -> tuple[View[Any], ...]:
        """Return all views, those of the timers too."""
        return (*self.views, *(timer.view for timer in self.timers))

    @property
    def state(self) -> str:
        """Return the name of the table that says how far each view is, ready for SQL."""
        return f'"{self.schema}".view_state'

    @property
    def beside(self) -> str:
        """Return the name of the schema in which new versions are built, ready for SQL."""
        return f'"{self.schema}_next"'


async def migrate_views(connection: AnyConnection, tables: ViewTables) -> None:
    """Make or complete the tables of a service's views. Safe to repeat; one transaction.

    Args:
        connection: As a role that may create schemas and act as the owner.
        tables: What must be there.

    Raises:
        ViewChanged: A view needs a higher version.
        LookupError: ``schema.sql`` makes no table for a view.
    """
    async with connection.transaction():
        await _alone(connection)
        await connection.execute(_filled(_STATE, tables))
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f'GRANT TEMPORARY ON DATABASE {database} TO "{tables.app}"')
        aside = f'"{tables.schema}_aside"'
        await connection.execute(f'CREATE SCHEMA {aside} AUTHORIZATION "{tables.owner}"')
        await connection.execute(f'SET LOCAL ROLE "{tables.owner}"')
        live = await _versions(connection, tables, "live")
        going = await _going(connection, tables)
        await _make_beside(connection, tables)
        await _refuse_other_columns(connection, tables, live, going)
        await _make_live(connection, tables, live, aside)
        await _begin(connection, tables, live, going)
        await _tidy_and_grant(connection, tables)
        await connection.execute("RESET ROLE")
        await connection.execute(f"DROP SCHEMA {aside}")


async def rebuild_view(connection: AnyConnection, tables: ViewTables, name: str) -> None:
    """Ask for ``name`` to be built anew in its present version; the workers do it and swap.

    Safe to repeat: what is being built is begun again.

    Raises:
        LookupError: There is no such view.
    """
    view = next((view for view in tables.every if view.name == name), None)
    if view is None:
        raise LookupError(f"no view {name}")
    async with connection.transaction():
        await _alone(connection)
        await connection.execute(f'SET LOCAL ROLE "{tables.owner}"')
        await connection.execute(f'DROP TABLE IF EXISTS {tables.beside}."{name}"')
        await connection.execute(
            f"INSERT INTO {tables.state} (name, place, version) VALUES ($1, 'next', $2)"  # noqa: S608 -- our own name
            " ON CONFLICT (name, place) DO UPDATE SET version = excluded.version, position = 0,"
            " stopped_position = NULL, stopped_reason = NULL",
            name,
            view.version,
        )
        await _make_beside(connection, tables)
        await _tidy_and_grant(connection, tables)
        await connection.execute("RESET ROLE")


async def _alone(connection: AnyConnection) -> None:
    """Wait, within bounds, until no other migration of views runs."""
    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_MS}ms'")
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


def _filled(text: str, tables: ViewTables) -> str:
    """Return ``text`` with the names of ``tables`` in it.

    Raises:
        ValueError: A name is none of ours.
    """
    names = {"schema": tables.schema, "owner": tables.owner, "app": tables.app}
    for placeholder, name in names.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"no name: {name}")
        text = text.replace(f"{{{placeholder}}}", name)
    return text


async def _versions(connection: AnyConnection, tables: ViewTables, place: str) -> Mapping[str, int]:
    """Return the versions of the views in ``place``, by name."""
    rows = await connection.fetch(
        f"SELECT name, version FROM {tables.state} WHERE place = $1",  # noqa: S608 -- our own name
        place,
    )
    return {row["name"]: row["version"] for row in rows}


async def _going(connection: AnyConnection, tables: ViewTables) -> set[str]:
    """Return the views that are being built in the version that we have; forget other builds."""
    wanted = {view.name: view.version for view in tables.every}
    building = await _versions(connection, tables, "next")
    going = {name for name, version in building.items() if wanted.get(name) == version}
    for name in building.keys() - going:
        await connection.execute(
            f"DELETE FROM {tables.state} WHERE name = $1 AND place = 'next'",  # noqa: S608 -- our own name
            name,
        )
        await connection.execute(f'DROP TABLE IF EXISTS {tables.beside}."{name}"')
    return going


async def _make(connection: AnyConnection, tables: ViewTables, schema: str) -> None:
    """Run ``schema.sql`` in ``schema``, and make the tables of the timers.

    Raises:
        LookupError: A view has no table then.
    """
    await connection.execute(f"SET LOCAL search_path = {schema}, pg_catalog")
    await connection.execute(tables.text)
    for timer in tables.timers:
        name = timer.view.name
        await connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{name}" (key text PRIMARY KEY, position bigint NOT NULL,'
            " document jsonb NOT NULL,"
            " at text COLLATE \"C\" GENERATED ALWAYS AS (document ->> 'at') STORED)"
        )
        await connection.execute(f'CREATE INDEX IF NOT EXISTS "{name}_at" ON "{name}" (at)')
    for view in tables.every:
        if not NAME.fullmatch(view.name):
            raise ValueError(f"no name for a view: {view.name}")
        table = f'{schema}."{view.name}"'
        if await connection.fetchval("SELECT to_regclass($1)", table) is None:
            raise LookupError(f"schema.sql makes no table {view.name}, named without a schema")


async def _make_beside(connection: AnyConnection, tables: ViewTables) -> None:
    """Make every table beside the live ones; those that are being built are there already."""
    await _make(connection, tables, tables.beside)


async def _make_live(
    connection: AnyConnection, tables: ViewTables, live: Mapping[str, int], aside: str
) -> None:
    """Make in the service's schema what is not there yet.

    A table that is there in an older version stands aside meanwhile: the statements that complete
    the new version would not fit it. Nobody sees that, since nothing is committed yet.
    """
    schema = f'"{tables.schema}"'
    older = [v.name for v in tables.every if live.get(v.name, v.version) != v.version]
    for name in older:
        await connection.execute(f'ALTER TABLE {schema}."{name}" SET SCHEMA {aside}')
    await _make(connection, tables, schema)
    for name in older:
        await connection.execute(f'DROP TABLE {schema}."{name}"')
        await connection.execute(f'ALTER TABLE {aside}."{name}" SET SCHEMA {schema}')


async def _refuse_other_columns(
    connection: AnyConnection, tables: ViewTables, live: Mapping[str, int], going: set[str]
) -> None:
    """Hold the live tables against what ``schema.sql`` makes today.

    Raises:
        ViewChanged: One has other columns, and the version of its view is what it was.
    """
    for view in tables.every:
        if live.get(view.name) != view.version or view.name in going:
            continue
        now = await _columns(connection, f'"{tables.schema}"."{view.name}"')
        if now != await _columns(connection, f'{tables.beside}."{view.name}"'):
            raise ViewChanged(f"{view.name} has other columns than before: raise its version")


async def _columns(connection: AnyConnection, table: str) -> Sequence[Sequence[Any]]:
    """Return what the columns of ``table`` are: name, type, whether empty, and how generated."""
    rows = await connection.fetch(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY a.attname",
        table,
    )
    return [tuple(row.values()) for row in rows]


async def _begin(
    connection: AnyConnection, tables: ViewTables, live: Mapping[str, int], going: set[str]
) -> None:
    """Note where the workers are to begin: live at once when new, beside when newer."""
    for view in tables.every:
        if live.get(view.name) == view.version or view.name in going:
            continue
        place = "live" if view.name not in live else "next"
        await connection.execute(
            f"INSERT INTO {tables.state} (name, place, version) VALUES ($1, $2, $3)",  # noqa: S608 -- our own name
            view.name,
            place,
            view.version,
        )
        _log.info("view.begun", view=view.name, version=view.version, place=place)


async def _tidy_and_grant(connection: AnyConnection, tables: ViewTables) -> None:
    """Drop what is not being built; let the application read and write the documents.

    Which version is live stays the owner's.
    """
    building = await _versions(connection, tables, "next")
    rows = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1", f"{tables.schema}_next"
    )
    for name in {row["tablename"] for row in rows} - building.keys():
        await connection.execute(f'DROP TABLE {tables.beside}."{name}" CASCADE')
    app, both = f'"{tables.app}"', f'"{tables.schema}", {tables.beside}'
    for statement in (
        f"GRANT USAGE ON SCHEMA {both} TO {app}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {both} TO {app}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {both} TO {app}",
        f"REVOKE ALL ON {tables.state} FROM {app}",
        f"GRANT SELECT ON {tables.state} TO {app}",
        f"GRANT UPDATE (position, stopped_position, stopped_reason) ON {tables.state} TO {app}",
        f'GRANT EXECUTE ON FUNCTION "{tables.schema}".swap_view(text, integer) TO {app}',
    ):
        await connection.execute(statement)

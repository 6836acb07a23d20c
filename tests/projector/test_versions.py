"""A new version of a view is built beside the old one and swapped in when it has caught up."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.eventlog.connection import Connection, Pool
from shared.eventlog.projector import Pages, Projector
from shared.eventlog.projector_check import compare
from shared.eventlog.projector_migrate import (
    ViewChanged,
    ViewTables,
    migrate_views,
    rebuild_view,
)
from shared.eventlog.projector_positions import Positions
from shared.eventlog.views import View
from tests.projector.example import (
    BOXES,
    BOXES_V2,
    SCHEMA_V2,
    BoxFilled,
    BoxOpened,
    ListedLog,
    event_of,
    life,
)

pytestmark = pytest.mark.integration


def projector(pool: Pool, log: ListedLog, tables: ViewTables) -> Projector:
    """Return a projector of its own, as another process would have it."""
    return Projector(pool, Pages(log, event_of), tables.schema)


async def version_and_columns(admin: Connection, schema: str) -> tuple[int, set[str]]:
    """Return the live version, and which columns the table has."""
    version = await admin.fetchval(
        f"SELECT version FROM {schema}.view_state WHERE name = 'boxes' AND place = 'live'"  # noqa: S608 -- our own
    )
    rows = await admin.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = $1 AND table_name = 'boxes'",
        schema,
    )
    return version, {row["column_name"] for row in rows} - {"key", "position", "document"}


async def test_migrating_twice_changes_nothing(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Architecture 4: ``migrate`` is safe to repeat."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"))
    await projector(pool, log, tables).advance(BOXES)
    await migrate_views(admin, tables)
    assert await Positions(pool, tables.schema, 100).applied("boxes") == 3
    assert await version_and_columns(admin, tables.schema) == (1, {"colour"})


async def test_the_old_version_is_read_until_the_new_one_has_caught_up(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: other columns and all; the swap is one transaction."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"))
    await projector(pool, log, tables).advance(BOXES)
    newer = replace(tables, text=SCHEMA_V2, views=(BOXES_V2,))
    await migrate_views(admin, newer)
    assert await version_and_columns(admin, tables.schema) == (1, {"colour"})
    worker = projector(pool, log, newer)
    while await worker.advance(BOXES_V2):
        pass
    assert await version_and_columns(admin, tables.schema) == (2, {"grams"})
    assert await pool.fetchval(f"SELECT grams FROM {tables.schema}.boxes") == 135  # noqa: S608 -- our own
    log.say(*life("b"))
    assert await worker.advance(BOXES_V2)
    assert not (await compare(pool, Pages(log, event_of), tables.schema, BOXES_V2)).differing


async def test_a_version_is_swapped_under_load_without_a_failed_read(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: writers write, workers of both versions work, readers read."""
    await migrate_views(admin, tables)
    log = ListedLog()
    newer = replace(tables, text=SCHEMA_V2, views=(BOXES_V2,))
    done = asyncio.Event()
    reads: list[int] = []

    async def write() -> None:
        for n in range(300):
            log.say(BoxOpened(box=f"{n}", colour="red"), BoxFilled(box=f"{n}", pieces=n))
            await asyncio.sleep(0.003)

    async def work(worker: Projector, view: View[Any]) -> None:
        while not done.is_set():
            await worker.advance(view)
            await asyncio.sleep(0.001)

    async def read() -> None:
        while not done.is_set():
            reads.append(await pool.fetchval(f"SELECT count(*) FROM {tables.schema}.boxes"))  # noqa: S608 -- our own
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as together:
        together.create_task(work(projector(pool, log, tables), BOXES))
        together.create_task(read())
        writing = together.create_task(write())
        await asyncio.sleep(0.2)
        await migrate_views(admin, newer)
        for _ in range(2):
            together.create_task(work(projector(pool, log, newer), BOXES_V2))
        await writing
        assert await Positions(pool, tables.schema, 3_000).reached("boxes", 600)
        done.set()
    assert reads == sorted(reads), "a swap showed less than was shown before"
    assert await version_and_columns(admin, tables.schema) == (2, {"grams"})
    found = await compare(pool, Pages(log, event_of), tables.schema, BOXES_V2)
    assert (found.position, found.documents, found.differing) == (600, 300, ())


async def test_a_reader_that_takes_long_delays_the_swap_and_nobody_else(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """House: a swap that cannot have the table soon gives up and tries again later."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"))
    await projector(pool, log, tables).advance(BOXES)
    newer = replace(tables, text=SCHEMA_V2, views=(BOXES_V2,))
    await migrate_views(admin, newer)
    worker = Projector(pool, Pages(log, event_of), tables.schema, swap_pause_s=1.0)
    async with admin.transaction():
        await admin.fetch(f"SELECT key FROM {tables.schema}.boxes")  # noqa: S608 -- our own
        assert await worker.advance(BOXES_V2), "the page is applied, the table cannot be had"
        assert not await worker.advance(BOXES_V2), "and it is not asked for again at once"
    assert not await worker.advance(BOXES_V2)
    await asyncio.sleep(1.0)
    assert await worker.advance(BOXES_V2)
    assert await version_and_columns(admin, tables.schema) == (2, {"grams"})


async def test_changed_columns_under_the_same_version_are_turned_down(
    admin: Connection, tables: ViewTables
) -> None:
    """House: whoever changes the table raises the version, or readers meet a column too few."""
    await migrate_views(admin, tables)
    with pytest.raises(ViewChanged, match="boxes has other columns than before"):
        await migrate_views(admin, replace(tables, text=SCHEMA_V2))
    await migrate_views(admin, tables)


async def test_going_back_to_the_old_version_forgets_the_unfinished_one(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """House: a release can be taken back while its view is being built."""
    await migrate_views(admin, tables)
    await migrate_views(admin, replace(tables, text=SCHEMA_V2, views=(BOXES_V2,)))
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"))
    assert not await projector(pool, log, tables).advance(BOXES_V2)
    assert await projector(pool, log, tables).advance(BOXES)
    assert await version_and_columns(admin, tables.schema) == (1, {"colour"})


async def test_an_operator_has_a_view_built_anew(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """House: the workers build it beside the live one, in the version that is live."""
    await migrate_views(admin, tables)
    log, worker = ListedLog(), projector(pool, ListedLog(), tables)
    worker = projector(pool, log, tables)
    log.say(*life("a"))
    while await worker.advance(BOXES):
        pass
    await pool.execute(f"DELETE FROM {tables.schema}.boxes")  # noqa: S608 -- our own
    for _ in range(2):
        await rebuild_view(admin, tables, "boxes")
    log.say(BoxOpened(box="b", colour="red"))
    while await worker.advance(BOXES):
        pass
    found = await compare(pool, Pages(log, event_of), tables.schema, BOXES)
    assert (found.documents, found.differing) == (2, ())
    with pytest.raises(LookupError):
        await rebuild_view(admin, tables, "crates")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {schema}.view_state SET version = 9",
        "UPDATE {schema}.view_state SET place = 'next'",
        "DELETE FROM {schema}.view_state",
        "DROP TABLE {schema}.boxes",
        "CREATE TABLE {schema}.mine (key text)",
        "TRUNCATE {schema}.boxes",
    ],
)
async def test_the_application_cannot_change_tables_or_versions(
    admin: Connection, pool: Pool, tables: ViewTables, statement: str
) -> None:
    """House: it writes documents and says how far it is; the rest belongs to the owner."""
    await migrate_views(admin, tables)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement.format(schema=tables.schema))
    assert not await pool.fetchval(f"SELECT {tables.schema}.swap_view('boxes', 1)")

"""Views kept in PostgreSQL: whole pages, one writer, nothing skipped, nothing twice."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from shared.eventlog.connection import Connection, Pool
from shared.eventlog.projector import (
    DATABASE_AWAY,
    PAGE_RECORDS_MAX,
    Pages,
    Projector,
    ViewStopped,
)
from shared.eventlog.projector_check import compare
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.eventlog.projector_positions import Positions, Stopped
from shared.eventlog.views import View
from tests.projector.example import (
    BOXES,
    BoxClosed,
    BoxDropped,
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


async def catch_up(worker: Projector, view: View[Any] = BOXES) -> None:
    """Advance until there is nothing to do."""
    while await worker.advance(view):
        pass


async def documents(admin: Connection, schema: str) -> Mapping[str, tuple[int, str]]:
    """Return what the view holds: position and document, by key."""
    rows = await admin.fetch(f'SELECT key, position, document::text FROM "{schema}".boxes')  # noqa: S608 -- our own
    return {row["key"]: (row["position"], row["document"]) for row in rows}


async def test_a_view_follows_its_log(admin: Connection, pool: Pool, tables: ViewTables) -> None:
    """Event log 5: documents and checkpoint, by the application's own role."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"), BoxOpened(box="b", colour="blue"), BoxClosed(box="a"))
    await catch_up(projector(pool, log, tables))
    assert await documents(admin, tables.schema) == {"b": (4, '{"colour": "blue", "pieces": 0}')}
    assert await Positions(pool, tables.schema, 100).applied("boxes") == 5


async def test_rebuilt_and_live_are_equal_byte_for_byte(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: wherever the pages happened to end."""
    await migrate_views(admin, tables)
    log, worker = ListedLog(), projector(pool, ListedLog(), tables)
    worker = projector(pool, log, tables)
    for n in range(40):
        log.say(*life(f"box {n}"), BoxFilled(box=f"box {n // 2}", pieces=n))
        if n % 3 == 0:
            log.say(BoxClosed(box=f"box {n}"), BoxOpened(box=f"box {n}", colour="white"))
        if n % 7 == 0:
            await catch_up(worker)
    await catch_up(worker)
    log.say(*life("later"))  # beyond the position at which both are compared
    found = await compare(pool, Pages(log, event_of), tables.schema, BOXES)
    assert (found.position, found.documents, found.differing) == (len(log.stored) - 3, 40, ())


async def test_a_document_that_was_tampered_with_is_found(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """House: a check that cannot fail checks nothing."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"), *life("b"), *life("c"))
    await catch_up(projector(pool, log, tables))
    await pool.execute(f"DELETE FROM {tables.schema}.boxes WHERE key = 'a'")  # noqa: S608 -- our own
    await pool.execute(f"UPDATE {tables.schema}.boxes SET position = 1 WHERE key = 'b'")  # noqa: S608 -- our own
    found = await compare(pool, Pages(log, event_of), tables.schema, BOXES)
    assert found.differing == ("a", "b")


async def test_two_workers_apply_every_page_once(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: the checkpoint's row is the lease; a page applied twice would count twice."""
    await migrate_views(admin, tables)
    log = ListedLog()
    workers = [projector(pool, log, tables) for _ in range(4)]
    log.say(BoxOpened(box="a", colour="red"))

    async def write() -> None:
        for n in range(300):
            log.say(*(BoxFilled(box="a", pieces=1) for _ in range(5)))
            if n % 10 == 0:
                await asyncio.sleep(0.001)

    async def follow(worker: Projector) -> None:
        while await Positions(pool, tables.schema, 100).applied("boxes") < 1_501:
            await worker.advance(BOXES)

    async with asyncio.TaskGroup() as together:
        together.create_task(write())
        for worker in workers:
            together.create_task(follow(worker))
    assert (await documents(admin, tables.schema))["a"] == (
        1_501,
        '{"colour": "red", "pieces": 1500}',
    )


async def test_a_worker_that_is_killed_between_pages_loses_nothing_and_repeats_nothing(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: documents and checkpoint are one transaction."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(BoxOpened(box="a", colour="red"))
    log.say(*(BoxFilled(box="a", pieces=1) for _ in range(3 * PAGE_RECORDS_MAX)))

    async def victim() -> None:
        with suppress(*DATABASE_AWAY):
            await catch_up(projector(pool, log, tables))

    async with asyncio.TaskGroup() as together:
        for delay_ms in range(0, 60, 3):
            struck = together.create_task(victim())
            await asyncio.sleep(delay_ms / 1_000)
            if delay_ms % 2:
                struck.cancel()
            else:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1",
                    "boxes_app",
                )
            await asyncio.wait([struck])
    await catch_up(projector(pool, log, tables))
    pieces = 3 * PAGE_RECORDS_MAX
    assert (await documents(admin, tables.schema))["a"] == (
        pieces + 1,
        f'{{"colour": "red", "pieces": {pieces}}}',
    )


async def test_a_view_stops_at_what_it_cannot_take_and_says_so(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Style 7: our mistake; the view does not skip, and readiness names it."""
    await migrate_views(admin, tables)
    log, positions = ListedLog(), Positions(pool, tables.schema, 100)
    log.say(*life("a"), BoxDropped(box="a"), *life("b"))
    for _ in range(2):
        with pytest.raises(ViewStopped, match="boxes stopped at 4: AssertionError on BoxDropped"):
            await catch_up(projector(pool, log, tables))
    assert await positions.applied("boxes") == 3
    assert await positions.stopped() == (Stopped("boxes", 4, "AssertionError on BoxDropped"),)
    assert set(await documents(admin, tables.schema)) == {"a"}


async def test_a_view_that_was_mended_goes_on_and_is_well_again(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Style 7: after the mistake is mended nothing needs to be done by hand."""
    await migrate_views(admin, tables)
    log, positions = ListedLog(), Positions(pool, tables.schema, 100)
    log.say(*life("a"), BoxDropped(box="a"), *life("b"))
    with pytest.raises(ViewStopped):
        await catch_up(projector(pool, log, tables))
    mended = View(
        name="boxes",
        version=1,
        document=BOXES.document,
        keys=BOXES.keys,
        evolve=lambda box, event, key: (
            box if isinstance(event, BoxDropped) else BOXES.evolve(box, event, key)
        ),
    )
    await catch_up(projector(pool, log, tables), mended)
    assert (await positions.applied("boxes"), await positions.stopped()) == (7, ())


async def test_a_record_that_is_none_stops_the_view(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Style 7: data that are not those of their event are our mistake."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.say(*life("a"))
    log.put("BoxFilled", {"box": "a", "pieces": "many"})
    with pytest.raises(ViewStopped, match="stopped at 4"):
        await catch_up(projector(pool, log, tables))
    assert await Positions(pool, tables.schema, 100).applied("boxes") == 3


async def test_a_type_of_a_newer_producer_is_passed_over(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """House: services are deployed in any order."""
    await migrate_views(admin, tables)
    log = ListedLog()
    log.put("BoxPainted", {"box": "a"})
    log.say(*life("a"))
    await catch_up(projector(pool, log, tables))
    assert await Positions(pool, tables.schema, 100).applied("boxes") == 4


async def test_a_reader_waits_for_what_it_has_written(
    admin: Connection, pool: Pool, tables: ViewTables
) -> None:
    """Event log 5: Wait-For-Position is bounded; positions are dense, so it is sound."""
    await migrate_views(admin, tables)
    log, positions = ListedLog(), Positions(pool, tables.schema, 5_000)
    worker = projector(pool, log, tables)
    log.say(*life("a"))
    assert not await Positions(pool, tables.schema, 50).reached("boxes", 3)
    async with asyncio.TaskGroup() as together:
        waiting = together.create_task(positions.reached("boxes", 3))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await catch_up(worker)
    assert waiting.result()
    with pytest.raises(LookupError):
        await positions.reached("crates", 1)

"""The mirror in PostgreSQL: one record for each place and version, never changed, read in pages."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from services.audit.main import SCHEMA
from services.audit.policy import Range
from services.audit.queries import (
    BEGINNING,
    EVER,
    HISTORY,
    IN_ORDER,
    LOGS,
    NEVER,
    POSITIONS,
    Archive,
    Mirrored,
    Order,
    Place,
    Wanted,
    visible,
)
from services.audit.views.as_of import Extent
from services.audit.views.facets import key_of
from services.audit.views.parts import Taken
from shared.eventlog.connection import Pool, connect, open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from tests.audit.api.house import MONDAY

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CASE, BUSY_CASE = UUID(int=1), UUID(int=2)
KEY, BUSY_KEY = key_of("case", str(CASE)), key_of("case", str(BUSY_CASE))
ALL = {log: Extent(10**9) for log in LOGS}
"""As of whatever there is."""
ORDERS: tuple[Order, ...] = ("recorded", "effective")
LOG = "asf/review"
BUSY = 60_000
FILL = """
WITH made AS (
    INSERT INTO mirror (log, position, leaf, hash, stream, version, type, recorded_at)
    SELECT $1, n, '\\x00', 'h' || n, 's' || n, 1, 'Filled', $2::timestamptz + n / 7 * interval '1 second'
    FROM generate_series($3::int, $4::int) AS n WHERE NOT n = ANY($5::int[])
    RETURNING position, recorded_at
)
INSERT INTO mirror_facet SELECT $6, recorded_at, recorded_at, 1, position FROM made
"""


QUIET = """
INSERT INTO mirror_facet SELECT gen_random_uuid(), now(), now(), 1, n FROM generate_series(1, 20000) AS n
"""
"""So many other keys that a key seems to have three entries."""


@dataclass(frozen=True, slots=True)
class House:
    """A database of its own.

    Attributes:
        pool: As the service.
        admin: How its administrator connects.
    """

    pool: Pool
    admin: str

    @property
    def mirror(self) -> Archive:
        """Return what the service does with it."""
        return Archive(self.pool)

    async def fill(self, first: int, last: int, *, but: tuple[int, ...] = ()) -> None:
        """Keep small records at all positions from ``first`` to ``last`` but some."""
        await self.pool.execute(FILL, LOG, MONDAY, first, last, list(but), BUSY_KEY, timeout=60)


@asynccontextmanager
async def opened(stack: Stack) -> AsyncGenerator[House]:
    """Yield an empty mirror; drop it afterwards."""
    admin = stack.postgres_admin_dsn.rpartition("/")[0] + "/audit_alone"
    app, relay = (
        stack.dsn(user=f"audit_alone_{role}", password="local", database="audit_alone")  # noqa: S106 -- for one test
        for role in ("app", "relay")
    )
    async with connect(stack.postgres_admin_dsn, name="test") as connection:
        await connection.execute("DROP DATABASE IF EXISTS audit_alone WITH (FORCE)")
    schemas = [SchemaText("audit", SCHEMA)]
    await migrate_log(
        stack.postgres_admin_dsn, service="audit", app_dsn=app, relay_dsn=relay, schemas=schemas
    )
    async with open_pool(app, name="test", connections_max=12) as pool:
        yield House(pool, admin)
    async with connect(stack.postgres_admin_dsn, name="test") as connection:
        await connection.execute("DROP DATABASE IF EXISTS audit_alone WITH (FORCE)")


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    """An empty mirror."""
    async with opened(stack) as found:
        yield found


def one(position: int = 1, version: int = 1, mark: str = "a", **changed: Any) -> Mirrored:
    """Return a record; ``mark`` tells apart what it says."""
    plain = Mirrored(
        log=LOG,
        position=position,
        leaf=mark.encode(),
        hash=mark * 64,
        stream="story-1",
        version=version,
        type="Told",
        recorded_at=MONDAY,
        effective_at=MONDAY,
        keys=(KEY,),
        parts=(Taken(CASE, CASE, "reviewer", True, MONDAY),),
    )
    return replace(plain, **changed)


async def test_a_record_is_kept_once_and_what_is_there_stays(house: House) -> None:
    """AUD-3: neither its place nor its version is given away."""
    mirror = house.mirror
    assert (await mirror.keep(one())).fresh
    for other in (one(), one(mark="b"), one(position=2), one(stream="story-2"), one(version=2)):
        assert not (await mirror.keep(other)).fresh
    held = await mirror.held(LOG, 1, "story-1", 1)
    assert (held.at_place, held.of_version) == ("a" * 64, "a" * 64)
    held = await mirror.held(LOG, 2, "story-1", 2)
    assert (held.at_place, held.of_version) == (None, None)
    kept = await mirror.keep(one(position=2, version=2, mark="c"))
    assert (kept.fresh, kept.before) == (True, "a" * 64)
    assert await mirror.leaf_at(LOG, 1) == b"a"
    assert await mirror.leaf_at(LOG, 3) is None


async def test_many_at_once_agree_on_one(house: House) -> None:
    """AUD-3: partitions and processes side by side: one record for each place and version."""
    mirror = house.mirror
    wishes = [
        one(position, version, mark)
        for position, version, mark in product(range(1, 5), range(1, 5), "ab")
    ] * 3

    async def keep(wish: Mirrored) -> bool:
        for _ in range(5):
            try:
                return (await mirror.keep(wish)).fresh
            except asyncpg.DeadlockDetectedError:  # the consumer tries again too
                continue
        raise AssertionError("too many deadlocks")

    fresh = await asyncio.gather(*(keep(wish) for wish in wishes))
    rows = await house.pool.fetch("SELECT position, version, leaf FROM mirror")
    assert sum(fresh) == len(rows)
    assert len({row["position"] for row in rows}) == len({row["version"] for row in rows}) == 4
    listed = await house.pool.fetch("SELECT position FROM mirror_facet WHERE key = $1", KEY)
    assert {row["position"] for row in listed} == {row["position"] for row in rows}


@pytest.mark.parametrize("table", ["mirror", "mirror_facet", "mirror_part"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET position = position + 1",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {0} TABLE {0} ON CONFLICT ON CONSTRAINT {0}_pkey DO UPDATE SET position = 9",
    ],
)
async def test_nobody_changes_the_mirror(house: House, table: str, statement: str) -> None:
    """L6, AUD-3: neither the service nor its administrator, not even as a replica."""
    await house.mirror.keep(one())
    said = statement.format(table)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await house.pool.execute(said)
    async with connect(house.admin, name="test") as connection:
        await connection.execute("SET search_path = audit")
        for role in ("origin", "replica"):
            await connection.execute(f"SET session_replication_role = {role}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(said)
    assert await house.mirror.leaf_at(LOG, 1) == b"a"


async def test_the_service_cannot_take_the_guard_away(house: House) -> None:
    """L6: the guard is the owner's, who cannot log in."""
    for statement in (
        "ALTER TABLE mirror DISABLE TRIGGER ALL",
        "DROP TRIGGER mirror_rows ON mirror",
        "SET session_replication_role = replica",
        "DROP TABLE mirror",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await house.pool.execute(statement)


async def test_a_record_of_several_cases_is_in_the_history_of_each(house: House) -> None:
    """ADR-0013: a round or a group is about several applications."""
    await house.mirror.keep(one(keys=(KEY, BUSY_KEY)))
    for key in (KEY, BUSY_KEY):
        (row,) = await house.mirror.history(Wanted((key,), ALL), limit=9)
        assert (row.leaf, row.hash) == (b"a", "a" * 64)
        assert row.place("recorded") == Place(MONDAY, LOG, 1)


async def test_a_page_costs_the_same_wherever_it_is(house: House) -> None:
    """House: a case with sixty thousand records is read in pages, each by its index."""
    await house.fill(1, BUSY)
    await house.pool.execute(QUIET)
    async with connect(house.admin, name="test") as connection:
        await connection.execute("ANALYZE audit.mirror, audit.mirror_facet")
    middle = Place(MONDAY + timedelta(seconds=BUSY // 14), LOG, BUSY // 2)
    for after, order in product((BEGINNING, middle), ORDERS):
        found = await touched(house, after, order)
        assert found <= 5 * 51, found
        wanted = Wanted((BUSY_KEY,), ALL)
        assert len(await house.mirror.history(wanted, after=after, limit=51)) == 51


async def touched(house: House, after: Place, order: Order) -> int:
    """Return how many rows all steps of reading a page together looked at."""
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"{IN_ORDER}; SET LOCAL plan_cache_mode = force_generic_plan")
        text = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {HISTORY[order]}",
            *(BUSY_KEY, after.at, 1, after.position, NEVER, EVER, NEVER),
            *(visible(ALL), list[UUID](), 51, LOGS),
        )
    (plan,) = json.loads(text)
    total, waiting = 0, [plan["Plan"]]
    while waiting:
        node = waiting.pop()
        removed = node.get("Rows Removed by Filter", 0)
        total += int((node["Actual Rows"] + removed) * node["Actual Loops"])
        assert node["Node Type"] not in {"Seq Scan", "Sort", "Bitmap Heap Scan"}, node["Node Type"]
        waiting += node.get("Plans", [])
    return total


async def test_the_watch_reads_positions_by_their_index(house: House) -> None:
    """House: looking over what is new does not read what is old."""
    await house.fill(1, 20_000)
    async with house.pool.acquire() as connection:
        text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {POSITIONS}", LOG, 19_990, 100)
    assert "Index" in text
    assert "Seq Scan" not in text
    assert await house.mirror.positions(LOG, after=19_997, limit=100) == [19_998, 19_999, 20_000]


async def test_what_is_missing_is_counted_where_nobody_has_looked_yet_and_where_it_was_said(
    house: House,
) -> None:
    """AUD-1: the state of a mirror is a number that can be held against the log's own."""
    mirror = house.mirror
    assert await mirror.states() == ()
    await house.fill(1, 50, but=(7, 20, 21, 22, 40))
    (state,) = await mirror.states()
    assert (state.log, state.head, state.missing) == (LOG, 50, 5)
    await mirror.check(LOG, 30)
    await mirror.check(LOG, 10)
    for gap in (Range(7, 7), Range(20, 22)):
        await mirror.keep_gap(LOG, gap)
        await mirror.keep_gap(LOG, gap)
    assert await mirror.checked() == {LOG: 30}
    (state,) = await mirror.states()
    assert state.missing == 5
    await house.fill(21, 21)
    (state,) = await mirror.states()
    assert state.missing == 4

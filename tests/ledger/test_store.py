"""Section 7: full tiles never change, checkpoints are kept for ever; the database sees to it."""

import asyncpg
import pytest

from shared.ledger import DisprovedError, Tile, sign_checkpoint
from shared.ledger.store import Store
from tests.ledger.samples import LOG_KEY, checkpoint, hashes, tiles_over
from tests.ledger.sealing import Sealing

pytestmark = pytest.mark.integration

SIZE = 70_000
NOTE = sign_checkpoint(checkpoint(hashes(9)), LOG_KEY).encode()
OTHER = sign_checkpoint(checkpoint(hashes(9, salt=1)), LOG_KEY).encode()

TABLES = {
    "tile": {"app": {"SELECT"}, "relay": {"SELECT", "INSERT"}},
    "checkpoint": {"app": {"SELECT"}, "relay": {"SELECT", "INSERT"}},
}
"""Beside these the relay may update one column, and the trigger says how: see below."""

CHANGES = (
    "UPDATE ledger.checkpoint SET note = 'x'",
    "UPDATE ledger.checkpoint SET signed_at = now()",
    "DELETE FROM ledger.checkpoint",
    "TRUNCATE ledger.checkpoint",
    "UPDATE ledger.tile SET number = number + 1",
    "UPDATE ledger.tile SET log = 'access'",
    "DELETE FROM ledger.tile",
    "TRUNCATE ledger.tile",
    "ALTER TABLE ledger.tile DISABLE TRIGGER ALL",
    "DROP TRIGGER keep_beginning ON ledger.tile",
    "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "CREATE TABLE ledger.mine (x int)",
    "SET session_replication_role = replica",
    "SET ROLE {owner}",
    "MERGE INTO ledger.tile t USING ledger.tile o ON t = o WHEN MATCHED THEN DELETE",
    "COPY ledger.tile FROM PROGRAM 'true'",
    "DO $$ BEGIN LOCK TABLE ledger.tile IN ACCESS EXCLUSIVE MODE; END $$",
    "SELECT ledger.refuse_change()",
)
REWRITES = (
    "UPDATE ledger.tile SET data = overlay(data PLACING '\\x00' FROM 5)",
    "UPDATE ledger.tile SET data = substring(data FOR 32)",
    "UPDATE ledger.tile SET data = decode(repeat('00', 96), 'hex')",
    "UPDATE ledger.tile SET data = data",
)
MISTAKES = (
    *REWRITES,
    "UPDATE ledger.tile SET level = 1",
    "DELETE FROM ledger.tile",
    "TRUNCATE ledger.tile",
    "UPDATE ledger.checkpoint SET size = 5",
    "UPDATE ledger.checkpoint SET note = 'x'",
    "DELETE FROM ledger.checkpoint",
    "TRUNCATE ledger.checkpoint",
)
NEVER = (
    "INSERT INTO ledger.tile VALUES ('other', 0, 9, decode(repeat('00', 32), 'hex'))",
    "INSERT INTO ledger.tile VALUES ('log', 0, 9, '\\x00')",
    "INSERT INTO ledger.tile VALUES ('log', 0, 9, '')",
    "INSERT INTO ledger.tile VALUES ('log', 0, 9, decode(repeat('00', 8224), 'hex'))",
    "INSERT INTO ledger.tile VALUES ('log', 8, 9, decode(repeat('00', 32), 'hex'))",
    "INSERT INTO ledger.tile VALUES ('log', 0, -1, decode(repeat('00', 32), 'hex'))",
    "INSERT INTO ledger.checkpoint VALUES ('log', -1, 'x')",
)


async def kept(ledger: Sealing, size: int = 300) -> None:
    """Keep the tiles of ``size`` leaves, and one checkpoint."""
    relay = await asyncpg.connect(ledger.database.relay_dsn)
    await Store(relay).keep(tiles_over(hashes(size))[1].items())
    await Store(relay).publish(9, NOTE)
    await relay.close()


async def test_each_role_has_the_rights_that_are_written_here(ledger: Sealing) -> None:
    """L6: the catalogue itself is asked."""
    async with ledger.database.as_admin() as admin:
        rows = await admin.fetch(
            """
            SELECT c.relname, r.role, p.privilege
              FROM pg_class c, unnest('{app,relay}'::text[]) AS r (role),
                   unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[])
                       AS p (privilege)
             WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind <> 'i'
               AND has_table_privilege($1 || '_' || r.role, c.oid, p.privilege)
            """,
            ledger.database.service,
        )
        columns = await admin.fetch(
            """
            SELECT c.relname, a.attname, r.role FROM pg_attribute a
              JOIN pg_class c ON c.oid = a.attrelid, unnest('{app,relay}'::text[]) AS r (role)
             WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind <> 'i' AND a.attnum > 0
               AND has_column_privilege($1 || '_' || r.role, c.oid, a.attnum, 'UPDATE')
            """,
            ledger.database.service,
        )
    found = {table: {role: set[str]() for role in ("app", "relay")} for table in TABLES}
    for table, role, privilege in rows:
        found[table][role].add(privilege)
    assert found == TABLES
    assert [tuple(row) for row in columns] == [("tile", "data", "relay")]


@pytest.mark.parametrize("role", ["app", "relay"])
async def test_no_role_of_a_service_changes_what_was_sealed(ledger: Sealing, role: str) -> None:
    """Section 7: every way that we could think of, as everybody who runs."""
    await kept(ledger)
    dsn = ledger.database.app_dsn if role == "app" else ledger.database.relay_dsn
    connection = await asyncpg.connect(dsn)
    for change in CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change.format(owner=f"{ledger.database.service}_owner"))
    for change in REWRITES:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
            await connection.execute(change)
    await connection.close()


@pytest.mark.parametrize("replication_role", ["origin", "replica"])
async def test_not_even_a_superuser_changes_a_ledger_by_mistake(
    ledger: Sealing, replication_role: str
) -> None:
    """L6: the triggers are always on, also where replication would skip them."""
    await kept(ledger)
    async with ledger.database.as_admin() as admin:
        await admin.execute(f"SET session_replication_role = {replication_role}")
        for change in MISTAKES:
            with pytest.raises(asyncpg.RestrictViolationError, match="a ledger only grows"):
                await admin.execute(change)


async def test_what_can_be_no_tile_is_not_kept(ledger: Sealing) -> None:
    """C2SP tlog-tiles: 1 to 256 hashes."""
    async with ledger.database.as_admin() as admin:
        for change in NEVER:
            with pytest.raises(asyncpg.CheckViolationError):
                await admin.execute(change)


async def test_a_tile_grows_and_is_had_at_every_width(ledger: Sealing) -> None:
    """C2SP tlog-tiles: a partial tile is how the full one begins, also when that has come."""
    relay = await asyncpg.connect(ledger.database.relay_dsn)
    store, tree = Store(relay), hashes(SIZE)
    for size in (1, 2, 255, 256, 700, SIZE):
        await store.keep(tiles_over(tree[:size])[1].items())
        await store.keep(tiles_over(tree[:size])[1].items())  # safe to repeat
        for tile, data in tiles_over(tree[:size])[1].items():
            assert await store.tile(tile) == data
    for tile, data in tiles_over(tree[:255])[1].items():
        assert await store.tile(tile) == data
    assert await store.tile(Tile(0, SIZE // 256, 256)) is None
    assert await store.read([Tile(0, 10_000), Tile(2, 0, 1)]) == (
        b"",
        tiles_over(tree)[1][Tile(2, 0, 1)],
    )
    with pytest.raises(asyncpg.RestrictViolationError):
        await store.keep([(Tile(0, 0), bytes(8192))])
    with pytest.raises(asyncpg.RestrictViolationError):
        await store.keep(tiles_over(tree[:257])[1].items())  # narrower than what is kept
    await relay.close()


async def test_the_two_ledgers_of_a_service_are_two(ledger: Sealing) -> None:
    """Section 9: what is kept for one is not there for the other."""
    await kept(ledger)
    access = Store(ledger.house.pool, "access")
    assert await access.tile(Tile(0, 0)) is None
    assert await access.latest() is None
    assert await ledger.store.tile(Tile(0, 0)) is not None


async def test_one_size_has_one_text(ledger: Sealing) -> None:
    """Section 7: a second text for a size that was published is refused; the first stays."""
    relay = await asyncpg.connect(ledger.database.relay_dsn)
    store = Store(relay)
    await store.publish(9, NOTE)
    await store.publish(9, NOTE)
    with pytest.raises(DisprovedError, match="two checkpoints at size 9"):
        await store.publish(9, OTHER)
    latest = await store.latest()
    assert latest is not None
    assert (latest.size, latest.note) == (9, NOTE)
    assert await store.at(9) == latest
    assert await store.at(8) is None
    assert await store.checkpoints(9, limit=5) == ()
    await relay.close()

"""L6: what each role may do, as the database itself says, and what happens to whoever tries more."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared import clock
from shared.eventlog import RecordRefused, Write
from shared.eventlog.committer import Outcome, arguments
from shared.eventlog.composing import Command, Composed, Entry
from shared.eventlog.connection import Connection
from shared.eventlog.migrate import SKEW_MAX_MS, SchemaText
from tests.eventlog.house import Database, House, fresh_database, open_house
from tests.eventlog.samples import Counted, cause, opened, spoken

pytestmark = pytest.mark.integration

VIEWS = SchemaText("views", "CREATE TABLE IF NOT EXISTS boxes (key text PRIMARY KEY);")
CHECKPOINT = SchemaText("relay", "CREATE TABLE IF NOT EXISTS sent (topic text);", writer="relay")
ROLES = ("app", "relay")
READ_AND_WRITE = {"SELECT", "INSERT", "UPDATE", "DELETE"}

TABLES = {
    ("log", "event"): {"app": {"SELECT"}, "relay": {"SELECT"}},
    ("log", "command"): {"app": {"SELECT"}, "relay": set[str]()},
    ("log", "log_head"): {"app": {"SELECT"}, "relay": {"SELECT"}},
    ("log", "record"): {"app": {"SELECT"}, "relay": {"SELECT"}},
    ("log", "vault_key"): {"app": {"SELECT"}, "relay": set[str]()},
    ("log", "sealed_value"): {"app": {"SELECT"}, "relay": set[str]()},
    ("log", "migration"): {"app": {"SELECT"}, "relay": {"SELECT"}},
    ("views", "boxes"): {"app": READ_AND_WRITE, "relay": set[str]()},
    ("relay", "sent"): {"app": set[str](), "relay": READ_AND_WRITE},
}
TABLES |= {
    ("access", table): rights for (schema, table), rights in TABLES.items() if schema == "log"
}
del TABLES["access", "migration"]
FUNCTIONS = {"append", "case_of", "key_of"}
"""What the application may execute; the relay may execute nothing."""

CHANGES = (
    "UPDATE {s}.event SET leaf = 'x'",
    "UPDATE {s}.event SET version = version + 1",
    "DELETE FROM {s}.event",
    "TRUNCATE {s}.event",
    "INSERT INTO {s}.event VALUES (2, 1, now(), 'box-1', 'x')",
    "UPDATE {s}.command SET pos = 0",
    "DELETE FROM {s}.command",
    "TRUNCATE {s}.command",
    "UPDATE {s}.log_head SET pos = 7",
    "UPDATE {s}.log_head SET skew_max_ms = NULL",
    "SELECT FROM {s}.log_head FOR UPDATE",
    "DELETE FROM {s}.log_head",
    "DELETE FROM {s}.sealed_value",
    "UPDATE {s}.sealed_value SET sealed = 'x'",
    "TRUNCATE {s}.sealed_value, {s}.vault_key",
    "DELETE FROM {s}.vault_key",
    "UPDATE {s}.vault_key SET wrapped = 'x'",
    "SELECT {s}.erase('anybody')",
    "ALTER TABLE {s}.event DISABLE TRIGGER ALL",
    "DROP TRIGGER keep_rows ON {s}.event",
    "DROP TABLE {s}.event CASCADE",
    "CREATE OR REPLACE FUNCTION {s}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "CREATE FUNCTION {s}.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
    "CREATE TEMP TABLE event (pos bigint)",
    "SET session_replication_role = replica",
    "SET ROLE {owner}",
    "ALTER ROLE {owner} LOGIN",
    "SET SESSION AUTHORIZATION {owner}",
    "REASSIGN OWNED BY {owner} TO CURRENT_USER",
    "ALTER TABLE {s}.event OWNER TO CURRENT_USER",
    "CREATE RULE mine AS ON INSERT TO {s}.event DO INSTEAD NOTHING",
    "DO $$ BEGIN LOCK TABLE {s}.event IN ACCESS EXCLUSIVE MODE; END $$",
    "COPY {s}.event FROM PROGRAM 'true'",
    "INSERT INTO {s}.command VALUES (gen_random_uuid(), NULL, 1)",
    "INSERT INTO {s}.log_head VALUES (false, 'mine')",
    "INSERT INTO {s}.sealed_value SELECT * FROM {s}.sealed_value",
    "INSERT INTO {s}.vault_key SELECT * FROM {s}.vault_key",
    "MERGE INTO {s}.event e USING {s}.event o ON e.pos = o.pos WHEN MATCHED THEN DELETE",
    "SELECT {s}.refuse_change()",
)

MISTAKES = (
    "UPDATE log.event SET leaf = 'x'",
    "DELETE FROM log.event",
    "TRUNCATE log.event CASCADE",
    "UPDATE log.command SET digest = NULL",
    "DELETE FROM log.command",
    "TRUNCATE log.command",
    "UPDATE log.log_head SET pos = 0",
    "UPDATE log.log_head SET name = 'asf/other'",
    "DELETE FROM log.log_head",
    "TRUNCATE log.log_head",
    "UPDATE log.sealed_value SET sealed = 'x'",
    "TRUNCATE log.sealed_value",
    "UPDATE log.vault_key SET wrapped = 'x'",
    "TRUNCATE log.vault_key CASCADE",
)

DISGUISES: tuple[dict[str, object], ...] = (
    {"e_stream": ["box-1", "box-1"]},
    {"e_version": [7, 8]},
    {"e_version": [1, None]},
    {"e_command": [1, 2]},
    {"e_command": [None, 1]},
    {"c_id": [UUID(int=5)]},
    {"c_last": [1]},
    {"c_last": [3]},
    {"e_leaf": [None, b"{}"]},
    {"c_id": [], "c_digest": [], "c_last": []},
)


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    """A database with both logs, a view, and the relay's checkpoint; one event with a text."""
    async with fresh_database(stack.postgres_admin_dsn, schemas=[VIEWS, CHECKPOINT]) as database:
        async with open_house(database) as house:
            await house.log.append([Write("box-1", (spoken,), 0)], cause=cause(1))
        yield database


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Connection]:
    """A superuser's connection."""
    async with database.as_admin() as admin:
        yield admin


async def test_each_role_has_the_rights_on_tables_that_are_written_here(
    database: Database, admin: Connection
) -> None:
    """L6: the catalogue itself is asked, for every table and right there is."""
    rows = await admin.fetch(
        """
        SELECT n.nspname, c.relname, r.role, p.privilege
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
               unnest($1::text[]) AS r (role),
               unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[])
                   AS p (privilege)
         WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname !~ '^(pg_|information_schema)'
           AND has_table_privilege($2 || '_' || r.role, c.oid, p.privilege)
        """,
        *(ROLES, database.service),
    )
    found = {place: {role: set[str]() for role in ROLES} for place in TABLES}
    for schema, table, role, privilege in rows:
        found.setdefault((schema, table), {each: set() for each in ROLES})[role].add(privilege)
    assert found == TABLES


async def test_each_role_may_execute_what_is_written_here(
    database: Database, admin: Connection
) -> None:
    """L6: nothing is left open to everybody, and no function runs with a search path of others."""
    rows = await admin.fetch(
        """
        SELECT n.nspname, p.proname, p.prosecdef, p.proconfig,
               array(SELECT role FROM unnest($1::text[]) AS r (role)
                      WHERE has_function_privilege($2 || '_' || role, p.oid, 'EXECUTE')) AS roles
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname !~ '^(pg_|information_schema)'
        """,
        *(ROLES, database.service),
    )
    for schema, name, definer, config, roles in rows:
        assert roles == (["app"] if name in FUNCTIONS else []), (schema, name)
        assert "search_path=pg_catalog, pg_temp" in config, (schema, name)
        assert definer == (name in {"append", "key_of", "erase"}), (schema, name)


async def test_roles_are_no_more_than_they_should_be(database: Database, admin: Connection) -> None:
    """L6: the owner cannot log in, nobody is a member of him, and nothing is open to the public."""
    name = database.service
    rows = await admin.fetch(
        """
        SELECT rolname, rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
               OR rolbypassrls FROM pg_roles WHERE rolname LIKE $1 || '\\_%' ORDER BY 1
        """,
        name,
    )
    assert [tuple(row) for row in rows] == [
        (f"{name}_app", True, False),
        (f"{name}_owner", False, False),
        (f"{name}_relay", True, False),
    ]
    assert (
        await admin.fetchval(
            "SELECT count(*) FROM pg_auth_members WHERE roleid = $1::regrole", f"{name}_owner"
        )
        == 0
    )
    for role in ROLES:
        for right in ("CREATE", "TEMPORARY"):
            assert not await admin.fetchval(
                "SELECT has_database_privilege($1, $2, $3)", f"{name}_{role}", name, right
            )
        assert not await admin.fetchval(
            """
            SELECT count(*) FROM pg_namespace
             WHERE nspname !~ '^pg_toast' AND has_schema_privilege($1, oid, 'CREATE')
            """,
            f"{name}_{role}",
        )


async def test_a_stranger_does_not_get_in(stack: Stack, database: Database) -> None:
    """L6: the role of another service may not even connect."""
    async with fresh_database(stack.postgres_admin_dsn) as other:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(other.app_dsn, database=database.service)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("schema", ["log", "access"])
async def test_no_role_of_a_service_changes_history(
    database: Database, role: str, schema: str
) -> None:
    """L6: every way that we could think of, as everybody who runs."""
    connection = await asyncpg.connect(database.app_dsn if role == "app" else database.relay_dsn)
    for change in CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change.format(s=schema, owner=f"{database.service}_owner"))
    await connection.close()


@pytest.mark.parametrize("replication_role", ["origin", "replica"])
async def test_not_even_a_superuser_changes_history_by_mistake(
    admin: Connection, replication_role: str
) -> None:
    """L6: the triggers are always on, also where replication would skip them."""
    await admin.execute(f"SET session_replication_role = {replication_role}")
    for change in MISTAKES:
        with pytest.raises(asyncpg.RestrictViolationError, match="history does not change"):
            await admin.execute(change)


async def call(connection: Connection, command: Command, **changed: object) -> list[Outcome]:
    """Call the append function itself, with some of its arguments changed."""
    names = ("c_id", "c_digest", "c_last", "e_command", "e_stream", "e_version", "e_leaf")
    types = ("uuid", "uuid", "integer", "integer", "text", "integer", "bytea")
    given = dict(zip(names, arguments([command]), strict=False)) | changed
    places = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(types, start=1))
    rows = await connection.fetch(
        f"SELECT * FROM log.append({places}, NULL, NULL, NULL, NULL)",  # noqa: S608 -- ours
        *(given[name] for name in names),
    )
    return [Outcome(*row) for row in rows]


async def composed(house: House, number: int, version: int = 0) -> Command:
    """Return a good command on ``box-9``."""
    made: Composed = await house.log._composer.compose(
        [Write("box-9", (opened, Counted(number=1)), version)], cause(number), [None]
    )
    return made.command


async def test_a_row_says_nothing_but_what_its_record_says(
    database: Database, house: House
) -> None:
    """L6: a role that may append cannot disguise a record, nor choose where it stands."""
    connection = await asyncpg.connect(database.app_dsn)
    command = await composed(house, 9)
    for disguise in DISGUISES:
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await call(connection, command, **disguise)
    await connection.close()
    assert await house.log.head() == 1


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"version":1', b'"version":"1"'),
        (b'"version":1', b'"version":1.0'),
        (b'"correlation_id":', b'"of_nobody":'),
        (b'"correlation_id":"', b'"correlation_id":null,"was":"'),
    ],
)
async def test_a_record_that_could_not_be_sealed_is_not_taken(
    database: Database, house: House, written: bytes, instead: bytes
) -> None:
    """Section 7: one record that its ledger cannot read would end the sealing of all others."""
    connection = await asyncpg.connect(database.app_dsn)
    command = await composed(house, 9)
    good: list[bytes] = arguments([command])[6] or []
    leaves = [leaf.replace(written, instead, 1) for leaf in good]
    assert leaves != good
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await call(connection, command, e_leaf=leaves)
    await connection.close()
    assert await house.log.head() == 1


async def test_a_version_beyond_the_next_is_no_version(database: Database, house: House) -> None:
    """L2: no gap, whoever calls the function and whatever the record says."""
    connection = await asyncpg.connect(database.app_dsn)
    assert await call(connection, await composed(house, 9, version=4)) == [
        Outcome("moved", None, 0)
    ]
    assert await call(connection, await composed(house, 9)) == [Outcome("accepted", 3, 2)]
    await connection.close()


@pytest.mark.parametrize("minutes", [-1, 1], ids=["back-dated", "post-dated"])
async def test_a_record_cannot_bear_another_time(database: Database, minutes: int) -> None:
    """L6: the database's clock is the judge; neighbours in the batch are not touched."""

    def now() -> datetime:
        task = asyncio.current_task()
        wrong = task is not None and task.get_name() == "box-8"
        return clock.now() + timedelta(minutes=minutes if wrong else 0)

    async with open_house(database, now=now) as house:
        puts = [
            asyncio.ensure_future(
                house.log.append([Write(f"box-{number}", (opened,), 0)], cause=cause(number))
            )
            for number in (8, 9)
        ]
        puts[0].set_name("box-8")
        answers = await asyncio.gather(*puts, return_exceptions=True)
    assert isinstance(answers[0], RecordRefused)
    assert not isinstance(answers[1], BaseException)


async def test_a_record_with_another_time_is_turned_down_by_the_function_itself(
    database: Database, admin: Connection
) -> None:
    """L6: the time is read in the record, not in what the caller says about it."""
    late = clock.now() - timedelta(milliseconds=SKEW_MAX_MS + 1_000)
    connection = await asyncpg.connect(database.app_dsn)
    async with open_house(database, now=lambda: late) as house:
        command = await composed(house, 9)
    assert await call(connection, command) == [Outcome("untimely", None, None)]
    without = [leaf.replace(b"recorded_at", b"recorded_aT") for leaf in leaves(command)]
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await call(connection, command, e_leaf=without)
    await connection.close()
    stamps = await admin.fetch("SELECT clock_timestamp() - appended_at AS age FROM log.event")
    assert all(timedelta() <= row["age"] < timedelta(minutes=5) for row in stamps)


def leaves(command: Command) -> list[bytes]:
    """Return the leaves of ``command``."""
    return [entry.leaf for entry in command.entries]


async def test_a_log_made_for_simulated_time_takes_any_time_and_says_so(stack: Stack) -> None:
    """House: such records can never pass for real ones."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    async with (
        fresh_database(stack.postgres_admin_dsn, simulated=True) as database,
        open_house(database, now=lambda: long_ago) as house,
    ):
        await house.log.append([Write("box-1", (opened,), 0)], cause=cause(1))
        assert house.log.simulated
        assert (await house.log.load("box-1")).recorded == (long_ago,)
    assert not clock.simulated()


async def test_people_can_read_what_a_record_says(admin: Connection, database: Database) -> None:
    """House: a view for people; programs read the leaf."""
    row = await admin.fetchrow("SELECT pos, log, stream, version, type, data FROM log.record")
    assert row is not None
    assert tuple(row)[:5] == (1, f"asf/{database.service}", "box-1", 1, "Spoken")
    assert "speaker_id" in row["data"]


def test_an_entry_is_what_the_function_takes() -> None:
    """House: the arrays of the function are made in one place."""
    one = Command(UUID(int=1), None, (Entry("a", 1, b"x"), Entry("b", 4, b"y")))
    assert arguments([one]) == (
        *([UUID(int=1)], [None], [2]),
        *([1, 1], ["a", "b"], [1, 4], [b"x", b"y"]),
        *(None, None, None, None),
    )

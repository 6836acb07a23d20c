"""L6: what each role of each service may do, once its ``migrate`` has been at a real database.

The catalogue is asked for everything that is there, so a table, a function or a grant that
somebody adds is found here, whether or not anybody thought of it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.eventlog.connection import Connection
from tests.eventlog.test_rights import CHANGES, FUNCTIONS, READ_AND_WRITE, ROLES
from tests.process.house import CHECKOUT, MONDAY, House
from tests.stack import emptied

pytestmark = pytest.mark.integration

SERVICES = sorted(path.parent.name for path in (CHECKOUT / "services").glob("*/main.py"))
LOGS = ("log", "access")
KEPT_FROM_THE_RELAY = {"command", "vault_key", "sealed_value"}
PROGRESS = {"position", "stopped_position", "stopped_reason"}
"""What the application may write of ``view_state``: how far a view is, and not which is live."""

TABLES = """
    SELECT n.nspname, c.relname, r.role, p.privilege
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
           unnest($1::text[]) AS r (role),
           unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[])
               AS p (privilege)
     WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname !~ '^(pg_|information_schema)'
       AND has_table_privilege($2 || '_' || r.role, c.oid, p.privilege)
"""
COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, r.role, p.privilege
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace,
           unnest($1::text[]) AS r (role), unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[])
               AS p (privilege)
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
       AND n.nspname !~ '^(pg_|information_schema)'
       AND has_column_privilege($2 || '_' || r.role, c.oid, a.attnum, p.privilege)
       AND NOT has_table_privilege($2 || '_' || r.role, c.oid, p.privilege)
"""
EXECUTED = """
    SELECT n.nspname, p.proname, p.prosecdef, p.proconfig,
           array(SELECT role FROM unnest($1::text[]) AS r (role)
                  WHERE has_function_privilege($2 || '_' || role, p.oid, 'EXECUTE')) AS roles
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^(pg_|information_schema)' AND p.prorettype <> 'trigger'::regtype
"""
SEQUENCES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
           unnest($1::text[]) AS r (role)
     WHERE c.relkind = 'S' AND n.nspname !~ '^pg_'
       AND has_sequence_privilege($2 || '_' || r.role, c.oid, 'UPDATE')
"""
MADE = """
    SELECT n.nspname, r.role FROM pg_namespace n, unnest($1::text[]) AS r (role)
     WHERE n.nspname !~ '^pg_toast'
       AND has_schema_privilege($2 || '_' || r.role, n.oid, 'CREATE')
"""
OWNED = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = ANY($1)
    UNION ALL
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
     WHERE r.rolname = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class Migrated:
    """A service's database as its ``migrate`` made it."""

    service: str
    dsns: dict[str, str]
    admin_dsn: str

    @asynccontextmanager
    async def connection(self, role: str | None = None) -> AsyncIterator[Connection]:
        """Yield a connection as ``role``; ``None``: the superuser."""
        dsn = self.admin_dsn if role is None else self.dsns[role]
        connection = await asyncpg.connect(dsn, database=self.service)
        try:
            yield connection
        finally:
            await connection.close()

    async def asked(self, question: str) -> list[asyncpg.Record]:
        """Return what the catalogue answers for both roles of the service."""
        async with self.connection() as admin:
            return list(await admin.fetch(question, ROLES, self.service))


@pytest.fixture(scope="module", params=SERVICES)
def migrated(
    request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Migrated]:
    """Each service's database in turn."""
    name: str = request.param
    folder: Path = tmp_path_factory.mktemp(name)
    with emptied(stack, MONDAY):
        house = House(stack, folder, name, f"services.{name}.main")
        house.set_clock(MONDAY)
        house.migrate()
        told = house.environment(1)
        prefix = name.upper()
        dsns = {"app": told[f"{prefix}_DATABASE_DSN"], "relay": told[f"{prefix}_RELAY_DSN"]}
        yield Migrated(name, dsns, stack.postgres_admin_dsn)


def promised(service: str, schema: str, table: str) -> dict[str, set[str]]:
    """Return the rights on a table that each role is to have."""
    nothing, read = set[str](), {"SELECT"}
    if schema in LOGS:
        return {"app": read, "relay": nothing if table in KEPT_FROM_THE_RELAY else read}
    if schema == "relay":
        return {"app": nothing, "relay": READ_AND_WRITE}
    if schema == "ledger":
        return {"app": read, "relay": {"SELECT", "INSERT"}}
    assert schema in {"consumer", service}, f"nobody has said who may use {schema}.{table}"
    return {"app": read if table == "view_state" else READ_AND_WRITE, "relay": nothing}


async def test_no_role_has_more_rights_on_tables_than_promised(migrated: Migrated) -> None:
    """L6: every table there is, every right there is; the logs can be read and nothing else."""
    async with migrated.connection() as admin:
        places = await admin.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
            " UNION SELECT schemaname, viewname FROM pg_views"
            " WHERE schemaname !~ '^(pg_|information)'"
        )
    found = {(schema, table): {role: set[str]() for role in ROLES} for schema, table in places}
    for schema, table, role, privilege in await migrated.asked(TABLES):
        found[schema, table][role].add(privilege)
    assert {("log", "event"), ("access", "event"), ("relay", "checkpoint")} <= found.keys()
    assert found == {(s, t): promised(migrated.service, s, t) for s, t in found}


async def test_no_role_has_a_right_on_a_column_behind_the_tables_back(migrated: Migrated) -> None:
    """L6: a grant on one column does not show among the grants on its table."""
    rows = await migrated.asked(COLUMNS)
    assert {tuple(row) for row in rows} == {
        (migrated.service, "view_state", column, "app", "UPDATE") for column in PROGRESS
    } | {("ledger", "tile", "data", "relay", "UPDATE")}  # it grows: tests/ledger/test_store.py


async def test_no_role_may_execute_or_make_more_than_promised(migrated: Migrated) -> None:
    """L6: whoever runs can neither make nor own anything, nor set a sequence."""
    executed = {
        (schema, name): (definer, roles, "search_path=pg_catalog, pg_temp" in (config or ()))
        for schema, name, definer, config, roles in await migrated.asked(EXECUTED)
    }
    allowed = {name for (_, name), (_, roles, _) in executed.items() if roles}
    assert allowed == FUNCTIONS | {"swap_view"}
    assert all(roles in ([], ["app"]) for _, roles, _ in executed.values())
    assert all(pinned for definer, _, pinned in executed.values() if definer)
    assert await migrated.asked(SEQUENCES) == []
    assert await migrated.asked(MADE) == []
    async with migrated.connection() as admin:
        roles = [f"{migrated.service}_{role}" for role in ROLES]
        assert await admin.fetch(OWNED, roles) == []
        assert not await admin.fetchval(
            "SELECT EXISTS (SELECT FROM pg_auth_members WHERE member::regrole::text = ANY($1))",
            roles,
        )


async def test_only_the_services_own_roles_may_connect(migrated: Migrated) -> None:
    """L6: neither everybody nor the roles of another service."""
    async with migrated.connection() as admin:
        rows = await admin.fetch(
            "SELECT rolname FROM pg_roles WHERE has_database_privilege(rolname, $1, 'CONNECT')"
            " AND NOT rolsuper AND rolcanlogin ORDER BY 1",
            migrated.service,
        )
    assert [row["rolname"] for row in rows] == [f"{migrated.service}_{role}" for role in ROLES]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("schema", LOGS)
async def test_no_role_of_this_service_changes_history(
    migrated: Migrated, role: str, schema: str
) -> None:
    """L6: every way that we could think of, in the database that the service really has."""
    tried = [
        change.format(s=schema, owner=f"{migrated.service}_owner")
        for change in CHANGES
        if "TEMP TABLE" not in change  # views are compared in one; it shadows nothing of the log
    ]
    async with migrated.connection(role) as connection:
        for change in tried:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)

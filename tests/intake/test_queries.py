"""The statements of intake, put to a real PostgreSQL with the tables of ``schema.sql``."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from services.intake.main import SCHEMA, service
from services.intake.queries import ApplicationFilter, PostgresLists
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.eventlog import Write
from shared.eventlog.projector import Pages, Projector
from shared.eventlog.projector_migrate import ViewTables, migrate_views
from shared.testing.memory import MemoryLog
from tests.intake.facts import (
    APPLICATION,
    BETA,
    INVOICE,
    LATER,
    LEADER,
    OTHER_APPLICATION,
    STRANGER,
    interested,
    issued,
    screening,
    submitted,
)

pytestmark = pytest.mark.integration

OWNER, APP, PASSWORD = "intake_test_owner", "intake_test_app", "only-in-tests"
OTHER_INVOICE: Final = UUID(int=2)
NOWHERE: Final = str(UUID(int=0))
LIMIT: Final = 9
_other = {"application_id": OTHER_APPLICATION, "organisation_number": BETA}
HISTORIES: dict[str, tuple[Event, ...]] = {
    f"application-{APPLICATION}": (interested, submitted, screening),
    f"application-{OTHER_APPLICATION}": (
        interested.model_copy(update={**_other, "registered_at": LATER}),
        submitted.model_copy(update=_other),
        screening.model_copy(update={"application_id": OTHER_APPLICATION, "screener_id": STRANGER}),
    ),
    f"invoice-{INVOICE}": (issued,),
    f"invoice-{OTHER_INVOICE}": (
        issued.model_copy(update={**_other, "invoice_id": OTHER_INVOICE, "number": 2}),
    ),
}


@pytest.fixture
async def lists(stack: Stack) -> AsyncIterator[PostgresLists]:
    """Return the lists, in a schema of their own, when every view has come to the log's head."""
    admin = await asyncpg.connect(stack.postgres_admin_dsn)
    await admin.execute(
        f"DO $$ BEGIN CREATE ROLE {OWNER} NOLOGIN; CREATE ROLE {APP} LOGIN PASSWORD '{PASSWORD}';"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    tables = ViewTables("intake_test", OWNER, APP, SCHEMA, service.views, service.timers)
    await migrate_views(admin, tables)
    try:
        async with asyncpg.create_pool(
            stack.postgres_admin_dsn,
            user=APP,
            password=PASSWORD,
            min_size=0,
            max_size=4,
            server_settings={"search_path": "intake_test"},
        ) as pool:
            projector = Projector(pool, Pages(await _log(), event_of), "intake_test")
            for view in tables.every:
                while await projector.advance(view):
                    pass
            yield PostgresLists(pool)
    finally:
        await admin.execute('DROP SCHEMA "intake_test", "intake_test_next" CASCADE')
        await admin.close()


async def _log() -> MemoryLog:
    """Return a log with an application and an invoice of each of two firms."""
    log = MemoryLog("intake")
    for number, (stream, events) in enumerate(HISTORIES.items(), start=7_000):
        made = UUID(int=number)
        cause = Cause(Actor(LEADER, "policy"), made, made, made)
        await log.append([Write(stream, events, 0)], cause=cause)
    return log


async def applications(
    lists: PostgresLists, wanted: ApplicationFilter, after: UUID | str
) -> list[UUID]:
    """Return the ids of the applications that follow ``after``."""
    rows = await lists.applications(wanted, after=str(after), limit=LIMIT)
    return [row.application.application_id for row in rows]


async def invoices(lists: PostgresLists, firm: str | None, after: UUID | str) -> list[UUID]:
    """Return the ids of the invoices that follow ``after``."""
    rows = await lists.invoices(
        organisation_number=firm, application_id=None, after=str(after), limit=LIMIT
    )
    return [row.invoice_id for row in rows]


async def test_a_page_follows_the_one_before(lists: PostgresLists) -> None:
    """Conventions, section 1: keyset paging, for all and for one firm."""
    every, beta = ApplicationFilter(), ApplicationFilter(organisation_number=BETA)
    assert await applications(lists, every, APPLICATION) == [OTHER_APPLICATION]
    assert await applications(lists, beta, OTHER_APPLICATION) == []
    assert await invoices(lists, None, INVOICE) == [OTHER_INVOICE]
    assert await invoices(lists, BETA, OTHER_INVOICE) == []


async def test_a_cursor_says_nothing_of_what_the_reader_may_not_know(
    lists: PostgresLists,
) -> None:
    """SOD-14: the id of another firm's application is as one that there is not."""
    beta = ApplicationFilter(organisation_number=BETA)
    assert await applications(lists, beta, NOWHERE) == []
    assert await applications(lists, beta, APPLICATION) == []
    screened = ApplicationFilter(screener_id=STRANGER)
    assert await applications(lists, screened, APPLICATION) == []
    assert await invoices(lists, BETA, NOWHERE) == await invoices(lists, BETA, INVOICE) == []

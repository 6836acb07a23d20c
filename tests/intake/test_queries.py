"""The statements of intake, put to a real PostgreSQL with the tables of ``schema.sql``."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import pytest

from deploy.local.stack import Stack
from services.intake.main import service
from services.intake.queries import ApplicationFilter, PostgresLists
from shared.contracts.base import Event
from tests.intake.facts import (
    APPLICATION,
    BETA,
    INVOICE,
    LATER,
    OTHER_APPLICATION,
    STRANGER,
    interested,
    issued,
    screening,
    submitted,
)
from tests.projector.kept import views_kept

pytestmark = pytest.mark.integration

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
    async with views_kept(stack, service, HISTORIES) as pool:
        yield PostgresLists(pool)


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

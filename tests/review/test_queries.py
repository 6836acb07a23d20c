"""The statements of review, put to a real PostgreSQL with the tables of ``schema.sql``."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from services.review.main import service
from services.review.queries import Lists
from shared.contracts.base import Event
from shared.contracts.roles import Role
from tests.projector.kept import views_kept
from tests.review.decider.test_appointment import made as appointed
from tests.review.decider.test_appointment import proposed
from tests.review.decider.test_before_review import declared as tied
from tests.review.decider.test_before_review import part_noted
from tests.review.facts import (
    ALFA,
    APPLICATION,
    BETA,
    REVIEW,
    REVIEWER,
    enrolled,
    opened,
    ready,
    started,
)

pytestmark = pytest.mark.integration

HISTORIES: dict[str, tuple[Event, ...]] = {
    f"cohort-{opened.round_id}": (enrolled,),
    f"casefile-{APPLICATION}": (part_noted,),
    f"tie-{REVIEWER}": (tied,),
    f"appointment-{REVIEWER}": (proposed, appointed),
    f"assessment-{APPLICATION}": (started,),
    f"review-{REVIEW}": ready,
}


@pytest.fixture
async def lists(stack: Stack) -> AsyncIterator[Lists]:
    """Return the lists, in a schema of their own, when every view has come to the log's head."""
    async with views_kept(stack, service, HISTORIES) as pool:
        yield Lists(pool)


async def test_reviews_are_listed_for_all_and_for_one_firm(lists: Lists) -> None:
    """Conventions, section 1: keyset paging; a firm sees its own."""
    (case,) = await lists.reviews(of=None, after="", limit=2)
    assert (case.review_id, case.status) == (REVIEW, "recommended")
    assert await lists.reviews(of=ALFA, after="", limit=2) == (case,)
    assert await lists.reviews(of=BETA, after="", limit=2) == ()
    assert await lists.reviews(of=None, after=str(REVIEW), limit=2) == ()


async def test_appointments_are_listed_by_role(lists: Lists) -> None:
    """APT-1: who may act as what."""
    (row,) = await lists.appointments(role=Role.REVIEWER, after="", limit=9)
    assert (row.person_id, row.status) == (REVIEWER, "active")
    assert await lists.appointments(role=Role.CERTIFIER, after="", limit=9) == ()
    assert await lists.appointments(role=None, after="", limit=9) == (row,)


async def test_the_records_of_ties_parts_and_duties_are_found_by_firm(lists: Lists) -> None:
    """SOD-1, SOD-2, SOD-5: what the bars are checked against."""
    (case,) = await lists.cases_of(ALFA)
    assert [held.part for held in case.parts] == [part_noted.part]
    (tie,) = await lists.ties_to(ALFA)
    assert tie == tied
    (duty,) = await lists.duties_on({ALFA, BETA})
    assert {person for person, _ in duty.duties()} >= {REVIEWER}
    assert await lists.cases_of(BETA) == ()
    assert await lists.ties_to(BETA) == ()
    assert await lists.duties_on({BETA}) == ()


async def test_deadlines_are_due_by_their_instants(lists: Lists) -> None:
    """SAS-2: the timer's table has a row for each reminder and for the deadline."""
    rows = await lists.pool.fetch("SELECT key FROM deadline ORDER BY at")
    assert [row["key"].rpartition(":")[2] for row in rows] == ["30", "14", "7", "1", "0"]

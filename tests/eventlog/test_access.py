"""GEN-8: what is remembered without being an event; in memory and on PostgreSQL alike."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import pytest

from deploy.local.stack import Stack
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role
from shared.eventlog import ACCESS_ENTRIES_MAX, AccessEntry
from shared.eventlog.access import READ, PostgresAccessLog
from shared.testing.memory import MemoryAccessLog
from tests.eventlog.house import fresh_database, open_house

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
CASE = UUID(int=10)

Access: TypeAlias = PostgresAccessLog | MemoryAccessLog


def entry(number: int, *, case: UUID | None = None, code: str = "not_your_case") -> AccessEntry:
    """Return the entry of command ``number``."""
    return AccessEntry(
        command_id=UUID(int=number),
        actor=Actor(UUID(int=7), Role.REVIEWER, organisation="Bolaget"),
        command="AssignReviewer",
        stream="review-1",
        code=code,
        at=MONDAY + timedelta(minutes=number),
        case=case,
    )


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
async def access(request: pytest.FixtureRequest) -> AsyncIterator[Access]:
    """Return an empty access log of each kind in turn."""
    if request.param == "memory":
        yield MemoryAccessLog(now=lambda: MONDAY)
    else:
        stack: Stack = request.getfixturevalue("stack")
        async with (
            fresh_database(stack.postgres_admin_dsn, simulated=True) as database,
            open_house(database, now=lambda: MONDAY) as house,
        ):
            yield house.access


async def test_an_entry_comes_back_as_it_was(access: Access) -> None:
    """GEN-8: who, as what, asked what of which stream, the answer's code, and when."""
    entries = [entry(1, case=CASE), entry(2), entry(3, code=READ)]
    for each in entries:
        await access.record(each)
    assert [placed.entry for placed in await access.entries()] == entries
    assert [placed.position for placed in await access.entries()] == [1, 2, 3]


async def test_asking_again_adds_no_second_entry(access: Access) -> None:
    """GEN-8: one entry per command id; the first one counts."""
    await access.record(entry(1))
    await access.record(entry(1, code="something_else"))
    assert [placed.entry for placed in await access.entries()] == [entry(1)]


async def test_the_entries_of_one_case_are_read_in_pages(access: Access) -> None:
    """House: keyset paging; every page is bounded."""
    for number in range(1, 8):
        await access.record(entry(number, case=CASE if number % 2 else None))
    first = await access.entries(case=CASE, limit=2)
    rest = await access.entries(case=CASE, after=first[-1].position, limit=10)
    assert [placed.position for placed in (*first, *rest)] == [1, 3, 5, 7]
    assert len(await access.entries(limit=ACCESS_ENTRIES_MAX * 2)) == 7
    assert await access.entries(case=UUID(int=11)) == ()

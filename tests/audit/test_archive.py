"""The archive in PostgreSQL against the mirror in memory: the same answers, whatever is asked and however it came."""

import asyncio
import random  # noqa: TID251 -- seeded: the same every time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.local.stack import Stack
from services.audit.consumers.listing import list_some
from services.audit.main import SCHEMA
from services.audit.policy import Range
from services.audit.queries import (
    BEGINNING,
    LOGS,
    Cell,
    Histories,
    HistoryRow,
    Index,
    Mirrored,
    Order,
    Span,
    Wanted,
    whole,
)
from services.audit.views.as_of import Extent, Hole, Vector
from services.audit.views.facets import Facet, key_of, keys_of
from services.audit.views.parts import parts_of
from shared.contracts.envelope import Actor
from shared.contracts.record import decode, encode, leaf_hash
from shared.contracts.roles import Role
from shared.eventlog.connection import connect
from tests.audit.api import house as memory
from tests.audit.api.house import MONDAY, record
from tests.audit.test_mirror import House, opened

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CASES = tuple(UUID(int=n) for n in range(1, 4))
PEOPLE = tuple(UUID(int=n) for n in range(11, 14))
ROLES = (Role.REVIEWER, Role.CERTIFIER, Role.APPLICANT)
TYPES = ("CriterionReviewed", "CertificationApproved", "SomethingNewer")
ORDERS: tuple[Order, ...] = ("recorded", "effective")
SERVICES = tuple(log.removeprefix("asf/") for log in LOGS)


def made(chance: random.Random, log: str, position: int) -> Mirrored:
    """Return a record about few things, at few instants, so that much of it coincides."""
    at = MONDAY + timedelta(seconds=chance.randrange(6))
    case = chance.choice(CASES)
    plain = record(log.removeprefix("asf/"), 1)._replace(
        stream=f"story-{position}",
        type=chance.choice(TYPES),
        correlation_id=case,
        recorded_at=at,
        effective_at=at + timedelta(seconds=chance.randrange(-3, 3)),
        actor=Actor(chance.choice(PEOPLE), chance.choice(ROLES)),
        data={
            "application_ids": [str(case), str(chance.choice(CASES))],
            "reviewer_id": str(chance.choice(PEOPLE)),
            "criterion": chance.choice(["3.1", "3.2"]),
        },
    )
    leaf = encode(plain)
    return Mirrored(
        log=log,
        position=position,
        leaf=leaf,
        hash=leaf_hash(leaf),
        stream=plain.stream,
        version=1,
        type=plain.type,
        recorded_at=plain.recorded_at,
        effective_at=plain.effective_at,
        keys=keys_of(plain),
        parts=parts_of(plain),
    )


@dataclass
class Both:
    """The same records in PostgreSQL and in memory."""

    house: House
    kept: memory.House = field(default_factory=memory.House)

    async def keep(self, each: Mirrored) -> None:
        """Keep a record on both sides."""
        assert (await self.house.mirror.keep(each)).fresh
        self.kept.leaves[each.log, each.position] = each.leaf

    async def lose(self, log: str, gap: Range, until: int) -> None:
        """Let the watch report a gap and look further."""
        await self.house.mirror.keep_gap(log, gap)
        await self.house.mirror.check(log, until)


@pytest.fixture
async def both(stack: Stack) -> AsyncIterator[Both]:
    """Two empty mirrors."""
    async with opened(stack) as found:
        yield Both(found)


def questions(chance: random.Random, as_of: Vector) -> Wanted:
    """Return something to ask."""
    facets: dict[Facet, str] = {
        "case": str(chance.choice(CASES)),
        "person": str(chance.choice(PEOPLE)),
        "role": str(chance.choice(ROLES)),
        "type": chance.choice(TYPES),
        "criterion": chance.choice(["3.1", "3.2", "3.9"]),
        "service": chance.choice(SERVICES),
    }
    chosen = chance.sample(sorted(facets), chance.randrange(1, 4))

    def span() -> Span:
        if chance.random() < 0.5:
            return Span()
        first = MONDAY + timedelta(seconds=chance.randrange(-3, 6))
        return Span(first, first + timedelta(seconds=chance.randrange(5)))

    keys = tuple(key_of(facet, facets[facet]) for facet in facets if facet in chosen)
    return Wanted(keys, as_of, span(), span(), chance.choice(ORDERS))


async def read(archive: Histories, wanted: Wanted, limit: int) -> list[HistoryRow]:
    """Return all that is wanted, in pages of ``limit``."""
    found: list[HistoryRow] = []
    after = BEGINNING
    while page := await archive.history(wanted, after=after, limit=limit):
        found += page
        after = page[-1].place(wanted.order)
    return found


async def cells(
    side: Histories, as_of: Vector, limit: int, *, case: UUID | None, person: UUID | None
) -> list[Cell]:
    """Return the matrix of a case or of a person, in pages of ``limit``."""
    found: list[Cell] = []
    after = (UUID(int=0), "")
    while page := await side.parts(case=case, person=person, as_of=as_of, after=after, limit=limit):
        found += page
        last = page[-1]
        after = (last.person if person is None else last.case, last.part)
    return found


async def test_every_question_has_the_same_answer_as_over_a_list(both: Both) -> None:
    """AUD-1: any combination, in either order of time, page by page, whole and as of less."""
    chance = random.Random(8)  # noqa: S311 -- to be the same again
    records = [made(chance, log, position) for log in LOGS for position in range(1, 41)]
    for each in chance.sample(records, len(records)):
        await both.keep(each)
    archive, answered = both.house.mirror, 0
    assert await archive.extents() == await both.kept.extents()
    for _ in range(150):
        as_of = {log: Extent(chance.randrange(41)) for log in LOGS}
        wanted = questions(chance, as_of)
        expected = await read(both.kept, wanted, 1_000)
        assert await read(archive, wanted, chance.choice([1, 3, 1_000])) == expected
        answered += len(expected) > 1
    assert answered > 40


async def test_the_matrix_is_the_same_as_over_a_list(both: Both) -> None:
    """SOD-1 to SOD-9: by case and by person, page by page, whole and as of less."""
    chance = random.Random(9)  # noqa: S311 -- to be the same again
    records = [made(chance, log, position) for log in LOGS for position in range(1, 21)]
    for each in chance.sample(records, len(records)):
        await both.keep(each)
    for size in (0, 3, 20):
        as_of = {log: Extent(size) for log in LOGS}
        for case, person in (*((c, None) for c in CASES), *((None, p) for p in PEOPLE)):
            for limit in (1, 100):
                here, there = [
                    await cells(side, as_of, limit, case=case, person=person)
                    for side in (both.house.mirror, both.kept)
                ]
                assert here == there
                assert len(here) > 3 or size < 20


async def test_what_was_fixed_stays_whatever_comes(both: Both) -> None:
    """AUD-1: records behind, between and before; gaps that fill in; out of order, many at once."""
    chance = random.Random(10)  # noqa: S311 -- to be the same again
    log, other = "asf/review", "asf/intake"
    first = {p: made(chance, log, p) for p in range(1, 61)}
    late = {7, 20, 21, 22, 40}
    for position in sorted({*first} - late):
        await both.keep(first[position])
    await both.lose(log, Range(7, 7), 30)
    await both.lose(log, Range(20, 22), 30)
    archive = both.house.mirror
    vector, listed = await archive.extents()
    assert listed
    assert vector[log] == Extent(39, (Hole(7, 7), Hole(20, 22)))
    asked = [questions(chance, vector) for _ in range(30)]
    before = [await read(archive, wanted, 2) for wanted in asked]
    assert sum(map(len, before)) > 30
    more = [first[p] for p in late] + [made(chance, log, p) for p in range(61, 90)]
    more += [made(chance, other, p) for p in range(1, 30)]
    chance.shuffle(more)

    async def arrive() -> None:
        for each in more:
            await both.keep(each)

    async def look() -> None:
        for _ in range(3):
            for wanted, then in zip(asked, before, strict=True):
                assert await read(archive, wanted, 2) == then

    await asyncio.gather(arrive(), look())
    await look()
    now, _ = await archive.extents()
    assert (now[log], now[other]) == (Extent(89), Extent(29))


async def test_a_gap_that_nobody_reported_yet_is_waited_for(both: Both) -> None:
    """L3: what is behind it is not shown: it would change under the reader."""
    chance = random.Random(11)  # noqa: S311 -- to be the same again
    for position in (1, 2, 4, 5):
        await both.keep(made(chance, "asf/notify", position))
    vector, _ = await both.house.mirror.extents()
    assert vector["asf/notify"] == Extent(2)
    await both.keep(made(chance, "asf/notify", 3))
    vector, _ = await both.house.mirror.extents()
    assert vector["asf/notify"] == Extent(5)


async def test_the_index_is_made_again_from_the_mirror(both: Both) -> None:
    """House: of a mirror that is older than it; until it is whole, nothing passes for the whole."""
    chance = random.Random(12)  # noqa: S311 -- to be the same again
    for position in range(1, 31):
        await both.keep(made(chance, "asf/review", position))
    archive = both.house.mirror
    wanted = questions(chance, {log: Extent(30) for log in LOGS})
    wanted = replace(wanted, keys=wanted.keys[:1], recorded=Span(), effective=Span())
    before = await whole(archive, wanted, limit=100)
    async with connect(both.house.admin, name="test") as connection:
        await connection.execute(
            f"SET ROLE audit_alone_owner; SET search_path = audit;"
            f"DROP TABLE mirror_facet, mirror_part; {SCHEMA}"
        )
        await connection.execute(
            "GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA audit TO audit_alone_app"
        )
    assert await archive.extents() == ({**(await archive.extents())[0]}, False)
    late = made(chance, "asf/review", 31)
    await both.keep(late)
    index = Index(both.house.pool)
    while await list_some(index):
        pass
    vector, listed = await archive.extents()
    assert listed
    assert vector["asf/review"] == Extent(31)
    assert await whole(archive, wanted, limit=100) == before
    assert decode(before[0].leaf).log == "asf/review"
    rows = await both.house.pool.fetch("SELECT count(*) FROM mirror_part")
    assert rows[0][0] > 30

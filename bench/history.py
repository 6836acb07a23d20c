"""The history of a case while the mirror grows: what an auditor waits for, at each size.

``python -m bench.history`` starts a database of its own. The mirror is filled with cases of a hundred
records over all logs, fifty of them at work at any time, listed as the mirror lists them. At each size
the same questions are asked: what is held now, and a page of a case, as its entries with sentences.
The figure is the p99 at the largest size over that at the smallest; beside it, the same for a question
that names a case and a person, and for the matrix of a case.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import structlog
import uvloop

from bench.settings import BenchSettings
from deploy.local.stack import Stack
from services.audit.api.histories import entry_of
from services.audit.main import SCHEMA
from services.audit.queries import LOGS, Archive, Wanted
from services.audit.views.facets import key_of, keys_of
from services.audit.views.parts import parts_of
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode, leaf_hash
from shared.contracts.roles import Role
from shared.eventlog.connection import Pool, connect, open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from tests.stack import folder_of_its_own, settings_of_its_own

CASE_RECORDS: Final = 100
OPEN: Final = 50
"""Cases at work at one time."""

SMALLEST: Final = 10_000
ASKED: Final = 1_000
"""Questions of each kind at each size."""

PAGE: Final = 200
GROWTH_MAX: Final = 2.0
COPIED: Final = 10_000
BEGUN: Final = datetime(2019, 6, 17, 8, tzinfo=UTC)
NAMES: Final = UUID("7e1a0000-0000-4000-8000-000000000002")
REVIEWERS: Final = tuple(uuid5(NAMES, f"reviewer {n}") for n in range(20))
TABLES: Final = {
    "mirror": (*("log", "position", "leaf", "hash", "stream", "version", "type", "recorded_at"),),
    "mirror_facet": ("key", "recorded_at", "effective_at", "rank", "position"),
    "mirror_part": ("person", "case_id", "part", "begins", "at", "rank", "position"),
}


class Filled(NamedTuple):
    """The rows of one record, by table."""

    mirror: tuple[Any, ...]
    facets: list[tuple[Any, ...]]
    parts: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Measured:
    """p99 in milliseconds, by kind of question and then by size."""

    p99_ms: dict[str, dict[int, float]]

    def growth(self, kind: str) -> float:
        """Return p99 at the largest size over that at the smallest."""
        by_size = self.p99_ms[kind]
        return by_size[max(by_size)] / by_size[min(by_size)]

    def __str__(self) -> str:
        """Return the lines to print."""
        return "\n".join(
            f"p99 of {kind}, {max(by_size):,} events / {min(by_size):,}: {self.growth(kind):.2f}"
            f" (gate {GROWTH_MAX}; "
            + ", ".join(f"{ms:.1f} ms at {size:,}" for size, ms in sorted(by_size.items()))
            + f", {ASKED:,} questions each)"
            for kind, by_size in self.p99_ms.items()
        )


def case_of(number: int) -> int:
    """Return the case of the record with that number: fifty cases take turns, then the next fifty."""
    batch, place = divmod(number, OPEN * CASE_RECORDS)
    return batch * OPEN + place % OPEN


def case_id(case: int) -> UUID:
    """Return the id of a case."""
    return uuid5(NAMES, f"case {case}")


def records() -> Iterator[tuple[int, Record]]:
    """Yield records without end, each with its position in its log."""
    heads = dict.fromkeys(LOGS, 0)
    number = 0
    while True:
        case = case_of(number)
        log = LOGS[number // OPEN % 4]
        heads[log] += 1
        at = BEGUN + timedelta(seconds=number)
        reviewer = REVIEWERS[case % len(REVIEWERS)]
        made = uuid5(NAMES, str(number))
        yield (
            heads[log],
            Record(
                log=log,
                event_id=made,
                type="CriterionReviewed",
                schema=1,
                stream=f"story-{made}",
                version=1,
                previous=None,
                recorded_at=at,
                effective_at=at,
                actor=Actor(reviewer, Role.REVIEWER),
                command_id=made,
                correlation_id=case_id(case),
                causation_id=made,
                traceparent=None,
                policy="1",
                scheme="v1",
                data={
                    "review_id": str(made),
                    "application_id": str(case_id(case)),
                    "criterion": "3.2",
                    "result": "conforms",
                    "items": [],
                    "reason": "a" * 64,
                    "language": "sv",
                    "evidence": ["b" * 64],
                    "reviewer_id": str(reviewer),
                    "reviewed_at": "2019-06-17T08:00:00.000000Z",
                },
            ),
        )
        number += 1


def filled(position: int, record: Record) -> Filled:
    """Return the rows of ``record``, as the mirror keeps and lists it."""
    leaf, rank = encode(record), LOGS.index(record.log)
    at = (record.recorded_at, record.effective_at, rank, position)
    return Filled(
        (
            *(record.log, position, leaf, leaf_hash(leaf), record.stream, 1, record.type),
            record.recorded_at,
        ),
        [(key, *at) for key in keys_of(record)],
        [(*taken, rank, position) for taken in parts_of(record)],
    )


async def fill(pool: Pool, made: Iterator[tuple[int, Record]], count: int) -> None:
    """Mirror the next ``count`` records, and look them over."""
    while page := [filled(*each) for each in islice(made, min(count, COPIED))]:
        count -= len(page)
        rows = (
            [each.mirror for each in page],
            [row for each in page for row in each.facets],
            [row for each in page for row in each.parts],
        )
        async with pool.acquire() as connection:
            for (table, columns), copied in zip(TABLES.items(), rows, strict=True):
                await connection.copy_records_to_table(table, records=copied, columns=columns)


async def measure(stack: Stack, sizes: tuple[int, ...]) -> Measured:
    """Return what each kind of question takes at each of ``sizes``, ascending."""
    admin = stack.postgres_admin_dsn.rpartition("/")[0] + "/audit_bench"
    app, relay = (
        stack.dsn(user=f"audit_bench_{role}", password="local", database="audit_bench")  # noqa: S106 -- for one run
        for role in ("app", "relay")
    )
    await migrate_log(
        stack.postgres_admin_dsn,
        service="audit",
        app_dsn=app,
        relay_dsn=relay,
        schemas=[SchemaText("audit", SCHEMA)],
    )
    made, held = records(), 0
    taken: dict[str, dict[int, float]] = {}
    async with open_pool(app, name="bench", connections_max=2) as pool:
        archive = Archive(pool)
        for size in sizes:
            await fill(pool, made, size - held)
            held = size
            async with connect(admin, name="bench") as connection:
                await connection.execute("VACUUM ANALYZE")
            for log, head in await pool.fetch("SELECT log, max(position) FROM mirror GROUP BY log"):
                await archive.check(log, head)
            for kind, ask in questions(archive, size // CASE_RECORDS).items():
                taken.setdefault(kind, {})[size] = await _p99_ms(ask)
    return Measured(taken)


def questions(archive: Archive, cases: int) -> dict[str, Callable[[int], Awaitable[None]]]:
    """Return the kinds of question, each about the case that its number leads to."""

    def case(number: int) -> int:
        return number * 7_919 % cases

    async def history(number: int) -> None:
        as_of, _ = await archive.extents()
        key = key_of("case", str(case_id(case(number))))
        rows = await archive.history(Wanted((key,), as_of), limit=PAGE + 1)
        assert len([entry_of(row) for row in rows]) == CASE_RECORDS

    async def both(number: int) -> None:
        as_of, _ = await archive.extents()
        asked = case(number)
        reviewer = REVIEWERS[asked % len(REVIEWERS)]
        keys = (key_of("case", str(case_id(asked))), key_of("person", str(reviewer)))
        rows = await archive.history(Wanted(keys, as_of), limit=PAGE + 1)
        assert len([entry_of(row) for row in rows]) == CASE_RECORDS

    async def matrix(number: int) -> None:
        as_of, _ = await archive.extents()
        cells = await archive.parts(
            case=case_id(case(number)), as_of=as_of, after=(UUID(int=0), ""), limit=PAGE
        )
        assert len(cells) == 1

    return {"a case's history": history, "a case and a person": both, "a case's matrix": matrix}


async def _p99_ms(ask: Callable[[int], Awaitable[None]]) -> float:
    """Return the p99 of asking, after a tenth as many questions that are not counted."""
    for number in range(ASKED // 10):
        await ask(number)
    times: list[float] = []
    for number in range(ASKED):
        begun_s = time.perf_counter()
        await ask(number)
        times.append((time.perf_counter() - begun_s) * 1_000)
    return sorted(times)[ceil(0.99 * ASKED) - 1]


def main() -> None:
    """Measure on a stack of its own, and print a line for each kind of question."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    largest = BenchSettings().history_events
    sizes = (*(size for size in (SMALLEST, 10 * SMALLEST) if size < largest), largest)
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, sizes)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

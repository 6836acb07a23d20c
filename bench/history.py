"""The history of a case while the mirror grows: what an auditor waits for, at each size.

``python -m bench.history`` starts a database server of its own. Cases of a hundred records are put into four
logs through the logs' own append (``bench.loading``); the mirror of all logs takes from there exactly those
bytes, listed as it lists them, a page of the log at a time. At each size the same questions are asked: what
is held now, and a page of a case, as its entries with sentences. The figure is the p99 at the largest size
over that at the smallest; beside it, the same for the query alone, for that of a question that names a case
and a person, and for the matrix of a case.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
import uvloop

from bench.loading import CASE_RECORDS, OPEN, Logs, case_id, open_logs, reviewer_of
from bench.settings import BenchSettings
from bench.timing import p99_ms, sizes_to
from deploy.local.stack import Stack
from services.audit.api.histories import entry_of
from services.audit.main import SCHEMA
from services.audit.queries import LOGS, Archive, HistoryRow, Wanted
from services.audit.views.facets import key_of, keys_of
from services.audit.views.parts import parts_of
from shared.contracts.record import decode, leaf_hash
from shared.eventlog import Stored
from shared.eventlog.connection import Pool, connect, open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from tests.stack import folder_of_its_own, settings_of_its_own

STRIDE: Final = 7_919
"""A prime: from one case asked for to the next."""

PAGE: Final = 200
GROWTH_MAX: Final = 2.0
MIRRORED: Final = 5_000
"""Records of one log at a time."""

TABLES: Final = {
    "mirror": ("log", "position", "leaf", "hash", "stream", "version", "type", "recorded_at"),
    "mirror_facet": ("key", "recorded_at", "effective_at", "rank", "position"),
    "mirror_part": ("person", "case_id", "part", "begins", "at", "rank", "position"),
}


class Filled(NamedTuple):
    """The rows of one record, by table."""

    mirror: tuple[Any, ...]
    facets: list[tuple[Any, ...]]
    parts: list[tuple[Any, ...]]


@dataclass(slots=True)
class Measured:
    """What was measured.

    Attributes:
        p99_ms: In milliseconds, by kind of question and then by size.
        append_s: How long appending took in all.
        mirror_s: How long mirroring took in all.
    """

    asked: int
    p99_ms: dict[str, dict[int, float]] = field(default_factory=dict[str, dict[int, float]])
    append_s: float = 0.0
    mirror_s: float = 0.0

    def __str__(self) -> str:
        """Return the lines to print."""
        lines = [
            f"p99 of {kind}, {max(by_size):,} events / {min(by_size):,}:"
            f" {by_size[max(by_size)] / by_size[min(by_size)]:.2f} (gate {GROWTH_MAX}; "
            + ", ".join(f"{ms:.1f} ms at {size:,}" for size, ms in sorted(by_size.items()))
            + f", {self.asked:,} questions each)"
            for kind, by_size in self.p99_ms.items()
        ]
        loaded = f"  appended in {self.append_s:.0f} s, mirrored in {self.mirror_s:.0f} s"
        return "\n".join((*lines, loaded))


def filled(log: str, stored: Stored) -> Filled:
    """Return the rows of a record, as the mirror keeps and lists it."""
    record, rank = decode(stored.leaf), LOGS.index(log)
    at = (record.recorded_at, record.effective_at, rank, stored.position)
    return Filled(
        (
            *(log, stored.position, stored.leaf, leaf_hash(stored.leaf)),
            *(record.stream, record.version, record.type, record.recorded_at),
        ),
        [(key, *at) for key in keys_of(record)],
        [(*taken, rank, stored.position) for taken in parts_of(record)],
    )


async def mirror(pool: Pool, logs: Logs, held: dict[str, int]) -> None:
    """Mirror what is in ``logs`` beyond ``held``, and look it over; ``held`` says so then."""
    for name, log in logs.logs.items():
        while page := await log.tail(held[name], limit=MIRRORED):
            await _copy(pool, [filled(name, each) for each in page])
            held[name] = page[-1].position
        await Archive(pool).check(name, held[name])


async def _copy(pool: Pool, page: Sequence[Filled]) -> None:
    """Put the rows of a page into their tables."""
    rows = (
        [each.mirror for each in page],
        [row for each in page for row in each.facets],
        [row for each in page for row in each.parts],
    )
    async with pool.acquire() as connection:
        for (table, columns), copied in zip(TABLES.items(), rows, strict=True):
            await connection.copy_records_to_table(table, records=copied, columns=columns)


async def measure(stack: Stack, sizes: tuple[int, ...], *, asked: int) -> Measured:
    """Return what each kind of question takes at each of ``sizes``, ascending."""
    admin, app = await _migrated(stack)
    measured = Measured(asked)
    async with open_logs(stack) as logs, open_pool(app, name="bench", connections_max=2) as pool:
        held = dict.fromkeys(logs.logs, 0)
        for size in sizes:
            begun_s = time.perf_counter()
            await logs.load(size)
            appended_s = time.perf_counter()
            await mirror(pool, logs, held)
            measured.append_s += appended_s - begun_s
            measured.mirror_s += time.perf_counter() - appended_s
            async with connect(admin, name="bench") as connection:
                await connection.execute("VACUUM ANALYZE")
            for kind, ask in questions(Archive(pool), size // CASE_RECORDS).items():
                measured.p99_ms.setdefault(kind, {})[size] = await p99_ms(ask, asked=asked)
    return measured


async def _migrated(stack: Stack) -> tuple[str, str]:
    """Make the database of the mirror; return how its superuser and the service connect."""
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
    return admin, app


def questions(archive: Archive, cases: int) -> dict[str, Callable[[int], Awaitable[None]]]:
    """Return the kinds of question, each about the case that its number leads to."""

    async def rows_of(case: int, *more: UUID) -> tuple[HistoryRow, ...]:
        as_of, whole = await archive.extents()
        keys = (key_of("case", str(case_id(case))), *more)
        rows = await archive.history(Wanted(keys, as_of), limit=PAGE + 1)
        assert whole
        assert len(rows) == CASE_RECORDS
        return rows

    async def history(number: int) -> None:
        for row in await rows_of(number * STRIDE % cases):
            entry_of(row)

    async def query(number: int) -> None:
        await rows_of(number * STRIDE % cases)

    async def both(number: int) -> None:
        case = number * STRIDE % cases
        await rows_of(case, key_of("person", str(reviewer_of(case))))

    async def matrix(number: int) -> None:
        as_of, _ = await archive.extents()
        asked = case_id(number * STRIDE % cases)
        cells = await archive.parts(case=asked, as_of=as_of, after=(UUID(int=0), ""), limit=PAGE)
        assert len(cells) == 1

    return {
        "a case's history": history,
        "a case's history, the query alone": query,
        "a case and a person, the query alone": both,
        "a case's matrix": matrix,
    }


def main() -> None:
    """Measure on a stack of its own, and print a line for each kind of question."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    whole = OPEN * CASE_RECORDS
    settings = BenchSettings()
    sizes = sizes_to(settings.history_events // whole * whole)
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, sizes, asked=settings.asked)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

"""Appending real records, against pgbench inserting single rows of the same size.

``python -m bench.append`` starts a stack of its own. Our side starts from events and ends with the
answer: composing, canonical encoding and leaf hash, group commit. The other side is PostgreSQL's
own pgbench, prepared statements, one row and one commit each. Both on one durable server, in
turns; the ratio is the median over the rounds. Two more figures belong to the promises: what a
tail misses while sixteen write (L3), and how many times the disk is waited for.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import structlog
import uvloop

from deploy.local.postgres import Postgres
from deploy.local.stack import Stack
from shared.clock import now
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Actor, Cause
from shared.contracts.review import ReviewOpened
from shared.contracts.roles import Role
from shared.eventlog import Write
from shared.eventlog.connection import Connection
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.reader import LogReader, open_reader
from tests.eventlog.house import Database, fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

ROUNDS = 5
WAITING = 256
COMMANDS = 20_000
"""Ours, in each round."""

CLIENTS = 32
INSERTS_EACH = 400
"""Of each of pgbench's clients, in each round."""

PGBENCH_TIMEOUT_S = 300
RATIO_MIN = 1.5
FSYNC_MAX = 2.0

WRITERS = 16
EVENTS_EACH = 100
"""Of each command of the sixteen."""

EVENTS = 1_000_000
PAGE = 2_000
SETTLE_S = 2.0
"""After this long without work, the server's own counters are complete."""

_ACTOR = Actor(UUID(int=7), Role.SERVICE)


@dataclass(frozen=True, slots=True)
class Measured:
    """Commands and rows a second, one entry a round; and what else was counted.

    Attributes:
        fsyncs: For each command of ours.
        missed: Events that the tail did not get, or got out of order.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    leaf_bytes: int
    fsyncs: float
    missed: int
    followed: int

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    def __str__(self) -> str:
        """Return the lines to print."""
        append = (
            f"append / pgbench single-row insert: {self.ratio:.2f} (gate {RATIO_MIN};"
            f" {median(self.ours):,.0f}/s with {WAITING} waiting against"
            f" {median(self.theirs):,.0f}/s with {CLIENTS} clients, {self.leaf_bytes} bytes,"
            f" {ROUNDS} rounds in turns)"
        )
        fsyncs = (
            f"fsyncs per command x concurrency: {self.fsyncs * WAITING:.2f} (gate {FSYNC_MAX};"
            f" {self.fsyncs:.4f} per command, {WAITING} waiting)"
        )
        missed = (
            f"events missed by a tail: {self.missed} (gate 0; {WRITERS} writers,"
            f" {self.followed:,} events)"
        )
        return f"{append}\n{fsyncs}\n{missed}"


async def measure(stack: Stack, *, events: int = EVENTS) -> Measured:
    """Return what both sides do on ``stack``, and what a tail of ``events`` events misses."""
    program = Postgres(stack.settings).program("pgbench")
    ours: list[float] = []
    theirs: list[float] = []
    fsyncs: list[float] = []
    leaf_bytes = 0
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        database.as_admin() as admin,
        open_house(database, event_of=event_of) as house,
    ):
        await admin.execute("CREATE TABLE public.plain (id bigserial PRIMARY KEY, leaf bytea)")
        for turn in range(ROUNDS):
            before = await _fsyncs(admin)
            begun_s = time.perf_counter()
            await _append(house.log, turn)
            ours.append(COMMANDS / (time.perf_counter() - begun_s))
            await asyncio.sleep(SETTLE_S)
            fsyncs.append((await _fsyncs(admin) - before) / COMMANDS)
            (first,) = await house.log.tail(0, limit=1)
            leaf_bytes = len(first.leaf)
            theirs.append(await _insert(program, database, first.leaf))
        missed = await _missed(database, house.log, events)
    return Measured(tuple(ours), tuple(theirs), leaf_bytes, median(fsyncs), missed, events)


async def _append(log: PostgresLog, turn: int) -> None:
    """Append ``COMMANDS`` commands of one event each, ``WAITING`` at a time."""
    work = list(_work(turn * COMMANDS, COMMANDS))
    commands = iter(work)

    async def one_after_another() -> None:
        for write, cause in commands:
            await log.append((write,), cause=cause)

    async with asyncio.TaskGroup() as group:
        for _ in range(WAITING):
            group.create_task(one_after_another())


def _work(first: int, count: int) -> Iterator[tuple[Write, Cause]]:
    """Yield commands that each begin a stream, as a busy day does."""
    for number in range(first + 1, first + count + 1):
        yield Write(f"review-{UUID(int=number)}", (_opened(number),), 0), _cause(number)


async def _insert(program: Path, database: Database, leaf: bytes) -> float:
    """Return how many rows a second pgbench inserts, each as large as ``leaf``."""
    with folder_of_its_own() as folder:
        script = folder / "insert.sql"
        script.write_text(f"INSERT INTO public.plain (leaf) VALUES ('\\x{leaf.hex()}');\n")  # noqa: S608 -- ours
        process = await asyncio.create_subprocess_exec(
            *(str(program), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2"),
            *("-t", str(INSERTS_EACH), "-f", str(script), database.admin_dsn),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PGBENCH_TIMEOUT_S):
            said, _ = await process.communicate()
    (line,) = (line for line in said.decode().splitlines() if line.startswith("tps = "))
    return float(line.split()[2])


async def _fsyncs(admin: Connection) -> int:
    """Return how often the server has waited for its write-ahead log to be on disk."""
    count: int = await admin.fetchval(
        "SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'"
    )
    return count


async def _missed(database: Database, log: PostgresLog, events: int) -> int:
    """Return how many of ``events`` events a reader missed or got out of order."""
    start = await log.head()
    turns = events // WRITERS // EVENTS_EACH
    total = turns * WRITERS * EVENTS_EACH

    async def write(writer: int) -> None:
        for turn in range(turns):
            opened = tuple(_opened(number) for number in range(EVENTS_EACH))
            write = Write(f"review-writer{writer}", opened, turn * EVENTS_EACH)
            await log.append((write,), cause=_cause(10**9 + writer * turns + turn))

    async with (
        open_reader(database.relay_dsn, service=database.service) as reader,
        asyncio.TaskGroup() as group,
    ):
        following = group.create_task(_follow(reader, start, total))
        for writer in range(WRITERS):
            group.create_task(write(writer))
    wanted = range(start + 1, start + total + 1)
    return sum(a != b for a, b in zip(following.result(), wanted, strict=True))


async def _follow(reader: LogReader, start: int, total: int) -> Sequence[int]:
    """Return the positions as they came, until ``total`` have come."""
    seen: list[int] = []
    while len(seen) < total:
        after = seen[-1] if seen else start
        page = await reader.tail(after, limit=PAGE)
        seen += [stored.position for stored in page]
        if not page:
            await reader.wait(after, timeout_s=1)
    return seen


def _opened(number: int) -> ReviewOpened:
    """Return an event of usual size."""
    return ReviewOpened(
        review_id=UUID(int=number),
        application_id=UUID(int=number),
        organisation_number="5560000001",
        organisation_name="Bolaget AB",
        round_id=UUID(int=1),
        kind="initial",
        scheme="v1",
        signatory_id=UUID(int=2),
        manifest=("a" * 64, "b" * 64),
        opened_at=now(),
    )


def _cause(number: int) -> Cause:
    """Return the cause of a command."""
    identifier = UUID(int=number)
    return Cause(_ACTOR, identifier, identifier, identifier, digest=identifier)


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

"""Appending real records, against pgbench inserting single rows of the same bytes.

``python -m bench.append`` starts a server of its own. Our side starts from records and ends with
the answer: canonical encoding, leaf hash, group commit. The other side is PostgreSQL's own
pgbench, prepared statements, one row and one commit each. Both on one durable server, in turns;
the ratio is the median over the rounds. A second figure takes our side from events on: making the
records is then included, and a service does it for every command. A third belongs to the promises:
how often the disk is waited for.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import structlog
import uvloop

from bench.records import cause, opened, record, stream
from bench.settings import BenchSettings
from deploy.local.postgres import Postgres
from deploy.local.stack import Stack
from shared.clock import now
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Cause
from shared.contracts.record import Record, encode, leaf_hash
from shared.eventlog import Write
from shared.eventlog.committer import Outcome
from shared.eventlog.composing import Command, Entry
from shared.eventlog.connection import Connection
from shared.process.loaded import leave_what_is_loaded
from tests.eventlog.house import Database, House, fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

WAITING = 256
COMMANDS = 20_000
"""Ours, in each round."""

CLIENTS = 32
INSERTS_EACH = 400
"""Of each of pgbench's clients, in each round."""

WAITING_FEW = 64
"""So many fit into one commit; of ``WAITING`` only half do."""

PGBENCH_TIMEOUT_S = 300
RATIO_MIN = 1.5
FSYNC_MAX = 2.0
SETTLE_S = 12.0
"""After this long without work, a server process has handed in its counters (10 s)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Commands and rows a second, one entry a round; and what else was counted.

    Attributes:
        records: Ours, from records on.
        events: Ours, from events on.
        fsyncs: For each command of ours, by how many were waiting.
    """

    records: tuple[float, ...]
    events: tuple[float, ...]
    theirs: tuple[float, ...]
    leaf_bytes: int
    fsyncs: dict[int, float]

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios, from records on."""
        return _ratio(self.records, self.theirs)

    def __str__(self) -> str:
        """Return the lines to print."""
        few, many = (self.fsyncs[waiting] * waiting for waiting in (WAITING_FEW, WAITING))
        append = (
            f"append / pgbench single-row insert: {self.ratio:.2f} (gate {RATIO_MIN};"
            f" {median(self.records):,.0f}/s with {WAITING} waiting against"
            f" {median(self.theirs):,.0f}/s with {CLIENTS} clients, {self.leaf_bytes} bytes,"
            f" {len(self.theirs)} rounds in turns)"
        )
        composed = (
            f"  the same from events on: {_ratio(self.events, self.theirs):.2f}"
            f" ({median(self.events):,.0f}/s)"
        )
        fsyncs = (
            f"fsyncs per command x concurrency: {few:.2f} (gate {FSYNC_MAX};"
            f" {WAITING_FEW} waiting; {many:.2f} with {WAITING})"
        )
        return f"{append}\n{composed}\n{fsyncs}"


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


async def measure(stack: Stack, *, rounds: int) -> Measured:
    """Return what both sides do on ``stack``."""
    program = Postgres(stack.settings).program("pgbench")
    leaf = encode(record(1))
    rates: dict[str, list[float]] = {"records": [], "events": [], "theirs": []}
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        database.as_admin() as admin,
        open_house(database, event_of=event_of) as house,
    ):
        await admin.execute("CREATE TABLE public.plain (id bigserial PRIMARY KEY, leaf bytea)")
        numbers = _numbers()
        for _ in range(rounds):
            rates["records"].append(await _rate(house, _records(numbers), keep))
            rates["theirs"].append(await _insert(program, database, leaf))
            rates["events"].append(await _rate(house, _events(numbers), _append))
        fsyncs = {
            waiting: await _fsyncs_of(admin, house, numbers, waiting)
            for waiting in (WAITING_FEW, WAITING)
        }
    return Measured(
        tuple(rates["records"]),
        tuple(rates["events"]),
        tuple(rates["theirs"]),
        len(leaf),
        fsyncs,
    )


def _numbers() -> Iterator[int]:
    """Yield the number of each command."""
    number = 0
    while True:
        number += 1
        yield number


def _records(numbers: Iterator[int]) -> list[Record]:
    """Return records that each begin a stream, as a busy day makes them."""
    return [record(next(numbers)) for _ in range(COMMANDS)]


def _events(numbers: Iterator[int]) -> list[tuple[Write, Cause]]:
    """Return the same as events that are not records yet."""
    made = (next(numbers) for _ in range(COMMANDS))
    return [(Write(stream(number), (opened(number),), 0), cause(number)) for number in made]


async def _rate(
    house: House, work: Sequence[object], put: Callable[[House, object], Awaitable[None]]
) -> float:
    """Return how many commands a second are answered, ``WAITING`` at a time."""
    leave_what_is_loaded()
    begun_s = time.perf_counter()
    await _all(house, work, put, WAITING)
    return len(work) / (time.perf_counter() - begun_s)


async def _all(
    house: House,
    work: Sequence[object],
    put: Callable[[House, object], Awaitable[None]],
    waiting: int,
) -> None:
    """Put all of ``work``, ``waiting`` at a time."""
    commands = iter(work)

    async def one_after_another() -> None:
        for command in commands:
            await put(house, command)

    async with asyncio.TaskGroup() as group:
        for _ in range(waiting):
            group.create_task(one_after_another())


async def keep(house: House, made: object) -> None:
    """Append a record as of now: its canonical bytes, their hash, and the answer."""
    assert isinstance(made, Record)
    at = now()
    leaf = encode(made._replace(recorded_at=at, effective_at=at))
    leaf_hash(leaf)  # what the stream's next record will name
    entry = Entry(made.stream, made.version, leaf)
    command = Command(made.command_id, made.command_id, (entry,))
    outcome: Outcome = await house.log._committer.submit(command)  # noqa: SLF001 -- measured here
    assert outcome.verdict == "accepted"


async def _append(house: House, asked: object) -> None:
    """Append an event, as a handler does."""
    assert isinstance(asked, tuple)
    write, by = asked
    await house.log.append((write,), cause=by)


async def _insert(program: Path, database: Database, leaf: bytes) -> float:
    """Return how many rows a second pgbench inserts, each of the bytes of ``leaf``."""
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


async def _fsyncs_of(
    admin: Connection, house: House, numbers: Iterator[int], waiting: int
) -> float:
    """Return how often the disk is waited for, per command."""
    work = _records(numbers)
    await asyncio.sleep(SETTLE_S)
    before = await _fsyncs(admin, house)
    await _all(house, work, keep, waiting)
    await asyncio.sleep(SETTLE_S)
    return (await _fsyncs(admin, house) - before) / len(work)


async def _fsyncs(admin: Connection, house: House) -> int:
    """Return how often the committer's own server process has waited for the log on disk.

    What the server does besides, e.g. writing back old pages, is not the commands' doing.
    """
    count: int = await admin.fetchval(
        "SELECT sum(io.fsyncs)::bigint FROM pg_stat_activity a,"
        " LATERAL pg_stat_get_backend_io(a.pid) io"
        " WHERE a.application_name = $1 AND io.object = 'wal'",
        f"sigill {house.log.name.removeprefix('asf/')} committer",
    )
    return count


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, rounds=BenchSettings().rounds)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

"""Reading a whole log as typed events, against copying the same bytes out of the database.

``python -m bench.replay`` starts a server of its own. Ours is what every view, policy and check does: read
page by page in log order, decode the record, validate the event as its own class. The peer is PostgreSQL's
COPY of position and bytes over the same kind of connection, counted and thrown away: nobody reads a log in
less. In between stand the same reading without types, and the same types made of bytes in memory, with no
database at all: no typed replay can be quicker than that. In turns; medians of the rounds' ratios, of time and
of the processor time of the reading process.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final, Literal, TypeAlias

import structlog
import uvloop

from bench.records import record
from bench.settings import BenchSettings
from deploy.local.stack import Stack
from shared.clock import now
from shared.contracts.catalogue import event_of
from shared.contracts.record import decode, encode
from shared.eventlog.connection import Connection
from shared.eventlog.projector import Pages
from shared.eventlog.reader import LogReader, open_reader
from shared.process.loaded import leave_what_is_loaded
from tests.eventlog.house import fresh_database
from tests.stack import folder_of_its_own, settings_of_its_own

RECORDS: Final = 100_000
PAGE: Final = 1_000
RATIO_MIN: Final = 0.6
COPY: Final = "SELECT pos, leaf FROM log.event ORDER BY pos"
Way: TypeAlias = Literal["typed", "bytes", "made", "copy"]


@dataclass(frozen=True, slots=True)
class Took:
    """What one reading took, in seconds; ``cpu_s``: of the process that reads."""

    taken_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What each way took, one entry a round."""

    took: dict[Way, list[Took]]

    def ratio(self, of: Way, *, cpu: bool = False) -> float:
        """Return how fast ``of`` is as a share of COPY: the median of the rounds' ratios."""
        return median(
            other.cpu_s / one.cpu_s if cpu else other.taken_s / one.taken_s
            for one, other in zip(self.took[of], self.took["copy"], strict=True)
        )

    def rate(self, of: Way) -> float:
        """Return records a second."""
        return RECORDS / median(each.taken_s for each in self.took[of])

    def __str__(self) -> str:
        """Return the lines to print."""
        used_us = median(each.cpu_s for each in self.took["typed"]) / RECORDS * 1e6
        return (
            f"typed replay / COPY out: {self.ratio('typed'):.2f} (gate {RATIO_MIN};"
            f" {self.rate('typed'):,.0f}/s against {self.rate('copy'):,.0f}/s, {RECORDS:,} records,"
            f" {len(self.took['copy'])} rounds in turns; {used_us:.0f} us of processor time each)\n"
            f"  the same without types, page by page: {self.ratio('bytes'):.2f}"
            f" ({self.rate('bytes'):,.0f}/s)\n"
            f"  the same typed, of bytes in memory: {self.ratio('made'):.2f} ({self.rate('made'):,.0f}/s);"
            f" typed replay of that: {self.ratio('typed') / self.ratio('made'):.2f}"
        )


async def measure(stack: Stack, *, rounds: int) -> Measured:
    """Return what each way takes on ``stack``."""
    took: dict[Way, list[Took]] = {"typed": [], "bytes": [], "made": [], "copy": []}
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        database.as_admin() as admin,
        open_reader(database.relay_dsn, service=database.service) as reader,
    ):
        await _fill(admin)
        ways: dict[Way, Callable[[], Awaitable[int]]] = {
            "typed": partial(_typed, reader),
            "bytes": partial(_bytes, reader),
            "made": partial(_made, [encode(record(n)) for n in range(1, RECORDS + 1)]),
            "copy": partial(_copied, admin),
        }
        leave_what_is_loaded()
        for number in range(rounds + 1):
            for way, read in ways.items():
                begun_s, before_s = time.perf_counter(), time.process_time()
                assert await read() == RECORDS
                spent = Took(time.perf_counter() - begun_s, time.process_time() - before_s)
                if number:  # the first turns warm up
                    took[way].append(spent)
    return Measured(took)


async def _typed(reader: LogReader) -> int:
    """Read all as events, as the projector does; return how many there are."""
    pages, position = Pages(reader, event_of), 0
    while (page := await pages.after(position)).placed:
        assert page.failure is None
        position = page.placed[-1].position
    return position


async def _bytes(reader: LogReader) -> int:
    """Read all as it is stored."""
    position = 0
    while page := await reader.tail(position, limit=PAGE):
        position = page[-1].position
    return position


async def _made(leaves: Sequence[bytes]) -> int:
    """Make all events of bytes in memory, and keep none; return how many there are."""
    return sum(event_of(decode(leaf)) is not None for leaf in leaves)


async def _copied(admin: Connection) -> int:
    """Copy all out, as the database writes it."""
    length = 0

    async def take(data: bytes) -> None:
        nonlocal length
        length += len(data)

    said = await admin.copy_from_query(COPY, output=take, format="binary")
    assert length > RECORDS * len(encode(record(1)))
    return int(said.split()[1])


async def _fill(admin: Connection) -> None:
    """Put the records into the log as its owner would: the append is measured elsewhere."""
    at = now()
    rows = (
        (number, 1, at, made.stream, encode(made))
        for number in range(1, RECORDS + 1)
        for made in (record(number),)
    )
    columns = ("pos", "version", "appended_at", "stream", "leaf")
    await admin.copy_records_to_table("event", schema_name="log", columns=columns, records=rows)
    await admin.execute("UPDATE log.log_head SET pos = $1", RECORDS)
    await admin.execute("VACUUM ANALYZE log.event")


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, rounds=BenchSettings().rounds)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

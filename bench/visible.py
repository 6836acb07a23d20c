"""From the commit of a command until a consumer has its record, against a bare round trip through Kafka.

``python -m bench.visible`` starts a stack of its own. Ours counts from the answer to the command, when its
record is durable, until the consumer has polled it from the topic: the relay hears of the commit, reads,
sends, and waits for the acknowledgement. The peer sends the same bytes to a topic like it, and counts from
the call to the producer. Same clients, same pace, both read by the same kind of consumer; one command at a
time is under way, or none. In turns; the p99 of each turn, and medians of the rounds' ratios.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import Any, Final, Literal, TypeAlias

import structlog
import uvloop

from bench.records import cause, opened, record, stream
from bench.settings import BenchSettings
from bench.timing import percentile_ms
from deploy.local.stack import Stack
from shared import relay
from shared.clock import now
from shared.contracts.catalogue import event_of
from shared.contracts.record import encode
from shared.eventlog import Write
from shared.eventlog.background import running
from shared.eventlog.migrate import SchemaText
from shared.eventlog.reader import open_reader
from shared.kafka import Brokers, Topic, producing, provision
from shared.kafka.clients import consuming
from shared.process.loaded import leave_what_is_loaded
from shared.relay import Output, Relay
from tests.eventlog.house import fresh_database, open_house
from tests.stack import folder_of_its_own, settings_of_its_own

COMMANDS: Final = 500
"""Of each turn."""

PACE_S: Final = 0.01
POLL_MS: Final = 500
RATIO_MAX: Final = 5.0
PERCENTILES: Final = (50, 99)
LIMIT_S: Final = 60.0
SCHEMAS: Final = (SchemaText("relay", relay.SCHEMA, writer="relay"),)
Side: TypeAlias = Literal["ours", "bare"]
Put: TypeAlias = Callable[[int], Awaitable[float]]
"""Puts the message of that number on its way; returns from when it counts."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Percentiles in milliseconds, by side, one entry a round."""

    taken_ms: dict[Side, dict[int, list[float]]]

    def _ratio(self, percentile: int) -> float:
        ours, bare = (self.taken_ms[side][percentile] for side in ("ours", "bare"))
        return median(a / b for a, b in zip(ours, bare, strict=True))

    def __str__(self) -> str:
        """Return the line to print."""
        at = {
            (side, each): median(self.taken_ms[side][each])
            for side in self.taken_ms
            for each in PERCENTILES
        }
        rounds = len(self.taken_ms["ours"][PERCENTILES[0]])
        return (
            f"commit to visible in a consumer / bare Kafka round trip, p99: {self._ratio(99):.1f}"
            f" (at most {RATIO_MAX}; {at['ours', 99]:.1f} ms against {at['bare', 99]:.1f} ms; p50"
            f" {self._ratio(50):.1f}, {at['ours', 50]:.1f} ms against {at['bare', 50]:.1f} ms;"
            f" {COMMANDS} commands a turn, one each {PACE_S * 1_000:.0f} ms, {rounds} rounds in turns)"
        )


@dataclass(slots=True)
class Heard:
    """When each message came to a consumer, by its key."""

    at_s: dict[str, float] = field(default_factory=dict[str, float])
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, brokers: Brokers, topic: str) -> None:
        """Take what comes on ``topic``, until cancelled."""
        async with consuming(
            brokers, topic=topic, group=None, client_id=f"{topic}.heard"
        ) as consumer:
            while True:
                polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=COMMANDS)
                came_s = time.perf_counter()
                for messages in polled.values():
                    self.at_s |= {(each.key or b"").decode(): came_s for each in messages}
                if consumer.assignment():
                    self.ready.set()


async def measure(stack: Stack, *, rounds: int) -> Measured:
    """Return how long both sides take on ``stack``, measured in turns."""
    taken: dict[Side, dict[int, list[float]]] = {
        side: {each: [] for each in PERCENTILES} for side in ("ours", "bare")
    }
    numbers = count(1)
    brokers = Brokers(stack.kafka_bootstrap)
    async with _ours(stack, brokers) as ours, _bare(brokers) as bare:
        leave_what_is_loaded()
        for number in range(rounds + 1):
            sides: dict[Side, tuple[Put, Heard]] = {"ours": ours, "bare": bare}
            for side, (put, heard) in sides.items():
                taken_s = await _turn(put, heard, [next(numbers) for _ in range(COMMANDS)])
                if number:  # the first turns warm up
                    for each in PERCENTILES:
                        taken[side][each].append(percentile_ms(taken_s, each))
    return Measured(taken)


async def _turn(put: Put, heard: Heard, numbers: list[int]) -> list[float]:
    """Return how long each message took, in seconds."""
    counts_from_s: dict[str, float] = {}
    for number in numbers:
        counts_from_s[stream(number)] = await put(number)
        await asyncio.sleep(PACE_S)
    async with asyncio.timeout(LIMIT_S):
        while not counts_from_s.keys() <= heard.at_s.keys():  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(PACE_S)
    return [heard.at_s[key] - from_s for key, from_s in counts_from_s.items()]


@asynccontextmanager
async def _ours(stack: Stack, brokers: Brokers) -> AsyncGenerator[tuple[Put, Heard]]:
    """Yield how a command is put to a log that is relayed, and what hears of it."""
    async with AsyncExitStack() as doors:
        database = await doors.enter_async_context(
            fresh_database(stack.postgres_admin_dsn, schemas=SCHEMAS)
        )
        house = await doors.enter_async_context(open_house(database, event_of=event_of))
        reader = await doors.enter_async_context(
            open_reader(database.relay_dsn, service=database.service)
        )
        topic = f"bench.visible.{database.service}"
        await provision(brokers, [Topic(topic)], replication=1)
        relaying = Relay(
            reader=reader, dsn=database.relay_dsn, brokers=brokers, output=Output(topic), now=now
        )
        heard = Heard()
        await doors.enter_async_context(running(relaying.run(), heard.listen(brokers, topic)))
        await heard.ready.wait()

        async def put(number: int) -> float:
            write = Write(stream(number), (opened(number),), 0)
            await house.log.append((write,), cause=cause(number))
            return time.perf_counter()

        yield put, heard


@asynccontextmanager
async def _bare(brokers: Brokers) -> AsyncGenerator[tuple[Put, Heard]]:
    """Yield how the same bytes are sent straight to a topic, and what hears of them."""
    topic = "bench.visible.bare"
    await provision(brokers, [Topic(topic)], replication=1)
    heard = Heard()
    async with (
        producing(brokers, client_id="bench.visible") as producer,
        running(heard.listen(brokers, topic)),
    ):
        await heard.ready.wait()
        client: Any = producer

        async def put(number: int) -> float:
            leaf = encode(record(number))
            begun_s = time.perf_counter()
            await client.send_and_wait(topic, leaf, key=stream(number).encode())
            return begun_s

        yield put, heard


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, rounds=BenchSettings().rounds)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

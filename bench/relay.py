"""Throughput of the relay, against a bare pipelined producer that sends the same bytes.

``python -m bench.relay`` starts a stack of its own. The other side has everything in memory
already: keys, values and headers; the relay reads the log, makes the headers and moves its
checkpoint. Same client settings, same number of records a page, rounds in pairs, medians.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import asyncpg
import structlog
import uvloop

from deploy.local.stack import Stack
from shared import relay
from shared.clock import now
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode
from shared.contracts.roles import Role
from shared.eventlog import Stored
from shared.eventlog.migrate import SchemaText, migrate_log
from shared.eventlog.reader import open_reader
from shared.kafka import Brokers, Outgoing, Topic, producing, provision
from shared.process.loaded import leave_what_is_loaded
from shared.relay import Output, Relay
from shared.relay.relay import PAGE_MAX, messages
from tests.stack import folder_of_its_own, settings_of_its_own

RECORDS = 30_000
STREAM_EVENTS = 24
ROUNDS = 3
TEXT_CHARS = 420
LOOK_S = 0.005
LIMIT_S = 300.0
RATIO_MIN = 0.6
NAMES = UUID("7e1a0000-0000-4000-8000-000000000000")
PASSWORD = "only-here"  # noqa: S105 -- of a role that lives for one run


@dataclass(frozen=True, slots=True)
class Measured:
    """Records a second of both sides, one entry a round."""

    relay: tuple[float, ...]
    producer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.relay, self.producer, strict=True))

    def __str__(self) -> str:
        """Return the line to print."""
        return (
            f"relay / bare pipelined producer: {self.ratio:.2f} (gate {RATIO_MIN};"
            f" {median(self.relay):,.0f}/s against {median(self.producer):,.0f}/s,"
            f" {RECORDS:,} records, {ROUNDS} paired rounds)"
        )


async def measure(stack: Stack) -> Measured:
    """Return the throughput of both sides on ``stack``, measured in turns."""
    at = urlsplit(stack.postgres_admin_dsn)
    app, reading = (
        f"postgresql://bench_{role}:{PASSWORD}@{at.hostname}:{at.port}/bench_relay"
        for role in ("app", "relay")
    )
    await migrate_log(
        stack.postgres_admin_dsn,
        service="bench",
        app_dsn=app,
        relay_dsn=reading,
        schemas=(SchemaText("relay", relay.SCHEMA, writer="relay"),),
        simulated=True,
    )
    log = [Stored(position, _leaf(position)) for position in range(1, RECORDS + 1)]
    await _fill(stack, log)
    prepared = messages(Output(""), log)
    brokers = Brokers(stack.kafka_bootstrap)
    ours: list[float] = []
    theirs: list[float] = []
    leave_what_is_loaded()
    for number in range(ROUNDS):
        topics = (f"bench.relay.{number}", f"bench.bare.{number}")
        await provision(brokers, [Topic(each) for each in topics], replication=1)
        ours.append(RECORDS / await _relayed_s(reading, brokers, topics[0]))
        theirs.append(RECORDS / await _sent_s(brokers, topics[1], prepared))
    return Measured(tuple(ours), tuple(theirs))


async def _relayed_s(dsn: str, brokers: Brokers, topic: str) -> float:
    """Return how long the relay takes for the whole log, from its first page on, in seconds."""
    async with open_reader(dsn, service="bench") as reader:
        measured = Relay(reader=reader, dsn=dsn, brokers=brokers, output=Output(topic), now=now)
        async with asyncio.TaskGroup() as group:
            group.create_task(measured.run())
            await _reached(measured, 1)
            already, begun_s = measured.health.position, time.perf_counter()
            await _reached(measured, RECORDS)
            taken_s = time.perf_counter() - begun_s
            measured.stopping.set()
    return taken_s * RECORDS / (RECORDS - already)


async def _reached(measured: Relay, position: int) -> None:
    """Return when the relay's checkpoint is at ``position``."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            if measured.health.position >= position:
                return
            await asyncio.sleep(LOOK_S)


async def _sent_s(brokers: Brokers, topic: str, prepared: Sequence[Outgoing]) -> float:
    """Return how long a bare producer takes, a page under way at once, in seconds."""
    async with producing(brokers, client_id="bench.bare") as opened:
        client: Any = opened
        await client.partitions_for(topic)
        begun_s = time.perf_counter()
        for start in range(0, len(prepared), PAGE_MAX):
            futures = [
                await client.send(topic, each.value, key=each.key.encode(), headers=each.headers)
                for each in prepared[start : start + PAGE_MAX]
            ]
            await asyncio.gather(*futures)
        return time.perf_counter() - begun_s


async def _fill(stack: Stack, log: Sequence[Stored]) -> None:
    """Put the records into the log as its owner would: the append is measured elsewhere."""
    connection = await asyncpg.connect(stack.postgres_admin_dsn, database="bench_relay")
    try:
        await connection.copy_records_to_table(
            "event",
            schema_name="log",
            columns=("pos", "version", "appended_at", "stream", "leaf"),
            records=[
                (
                    each.position,
                    _version(each.position),
                    now(),
                    _stream(each.position),
                    each.leaf,
                )
                for each in log
            ],
        )
        await connection.execute("UPDATE log.log_head SET pos = $1", len(log))
    finally:
        await connection.close()


def _stream(position: int) -> str:
    """Return the stream of a position: neighbours belong to different ones."""
    return f"review-{uuid5(NAMES, str(position % (RECORDS // STREAM_EVENTS)))}"


def _version(position: int) -> int:
    """Return the version of a position in its stream."""
    streams = RECORDS // STREAM_EVENTS
    return (position - 1) // streams + 1


def _leaf(position: int) -> bytes:
    """Return a record of the usual size, about 1.1 kB."""
    event = uuid5(NAMES, f"event {position}")
    return encode(
        Record(
            log="asf/bench",
            event_id=event,
            type="CriterionReviewed",
            schema=1,
            stream=_stream(position),
            version=_version(position),
            previous=event.hex * 2,
            recorded_at=now(),
            effective_at=now(),
            actor=Actor(person=event, role=Role.REVIEWER),
            command_id=event,
            correlation_id=event,
            causation_id=event,
            traceparent=None,
            policy="1",
            scheme="1",
            data={"reason": (event.hex * 20)[:TEXT_CHARS]},
        )
    )


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

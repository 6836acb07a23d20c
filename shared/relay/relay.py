"""From the log to a topic: page by page, in log order, at least once.

A page is on its way whole before the next begins, and the checkpoint moves when every replica in
sync has all of it. Whatever fails in between, the page is sent again: readers know a repeat by its
version. An outage of the broker delays; it loses nothing. Nobody hands over a page without having seen
that they still lead.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson

from shared.contracts.record import Record, decode
from shared.crash import crash_point
from shared.eventlog import Stored
from shared.kafka.clients import KAFKA_FAILURES, Brokers, KafkaProducer, producing
from shared.kafka.headers import TRACEPARENT, headers_of
from shared.kafka.producer import PRODUCER_LOST, Outgoing, send_page
from shared.relay.lease import QUERY_TIMEOUT_S, SILENCE_S, Lease, LeaseLost, leading, waited
from shared.relay.outages import SIGNS_OF_LIFE, DatabaseAway, both, database, wait_s
from shared.telemetry import Metric, get_logger, measure, send_span, sending

PAGE_MAX = 1_000
PAGE_TIMEOUT_S = 20.0
IDLE_S = 1.0
SAMPLED = 0x01
"""One bit among the flags; others may be set beside it (trace context, level 2)."""

log = get_logger(__name__)


class Reader(Protocol):
    """What the relay may do with the log: read it."""

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records with ``position > after``, in order, dense (L3)."""
        ...

    async def head(self) -> int:
        """Return the last position; 0 for an empty log."""
        ...

    async def wait(self, after: int, *, timeout_s: float) -> int:
        """Return the head as soon as it is beyond ``after``, or as it is when time is up."""
        ...


@dataclass(frozen=True, slots=True)
class Output:
    """A topic, and what of the log goes there.

    Attributes:
        publish: Pure: return the message that a record at a position leads to, or ``None`` when
            it leads to none. Without it every record goes as it is, key = stream.
    """

    topic: str
    publish: Callable[[Record, int], Outgoing | None] | None = None


class OpenProducer(Protocol):
    """How a producer is opened: ``shared.kafka.clients.producing``."""

    def __call__(
        self, brokers: Brokers, *, client_id: str
    ) -> AbstractAsyncContextManager[KafkaProducer]:
        """Yield a producer, and discard it afterwards."""
        ...


@dataclass(slots=True)
class Health:
    """How the relay of one output fares, for readiness.

    Attributes:
        leading: Whether this process is the one that sends; the others stand by.
        position: Of the checkpoint.
        lag_events: In the log and not yet on the topic, as last seen.
        oldest_at: When the oldest of them was recorded; ``None`` when there is none.
        rebuilt: Producers that were discarded since the start.
    """

    leading: bool = False
    position: int = 0
    lag_events: int = 0
    oldest_at: datetime | None = None
    rebuilt: int = 0


@dataclass(slots=True)
class Relay:
    """One process's part in the relay of one output.

    Attributes:
        dsn: Of the service's database, as the role ``<service>_relay``.
        silence_s: After how long without a sign of life the server ends a leader's session.
        stopping: Set it, and the relay finishes its page and gives the lease back.
    """

    reader: Reader
    dsn: str = field(repr=False)
    brokers: Brokers
    output: Output
    now: Callable[[], datetime]
    idle_s: float = IDLE_S
    silence_s: float = SILENCE_S
    open_producer: OpenProducer = producing
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)

    @property
    def lag_seconds(self) -> float:
        """Return the age of the oldest event that is not yet on the topic; 0 without one."""
        oldest_at = self.health.oldest_at
        return 0.0 if oldest_at is None else max(0.0, (self.now() - oldest_at).total_seconds())

    async def run(self) -> None:
        """Lead when nobody else does, and send, until ``stopping`` is set.

        Outages of Kafka and of the database are waited for.
        """
        failed = 0
        while not self.stopping.is_set():
            try:
                async with (
                    database(),
                    leading(
                        self.dsn,
                        self.output.topic,
                        standing_by=lambda: self._measure(0, 0.0),
                        stopping=self.stopping,
                        silence_s=self.silence_s,
                    ) as lease,
                ):
                    if lease is not None:
                        failed = 0
                        await self._lead(lease)
            except (LeaseLost, DatabaseAway) as error:
                log.warning("relay.stepped_down", topic=self.output.topic, exc_info=error)
                failed += 1
                await waited(self.stopping, wait_s(failed))
            finally:
                self.health.leading = False

    async def _lead(self, lease: Lease) -> None:
        """Send while the lease is ours, and show the server that we are alive."""
        log.info("relay.leads", topic=lease.output, epoch=lease.epoch, position=lease.position)
        self.health.leading, self.health.position = True, lease.position
        over = asyncio.Event()
        await both(
            self._send_until_stopped(lease, over),
            self._keep(lease, over),
        )

    async def _keep(self, lease: Lease, over: asyncio.Event) -> None:
        """Confirm the lease and note the lag at intervals, also in an outage of Kafka."""
        while True:
            await self._note_lag(lease, ())
            if await waited(over, self.silence_s / SIGNS_OF_LIFE):
                return
            await self._confirm(lease)

    async def _confirm(self, lease: Lease) -> None:
        """See whether the lease is still ours: also before each page, for whoever slept with it in hand.

        Who falls asleep after that still sends this page when they wake, and no other. No look closes
        that gap; only a broker that knows leaders could.
        """
        async with database():
            await lease.confirm()

    async def _send_until_stopped(self, lease: Lease, over: asyncio.Event) -> None:
        """Send with one producer after another: one that has failed is never used again."""
        failed = 0
        while not self.stopping.is_set():
            before = lease.position
            try:
                async with self.open_producer(
                    self.brokers, client_id=f"relay.{lease.output}"
                ) as producer:
                    await self._send_pages(lease, producer)
            except KAFKA_FAILURES as error:
                self.health.rebuilt += 1
                failed = 1 if lease.position > before else failed + 1
                lost = isinstance(error, PRODUCER_LOST)
                topic, pause_s = lease.output, wait_s(failed)
                log.warning("relay.producer_rebuilt", topic=topic, lost=lost, exc_info=error)
                await waited(self.stopping, pause_s)
        over.set()

    async def _send_pages(self, lease: Lease, producer: KafkaProducer) -> None:
        """Send page after page from the checkpoint on, with one producer."""
        page = await self._read(lease.position)
        while not self.stopping.is_set():
            if not page:
                head = await self.reader.wait(lease.position, timeout_s=self.idle_s)
                if head > lease.position:
                    page = await self._read(lease.position)
                continue
            await both(self._note_lag(lease, page), self._confirm(lease))
            last = page[-1].position
            _, page = await both(self._send(producer, page), self._read(last))
            crash_point("relay.acknowledged")
            async with database():
                await lease.move(last)
            crash_point("relay.moved")
            self.health.position = last
            if not page:
                await self._note_lag(lease, page)

    async def _read(self, after: int) -> tuple[Stored, ...]:
        """Return the page of the log after a position; empty at the head."""
        async with database(), asyncio.timeout(QUERY_TIMEOUT_S):
            return await self.reader.tail(after, limit=PAGE_MAX)

    async def _send(self, producer: KafkaProducer, page: Sequence[Stored]) -> None:
        """Send a page; return when every replica in sync has all of it."""
        topic = self.output.topic
        outgoing = messages(self.output, page)
        if not outgoing:
            return
        with ExitStack() as spans, sending(topic):
            for each in outgoing:
                if sampled(each):
                    spans.enter_context(send_span(topic, record_headers=each.headers))
            async with asyncio.timeout(PAGE_TIMEOUT_S):
                await send_page(producer, topic, outgoing)

    async def _note_lag(self, lease: Lease, page: Sequence[Stored]) -> None:
        """Note and measure how far the topic is behind the log."""
        async with database(), asyncio.timeout(QUERY_TIMEOUT_S):
            head = await self.reader.head()
            waiting = page or await self.reader.tail(lease.position, limit=1)
        self.health.lag_events = max(0, head - lease.position)
        self.health.oldest_at = decode(waiting[0].leaf).recorded_at if waiting else None
        self._measure(self.health.lag_events, self.lag_seconds)

    def _measure(self, lag_events: int, lag_seconds: float) -> None:
        """Measure how far the topic is behind, as far as this process answers for it."""
        measure(Metric.RELAY_LAG_EVENTS, lag_events, topic=self.output.topic)
        measure(Metric.RELAY_LAG_SECONDS, lag_seconds, topic=self.output.topic)


def messages(output: Output, page: Sequence[Stored]) -> list[Outgoing]:
    """Return what ``page`` leads to on the topic of ``output``, in log order."""
    if output.publish is None:
        return [_whole(each) for each in page]
    led_to = (output.publish(decode(each.leaf), each.position) for each in page)
    return [each for each in led_to if each is not None]


def sampled(message: Outgoing) -> bool:
    """W3C trace context: return whether somebody keeps the trace that ``message`` belongs to."""
    return any(
        name == TRACEPARENT and bool(int(value.rpartition(b"-")[2], base=16) & SAMPLED)
        for name, value in message.headers
    )


def _whole(stored: Stored) -> Outgoing:
    """L7: return the record as a message: value = its exact bytes, key = its stream."""
    record: dict[str, Any] = orjson.loads(stored.leaf)
    return Outgoing(record["stream"], stored.leaf, headers_of(record, stored.position))

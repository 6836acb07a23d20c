"""Taking a batch: the effect of each record in stream order, and the park for what cannot be applied.

Streams go side by side, and one that is parked holds up nobody else.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import stamina

from shared.crash import crash_point
from shared.kafka.clients import KAFKA_FAILURES, Message
from shared.kafka.progress import DATABASE_FAILURES, Book, Code, Parked, Standing
from shared.kafka.received import Received, Unreadable, reason_of, received, stream_of
from shared.kafka.subscription import Effect
from shared.telemetry import Metric, get_logger, measure, process_span

STREAMS_AT_ONCE_MAX = 32

log = get_logger(__name__)


class DatabaseAway(Exception):  # noqa: N818 -- ends a session, not the process
    """The consumer's own tables cannot be reached. Nothing is parked for that."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the world is waited for.

    Attributes:
        again: Errors of an effect after which it is tried again; the rest park at once.
        attempts_max: Of one effect; after the last its stream is parked.
        effect_timeout_s: Of one attempt.
        stall_s: How long polling may show no sign of life.
    """

    again: tuple[type[Exception], ...] = ()
    attempts_max: int = 6
    wait_first_s: float = 0.2
    wait_max_s: float = 5.0
    effect_timeout_s: float = 30.0
    stall_s: float = 60.0


@dataclass(slots=True)
class Health:
    """How a member fares, for readiness.

    Attributes:
        polling: Whether it is in its group and polling shows signs of life.
        lag: Records on the topic, of its partitions, that it has not applied.
        parked: Streams that wait for an operator.
        applied: Effects since the start.
        repeats: Records that had been applied before.
    """

    polling: bool = False
    lag: int = 0
    parked: int = 0
    applied: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class _Arrived:
    """One message, read as far as it can be."""

    message: Message
    read: Received | Unreadable

    @property
    def version(self) -> int | None:
        """Return its place in its stream; ``None`` where it could not be read."""
        return self.read.version if isinstance(self.read, Received) else None


@dataclass(slots=True)
class Taker:
    """Takes what one consumer has polled.

    Attributes:
        as_is: See ``RecordSubscription``. A repeat that cannot be applied is said aloud and parks
            nothing: its stream has come past it.
    """

    book: Book
    effect: Effect
    patience: Patience
    health: Health
    as_is: bool = False
    _counted_at_s: float = float("-inf")

    async def take(self, messages: Iterable[Message]) -> None:
        """Apply ``messages``, park what cannot be applied, and write both down.

        Raises:
            DatabaseAway: See there. What was applied is met as a repeat the next time.
        """
        arrived: dict[str, list[_Arrived]] = {}
        for message in messages:
            arrived.setdefault(stream_of(message), []).append(_Arrived(message, _read(message)))
        while arrived:
            async with _database():
                standings = await self.book.standings(arrived)
            gate = asyncio.Semaphore(STREAMS_AT_ONCE_MAX)
            try:
                async with asyncio.TaskGroup() as group:
                    taken = {
                        stream: group.create_task(self._take_stream(gate, mine, standings[stream]))
                        for stream, mine in arrived.items()
                    }
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            outcomes = {stream: task.result() for stream, task in taken.items()}
            crash_point("consumer.applied")
            parked = [each for _, rows in outcomes.values() for each in rows]
            versions = {stream: version for stream, (version, _) in outcomes.items()}
            async with _database():
                freed = await self.book.write(versions, parked)
            if parked:
                await self.count_parked()
            arrived = {stream: arrived[stream] for stream in freed}

    async def _take_stream(
        self, gate: asyncio.Semaphore, messages: Sequence[_Arrived], standing: Standing
    ) -> tuple[int, list[Parked]]:
        """Return the version that a stream is at after ``messages``, and what is to be parked."""
        parked: list[Parked] = []
        async with gate:
            for each in messages:
                known = await self._known(each, standing)
                if known:
                    self.health.repeats += 1
                if known and (not self.as_is or each.version is None):
                    continue
                fault = await self._fault(each, standing, known=known)
                if fault is None:
                    assert each.version is not None
                    standing = replace(standing, version=max(standing.version, each.version))
                elif not known:
                    standing = replace(standing, parked=True)
                    parked.append(Parked(each.message, each.version, *fault))
        return standing.version, parked

    async def _known(self, arrived: _Arrived, standing: Standing) -> bool:
        """Return whether a message was applied before, or set aside by an operator."""
        if arrived.version is not None:
            return arrived.version <= standing.version
        async with _database():
            return await self.book.discarded(arrived.message)

    async def _fault(
        self, arrived: _Arrived, standing: Standing, *, known: bool
    ) -> tuple[Code, str] | None:
        """Apply the next message of a stream; return why it cannot be, ``None`` when it was."""
        read = arrived.read
        if isinstance(read, Unreadable):
            if not standing.parked:
                self._alarm("unreadable", arrived, read)
            return "unreadable", reason_of(read)
        if standing.parked and not known:
            return "behind", "its stream is parked"
        if not self.as_is and read.version > standing.version + 1:
            self._alarm("gap", arrived, None)
            return "gap", f"version {read.version} came after {standing.version}"
        try:
            await self._apply(read)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 -- the park: counted, kept with its reason
            self._alarm("failed", arrived, error)
            return "failed", reason_of(error)
        self.health.applied += 1
        return None

    async def _apply(self, record: Received) -> None:
        """Have the effect on a record.

        An outage of the database is no fault of the record: when patience is at an end the
        database is asked, and if it answers, the effect is tried a last time.

        Raises:
            DatabaseAway: It does not.
            Exception: The effect fails.
        """
        patience = self.patience
        try:
            await apply(self.effect, record, group=self.book.consumer, patience=patience)
        except (*DATABASE_FAILURES, *patience.again):
            async with _database():
                await self.book.waiting()
            last = replace(patience, attempts_max=1)
            await apply(self.effect, record, group=self.book.consumer, patience=last)

    def _alarm(self, code: Code, arrived: _Arrived, error: Exception | None) -> None:
        """Say aloud that a stream is parked: nobody else will carry it on."""
        log.error(
            "consumer.parked",
            group=self.book.consumer,
            topic=self.book.topic,
            stream=stream_of(arrived.message),
            version=arrived.version,
            partition=arrived.message.partition,
            offset=arrived.message.offset,
            code=code,
            exc_info=error,
        )

    async def count_parked(self, *, at_most_every_s: float = 0.0) -> None:
        """Measure how many streams wait for an operator, unless that was done lately."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._counted_at_s < at_most_every_s:
            return
        async with _database():
            _, self.health.parked = await self.book.waiting()
        self._counted_at_s = now_s
        group, topic = self.book.consumer, self.book.topic
        measure(Metric.PARKED_CASES, self.health.parked, group=group, topic=topic)


async def apply(effect: Effect, record: Received, *, group: str, patience: Patience) -> None:
    """Have ``effect`` on ``record``, again and again while the world fails, within its limits.

    Raises:
        Exception: What the last attempt raised.
    """
    with process_span(
        record.topic,
        group,
        message_id=str(record.record.event_id),
        conversation_id=str(record.record.correlation_id),
        traceparent=record.record.traceparent,
        partition=record.partition,
        offset=record.offset,
    ):
        async for attempt in stamina.retry_context(
            on=(*DATABASE_FAILURES, *KAFKA_FAILURES, *patience.again),
            attempts=patience.attempts_max,
            timeout=None,
            wait_initial=patience.wait_first_s,
            wait_max=patience.wait_max_s,
            wait_jitter=patience.wait_first_s,
        ):
            with attempt:
                async with asyncio.timeout(patience.effect_timeout_s):
                    await effect(record)


@asynccontextmanager
async def _database() -> AsyncGenerator[None, None]:
    """Tell an outage of the database from one of Kafka: both are time-outs and lost sockets."""
    try:
        yield
    except DATABASE_FAILURES as error:
        raise DatabaseAway(type(error).__name__) from error


def _read(message: Message) -> Received | Unreadable:
    """Return ``message`` as a record, or why it is none."""
    try:
        return received(message)
    except Unreadable as error:
        return error

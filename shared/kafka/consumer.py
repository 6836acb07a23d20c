"""A member of a consumer group: poll, effect, progress, offset. At least once, in stream order.

What cannot be applied parks its stream, in order and with the reason; other streams go on. What
the world does is tried again; a member that makes no progress although the cluster answers ends
its process.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import stamina
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
)

from shared.kafka.clients import (
    KAFKA_FAILURES,
    REQUEST_TIMEOUT_MS,
    Brokers,
    KafkaConsumer,
    Message,
    Place,
    consuming,
    is_member,
    reachable,
)
from shared.kafka.progress import DATABASE_FAILURES, Book, Code, Parked, Standing
from shared.kafka.received import Received, Unreadable, reason_of, received, stream_of
from shared.kafka.subscription import Effect
from shared.telemetry import Metric, get_logger, measure, process_span

POLL_MS = 500
POLL_TIMEOUT_S = 30.0
BATCH_MAX = 200
STREAMS_AT_ONCE_MAX = 32
COMMIT_TIMEOUT_S = 2 * REQUEST_TIMEOUT_MS / 1_000
SESSIONS_FAILED_MAX = 3
COUNT_PARKED_S = 15.0

log = get_logger(__name__)


class ConsumerStalled(Exception):  # noqa: N818 -- an answer to the supervisor
    """The cluster answers, and yet this member makes no progress: end the process."""


class DatabaseAway(Exception):  # noqa: N818 -- ends a session, not the process
    """The consumer's own tables cannot be reached. Nothing is parked for that."""


class NoProgress(Exception):  # noqa: N818 -- ends a session, not the process
    """Polling brings neither records nor a sign of life."""


SESSION_FAILURES: tuple[type[Exception], ...] = (NoProgress, *KAFKA_FAILURES)


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
class Consumer:
    """One member of a group on one topic.

    Attributes:
        client_id: Told apart from every other member's.
        stopping: Set it, and the member finishes its batch and leaves.
    """

    brokers: Brokers
    book: Book
    effect: Effect
    client_id: str
    patience: Patience = field(default_factory=Patience)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    _behind: dict[Place, int] = field(default_factory=dict[Place, int])
    _counted_at_s: float = float("-inf")

    async def run(self) -> None:
        """Take part in the group until ``stopping`` is set.

        An outage of Kafka or of the database is waited for.

        Raises:
            ConsumerStalled: See there.
        """
        failed = 0
        while not self.stopping.is_set():
            try:
                await self._session()
            except DatabaseAway as error:
                self._tell(error)
            except SESSION_FAILURES as error:
                failed = 1 if self.health.polling else failed + 1
                self._tell(error)
                if failed >= SESSIONS_FAILED_MAX and await reachable(self.brokers):
                    raise ConsumerStalled(self.book.consumer) from error
            finally:
                self.health.polling = False
            await self._rest(failed)

    def _tell(self, error: Exception) -> None:
        """Log why a session ended."""
        group, topic = self.book.consumer, self.book.topic
        log.warning("consumer.session_ended", group=group, topic=topic, exc_info=error)

    async def _rest(self, failed: int) -> None:
        """Wait before the next session, less when told to stop."""
        limit_s = min(self.patience.wait_first_s * 2**failed, self.patience.wait_max_s)
        try:
            async with asyncio.timeout(limit_s):
                await self.stopping.wait()
        except TimeoutError:
            return

    async def _session(self) -> None:
        """Join the group and poll until told to stop, or until something fails."""
        group, topic = self.book.consumer, self.book.topic
        async with consuming(
            self.brokers, topic=topic, group=group, client_id=self.client_id
        ) as consumer:
            watch = _Watch(consumer, self.patience.stall_s)
            log.info("consumer.joined", group=group, topic=topic)
            while not self.stopping.is_set():
                await self._count_parked(at_most_every_s=COUNT_PARKED_S)
                async with asyncio.timeout(POLL_TIMEOUT_S):
                    polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_MAX)
                if polled:
                    await self._take(polled)
                    await self._commit(consumer, polled)
                    watch.moved()
                elif watch.overdue():
                    await self._require_idle(consumer)
                    watch.moved()
                self.health.polling = watch.alive
                self._note_lag(consumer, polled)

    async def _require_idle(self, consumer: KafkaConsumer) -> None:
        """Return if a member without a sign of life has simply no partition to poll.

        Raises:
            NoProgress: It has one, or the coordinator does not know it.
        """
        group = self.book.consumer
        spare = not consumer.assignment()
        if not (spare and await is_member(self.brokers, group=group, client_id=self.client_id)):
            raise NoProgress(group)

    def _note_lag(self, consumer: KafkaConsumer, polled: Mapping[Place, Sequence[Message]]) -> None:
        """Note how far behind the end of its partitions the member is, as last heard."""
        for each, messages in polled.items():
            end = consumer.highwater(each) if each in consumer.assignment() else None
            self._behind[each] = max(0, (end or 0) - messages[-1].offset - 1)
        mine = consumer.assignment()
        self._behind = {each: lag for each, lag in self._behind.items() if each in mine}
        self.health.lag = sum(self._behind.values())

    async def _take(self, polled: Mapping[Place, Sequence[Message]]) -> None:
        """Apply what was polled, park what cannot be applied, and write both down."""
        arrived: dict[str, list[_Arrived]] = {}
        for messages in polled.values():
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
            parked = [each for _, rows in outcomes.values() for each in rows]
            versions = {stream: version for stream, (version, _) in outcomes.items()}
            async with _database():
                freed = await self.book.write(versions, parked)
            if parked:
                await self._count_parked()
            arrived = {stream: arrived[stream] for stream in freed}

    async def _take_stream(
        self, gate: asyncio.Semaphore, messages: Sequence[_Arrived], standing: Standing
    ) -> tuple[int, list[Parked]]:
        """Return the version that a stream is at after ``messages``, and what is to be parked."""
        parked: list[Parked] = []
        async with gate:
            for each in messages:
                if each.version is not None and each.version <= standing.version:
                    self.health.repeats += 1
                    continue
                fault = await self._fault(each, standing)
                if fault is None:
                    assert each.version is not None
                    standing = replace(standing, version=each.version)
                else:
                    standing = replace(standing, parked=True)
                    parked.append(Parked(each.message, each.version, *fault))
        return standing.version, parked

    async def _fault(self, arrived: _Arrived, standing: Standing) -> tuple[Code, str] | None:
        """Apply the next message of a stream; return why it cannot be, ``None`` when it was."""
        if standing.parked:
            return "behind", "its stream is parked"
        read = arrived.read
        if isinstance(read, Unreadable):
            self._alarm("unreadable", arrived, read)
            return "unreadable", reason_of(read)
        if read.version > standing.version + 1:
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

    async def _count_parked(self, *, at_most_every_s: float = 0.0) -> None:
        """Measure how many streams wait for an operator, unless that was done lately."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._counted_at_s < at_most_every_s:
            return
        async with _database():
            _, self.health.parked = await self.book.waiting()
        self._counted_at_s = now_s
        group, topic = self.book.consumer, self.book.topic
        measure(Metric.PARKED_CASES, self.health.parked, group=group, topic=topic)

    async def _commit(
        self, consumer: KafkaConsumer, polled: Mapping[Place, Sequence[Message]]
    ) -> None:
        """Commit the offsets of what is durable.

        Who was put out of the group meanwhile has nothing to say: the next member meets repeats.
        """
        offsets = {place: messages[-1].offset + 1 for place, messages in polled.items()}
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_S):
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.info("consumer.rebalanced", group=self.book.consumer, topic=self.book.topic)


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


class _Watch:
    """Notices when polling shows no sign of life: no record, and no answer to a fetch."""

    def __init__(self, consumer: KafkaConsumer, stall_s: float) -> None:
        self._consumer = consumer
        self._stall_s = stall_s
        self._seen: frozenset[int | None] = frozenset()
        self._alive_at_s = asyncio.get_running_loop().time()
        self.alive = False

    def moved(self) -> None:
        """Take note of a sign of life."""
        self.alive = True
        self._alive_at_s = asyncio.get_running_loop().time()

    def overdue(self) -> bool:
        """Return whether the last sign of life is too long ago."""
        places = self._consumer.assignment()
        seen = frozenset(self._consumer.last_poll_timestamp(each) for each in places) - {None}
        if seen != self._seen:
            self._seen = seen
            self.moved()
        return asyncio.get_running_loop().time() - self._alive_at_s > self._stall_s


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

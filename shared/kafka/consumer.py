"""A member of a consumer group: poll, effect, progress, offset. At least once, in stream order.

What cannot be applied parks its stream, in order and with the reason; other streams go on. What
the world does is tried again; a member that makes no progress although the cluster answers ends
its process.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)

from shared.crash import crash_point
from shared.kafka.batch import DatabaseAway, Health, Patience, Taker
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
from shared.kafka.lost import RecordsLost, resume
from shared.kafka.progress import Book
from shared.kafka.subscription import Effect
from shared.telemetry import get_logger

POLL_MS = 500
POLL_TIMEOUT_S = 30.0
BATCH_MAX = 200
COMMIT_TIMEOUT_S = 2 * REQUEST_TIMEOUT_MS / 1_000
SESSIONS_FAILED_MAX = 3
COUNT_PARKED_S = 15.0
DOUBLED_MAX = 10
"""How often a wait is doubled; no float could hold two to the number of an outage's failures."""

log = get_logger(__name__)


class ConsumerStalled(Exception):  # noqa: N818 -- an answer to the supervisor
    """The cluster answers, and yet this member makes no progress: end the process."""


class NoProgress(Exception):  # noqa: N818 -- ends a session, not the process
    """Polling brings neither records nor a sign of life."""


SESSION_FAILURES: tuple[type[Exception], ...] = (NoProgress, *KAFKA_FAILURES)


@dataclass(slots=True)
class Consumer:
    """One member of a group on one topic.

    Attributes:
        client_id: Told apart from every other member's.
        as_is: See ``RecordSubscription``.
        stopping: Set it, and the member finishes its batch and leaves.
    """

    brokers: Brokers
    book: Book
    effect: Effect
    client_id: str
    patience: Patience = field(default_factory=Patience)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    as_is: bool = False
    _behind: dict[Place, int] = field(default_factory=dict[Place, int])
    _alive: bool = False

    async def run(self) -> None:
        """Take part in the group until ``stopping`` is set.

        An outage of Kafka or of the database is waited for.

        Raises:
            ConsumerStalled: See there.
        """
        failed, stuck = 0, _Stuck(self.patience.stall_s)
        while not self.stopping.is_set():
            try:
                await self._session()
            except DatabaseAway as error:
                self._tell(error)
            except RecordsLost as error:
                self._miss(error)
                failed += 1
            except SESSION_FAILURES as error:
                self._tell(error)
                failed = 1 if self._alive else failed + 1
                if stuck.over(stuck=not self._alive and await reachable(self.brokers)):
                    raise ConsumerStalled(self.book.consumer) from error
            await self._rest(failed)

    def _tell(self, error: Exception) -> None:
        """Log why a session ended."""
        group, topic = self.book.consumer, self.book.topic
        log.warning("consumer.session_ended", group=group, topic=topic, exc_info=error)

    def _miss(self, error: RecordsLost) -> None:
        """Say aloud that records are gone which were not applied: they must be sent again."""
        group, topic = self.book.consumer, self.book.topic
        log.error("consumer.records_lost", group=group, topic=topic, why=str(error))

    async def _rest(self, failed: int) -> None:
        """Wait before the next session, less when told to stop."""
        doubled = 2 ** min(failed, DOUBLED_MAX)
        limit_s = min(self.patience.wait_first_s * doubled, self.patience.wait_max_s)
        try:
            async with asyncio.timeout(limit_s):
                await self.stopping.wait()
        except TimeoutError:
            return

    async def _session(self) -> None:
        """Join the group and poll until told to stop, or until something fails."""
        group, topic = self.book.consumer, self.book.topic
        self._alive = False
        async with consuming(
            self.brokers, topic=topic, group=group, client_id=self.client_id
        ) as consumer:
            log.info("consumer.joined", group=group, topic=topic)
            try:
                await self._poll(consumer)
            finally:
                self.health.polling = False

    async def _poll(self, consumer: KafkaConsumer) -> None:
        """Poll until told to stop, or until something fails."""
        watch = _Watch(consumer, self.patience.stall_s)
        taker = Taker(self.book, self.effect, self.patience, self.health, self.as_is)
        while not self.stopping.is_set():
            await taker.count_parked(at_most_every_s=COUNT_PARKED_S)
            polled = await self._polled(consumer)
            if polled:
                crash_point("consumer.polled")
                await taker.take(chain.from_iterable(polled.values()))
                crash_point("consumer.settled")
                await self._commit(consumer, polled)
                watch.moved()
            elif watch.overdue():
                await self._require_idle(consumer)
                watch.moved()
            self._alive = self.health.polling = watch.alive
            self._note_lag(consumer, polled)

    async def _polled(self, consumer: KafkaConsumer) -> Mapping[Place, Sequence[Message]]:
        """Return what has come; nothing where a place on the topic had to be found first.

        Raises:
            RecordsLost: See there.
        """
        try:
            async with asyncio.timeout(POLL_TIMEOUT_S):
                return await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_MAX)
        except NoOffsetForPartitionError as error:
            asked: Mapping[Place, int | None] = {error.args[0]: None}
        except OffsetOutOfRangeError as error:
            asked = error.args[0]
        await resume(self.brokers, consumer, asked)
        return {}

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


@dataclass(slots=True)
class _Stuck:
    """Counts sessions in a row that came to nothing although the cluster answers.

    A few of them pass in a moment while a broker that has just begun answers and leads nothing yet; so
    what counts is that they do not end.
    """

    stall_s: float
    _sessions: int = 0
    _since_s: float = 0.0

    def over(self, *, stuck: bool) -> bool:
        """Return whether one more session, ``stuck`` or not, makes it too many for too long."""
        now_s = asyncio.get_running_loop().time()
        if self._sessions == 0:
            self._since_s = now_s
        self._sessions = self._sessions + 1 if stuck else 0
        return self._sessions >= SESSIONS_FAILED_MAX and now_s - self._since_s >= self.stall_s


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

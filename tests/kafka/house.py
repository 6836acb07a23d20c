"""A service of its own on the running stack: a database, a topic, a log and what hangs on them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import asyncpg
from aiokafka.errors import GroupCoordinatorNotAvailableError

from deploy.local.stack import Stack
from shared import kafka, relay
from shared.clock import now
from shared.contracts.record import decode
from shared.eventlog import Handler, LogBusy, OutcomeUnknown, StreamMoved
from shared.eventlog.connection import Pool, open_pool
from shared.eventlog.migrate import SchemaText, migrate_log
from shared.eventlog.postgres import PostgresLog, open_log
from shared.eventlog.reader import LogReader, open_reader
from shared.kafka import (
    Brokers,
    Consumer,
    Outgoing,
    Patience,
    Subscription,
    Topic,
    effect_of,
    producing,
    provision,
    send_page,
)
from shared.kafka.clients import administrating, consuming, place
from shared.kafka.progress import Book
from shared.kafka.topics import PARTITIONS
from shared.relay import Output, Relay
from shared.relay.relay import messages
from shared.testing.memory import MemoryAccessLog
from shared.vault import PostgresShelf, Vault
from tests.kafka.example import (
    DECIDERS,
    POLICY,
    READER_KNOWS,
    WRITER_KNOWS,
    FillBox,
    NoteTaken,
    box,
    caused,
    note_of,
    reading,
    when_box,
)

WAIT_S = 30.0
LOOK_S = 0.05
PASSWORD = "only-in-tests"  # noqa: S105 -- of a role that lives for one test run
PATIENT = Patience(
    again=(OutcomeUnknown, LogBusy, StreamMoved), attempts_max=3, wait_first_s=0.05, wait_max_s=0.2
)
_numbers = count(1)


@dataclass(slots=True)
class House:
    """One service, with what tests do to it.

    Attributes:
        group: Name of its consumer.
    """

    name: str
    brokers: Brokers
    topic: str
    group: str
    app_dsn: str
    relay_dsn: str
    admin_dsn: str
    pool: Pool
    log: PostgresLog
    reader: LogReader
    handler: Handler
    subscription: Subscription
    _members: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def book(self) -> Book:
        """Return the rows of the consumer."""
        return Book(self.pool, self.group, self.topic)

    @property
    def effect(self) -> Callable[[kafka.Received], Awaitable[None]]:
        """Return what the policy does about a record."""
        return noting(self.subscription, self.handler)

    def relay(self, output: Output | None = None) -> Relay:
        """Return a relay that is not running yet."""
        return Relay(
            reader=self.reader,
            dsn=self.relay_dsn,
            brokers=self.brokers,
            output=output or Output(self.topic),
            now=now,
            idle_s=0.1,
        )

    def consumer(
        self,
        effect: Callable[[kafka.Received], Awaitable[None]] | None = None,
        patience: Patience = PATIENT,
    ) -> Consumer:
        """Return a member of the group that is not running yet."""
        return Consumer(
            brokers=self.brokers,
            book=self.book,
            effect=effect or self.effect,
            client_id=f"{self.group}.{next(self._members)}",
            patience=patience,
        )

    async def fill(self, name: str, numbers: Sequence[int]) -> None:
        """Have a box filled with each of ``numbers``, one command each."""
        for number in numbers:
            await self.handler.put(box(name), FillBox(number), caused(f"{name} {number}"))

    async def noted(self, numbers: Sequence[int]) -> list[int]:
        """Return how many notes were taken about each of ``numbers``."""
        return [(await self.log.load(note_of(each))).version for each in numbers]

    async def notes(self) -> list[int]:
        """Return the number that each note is about, in log order."""
        records = [decode(each.leaf) for each in await self.log.tail(0, limit=10_000)]
        return [each.data["number"] for each in records if each.type == NoteTaken.__name__]

    async def has_members(self, number: int) -> bool:
        """Return whether the group is settled and has so many members."""
        async with administrating(self.brokers) as admin:
            try:
                (answer,) = await admin.describe_consumer_groups([self.group])
            except GroupCoordinatorNotAvailableError:  # the first group of a fresh cluster
                return False
        ((_, _, state, _, _, members, *_),) = answer.groups
        return state == "Stable" and len(members) == number

    async def parked(self) -> list[asyncpg.Record]:
        """Return what is parked, as it arrived."""
        return await self.pool.fetch(
            "SELECT * FROM consumer.parked WHERE settled_at IS NULL ORDER BY id"
        )

    async def send(self, *messages: Outgoing) -> None:
        """Put messages on the topic behind the relay's back."""
        async with producing(self.brokers, client_id=f"{self.name}.stranger") as producer:
            await send_page(producer, self.topic, messages)

    async def on_record(self) -> list[Outgoing]:
        """Return the whole log as messages, in log order."""
        return messages(Output(self.topic), await self.log.tail(0, limit=10_000))

    async def rewind(self) -> None:
        """Have the group, which must be empty, start again at the beginning of the topic."""
        async with consuming(
            self.brokers, topic=self.topic, group=self.group, client_id="rewind"
        ) as member:
            await member.commit({place(self.topic, each): 0 for each in range(PARTITIONS)})

    async def all_noted(self, numbers: Sequence[int]) -> bool:
        """Return whether each of ``numbers`` was noted, once or more."""
        return all(await self.noted(numbers))


@asynccontextmanager
async def opened(stack: Stack) -> AsyncIterator[House]:
    """Yield a service of its own, migrated and open; nothing is relayed or consumed yet."""
    name = f"house{next(_numbers)}"
    brokers, topic = Brokers(stack.kafka_bootstrap), f"asf.{name}.events.v1"
    at = urlsplit(stack.postgres_admin_dsn)
    app_dsn, relay_dsn = (
        f"postgresql://{name}_{role}:{PASSWORD}@{at.hostname}:{at.port}/{name}"
        for role in ("app", "relay")
    )
    await migrate_log(
        stack.postgres_admin_dsn,
        service=name,
        app_dsn=app_dsn,
        relay_dsn=relay_dsn,
        schemas=(
            SchemaText("consumer", kafka.SCHEMA),
            SchemaText("relay", relay.SCHEMA, writer="relay"),
        ),
        simulated=True,
    )
    await provision(brokers, (Topic(topic),), replication=stack.settings.brokers)
    async with AsyncExitStack() as doors:
        pool, log = await doors.enter_async_context(working(app_dsn, name))
        reader = await doors.enter_async_context(open_reader(relay_dsn, service=name))
        yield House(
            name=name,
            brokers=brokers,
            topic=topic,
            group=f"{name}.when_box",
            app_dsn=app_dsn,
            relay_dsn=relay_dsn,
            admin_dsn=stack.postgres_admin_dsn,
            pool=pool,
            log=log,
            reader=reader,
            handler=handling(log),
            subscription=Subscription(f"{name}.when_box", topic, when_box),
        )


@asynccontextmanager
async def working(app_dsn: str, name: str) -> AsyncIterator[tuple[Pool, PostgresLog]]:
    """Yield the database and the log of a service that is migrated."""
    async with (
        open_pool(app_dsn, name=name) as pool,
        open_log(
            app_dsn,
            service=name,
            pool=pool,
            vault=Vault(PostgresShelf(pool), master_key=bytes(32)),
            now=now,
            event_of=reading(WRITER_KNOWS),
        ) as log,
    ):
        yield pool, log


def handling(log: PostgresLog) -> Handler:
    """Return who carries out the commands of a service."""
    return Handler(log, DECIDERS, MemoryAccessLog(), now)


def noting(
    subscription: Subscription, handler: Handler
) -> Callable[[kafka.Received], Awaitable[None]]:
    """Return what the policy of a service does about a record."""
    return effect_of(subscription, put=handler.put, actor=POLICY, event_of=reading(READER_KNOWS))


@asynccontextmanager
async def running(*parts: Consumer | Relay) -> AsyncIterator[None]:
    """Run relays and consumers inside the block; stop them at its end as SIGTERM would."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run())
        try:
            yield
        finally:
            for part in parts:
                part.stopping.set()


async def until(true: Callable[[], Awaitable[object] | object], *, limit_s: float = WAIT_S) -> None:
    """Return when ``true`` is; fail when that takes too long."""
    async with asyncio.timeout(limit_s):
        while True:
            answer = true()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(LOOK_S)

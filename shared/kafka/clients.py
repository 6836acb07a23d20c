"""The one place where Kafka clients are built, and where they are closed.

Every default of the library is unsafe for what must not be lost (one acknowledgement, no
idempotence, automatic commits, uncommitted reads), so nobody else builds one. Every start and
every stop is bounded: ``start()`` of a consumer can hang without a word.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, NamedTuple, Protocol, cast

from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.telemetry import get_logger

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
GIVE_UP_S = 3.0
REQUEST_TIMEOUT_MS = 10_000
SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_MS = 2_000
POLL_INTERVAL_MS_MAX = 300_000
BATCH_BYTES_MAX = 512 * 1024
FETCH_BYTES_MAX = 4 * 1024 * 1024
RETRY_BACKOFF_MS = 100
SCRAM = "SCRAM-SHA-512"
"""How a name is shown: Kafka never sees the password, nor does whoever listens."""

KAFKA_FAILURES: tuple[type[Exception], ...] = (KafkaError, OSError)
"""What the world does to whoever speaks to Kafka; a time-out is an ``OSError``."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Brokers:
    """How a cluster is reached.

    Attributes:
        servers: Some of them, ``host:port``, separated by commas.
        tls: ``None`` speaks in the clear: the local stack, and nothing else.
        username: For SCRAM-SHA-512; ``None`` where the certificate or nothing identifies us.
    """

    servers: str
    tls: SSLContext | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def arguments(self) -> dict[str, Any]:
        """Return what every client of the library is given."""
        kind = "SSL" if self.tls else "PLAINTEXT"
        reach: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "security_protocol": kind if self.username is None else f"SASL_{kind}",
            "ssl_context": self.tls,
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "retry_backoff_ms": RETRY_BACKOFF_MS,
        }
        if self.username is not None:
            reach |= {
                "sasl_mechanism": SCRAM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return reach


class Place(NamedTuple):
    """A partition of a topic; equal to the library's own."""

    topic: str
    partition: int


class Message(Protocol):
    """A record as the library hands it over."""

    @property
    def topic(self) -> str: ...  # noqa: D102 -- the library's
    @property
    def partition(self) -> int: ...  # noqa: D102 -- the library's
    @property
    def offset(self) -> int: ...  # noqa: D102 -- the library's
    @property
    def key(self) -> bytes | None: ...  # noqa: D102 -- the library's
    @property
    def value(self) -> bytes | None: ...  # noqa: D102 -- the library's
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102 -- the library's


class Batch(Protocol):
    """Records for one partition, made up before they are sent."""

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
    ) -> object | None:
        """Add a record; ``None`` when it does not fit any more."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class KafkaProducer(Protocol):
    """What we use of the library's producer."""

    async def partitions_for(self, topic: str) -> set[int]: ...  # noqa: D102 -- the library's
    def create_batch(self) -> Batch: ...  # noqa: D102 -- the library's
    async def send_batch(  # noqa: D102 -- the library's
        self, batch: Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[object]": ...


class KafkaConsumer(Protocol):
    """What we use of the library's consumer."""

    async def getmany(  # noqa: D102 -- the library's
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[Place, Sequence[Message]]: ...
    async def commit(self, offsets: Mapping[Place, int]) -> None: ...  # noqa: D102
    async def end_offsets(self, places: Sequence[Place]) -> Mapping[Place, int]: ...  # noqa: D102
    async def beginning_offsets(self, places: Sequence[Place]) -> Mapping[Place, int]: ...  # noqa: D102
    def seek(self, place: Place, offset: int) -> None: ...  # noqa: D102 -- the library's
    async def committed(self, place: Place) -> int | None: ...  # noqa: D102 -- the library's
    async def position(self, place: Place) -> int: ...  # noqa: D102 -- the library's
    def assignment(self) -> set[Place]: ...  # noqa: D102 -- the library's
    async def seek_to_beginning(self) -> object: ...  # noqa: D102 -- the library's
    def highwater(self, place: Place) -> int | None: ...  # noqa: D102 -- the library's
    def last_poll_timestamp(self, place: Place) -> int | None: ...  # noqa: D102


def place(topic: str, partition: int) -> Place:
    """Return the library's name for a partition."""
    return cast("Place", TopicPartition(topic, partition))


@asynccontextmanager
async def producing(brokers: Brokers, *, client_id: str) -> AsyncGenerator[KafkaProducer, None]:
    """Yield a producer that loses nothing, and discard it afterwards, whatever became of it.

    Idempotent, acknowledged by all replicas in sync, in order within a partition.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    client: Any = AIOKafkaProducer(
        **brokers.arguments(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_batch_size=BATCH_BYTES_MAX,
        linger_ms=0,
    )
    with _ended_by_us():
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await client.start()
            yield cast("KafkaProducer", client)
        finally:
            await _close(client_id, _discard(client), client.client)


@asynccontextmanager
async def consuming(
    brokers: Brokers, *, topic: str, group: str | None, client_id: str
) -> AsyncGenerator[KafkaConsumer, None]:
    """Yield a consumer of ``topic`` that commits only when told to, and close it afterwards.

    Without a group it has all partitions, and starts where it is told. With one it goes on where
    the group was, and nowhere else: see ``shared.kafka.lost``.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer, or does not let the group begin, in time.
    """
    client: Any = AIOKafkaConsumer(
        topic,
        **_reading(brokers, group),
        client_id=client_id,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        max_poll_interval_ms=POLL_INTERVAL_MS_MAX,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    async with _started(client, client_id) as consumer:
        yield consumer


@asynccontextmanager
async def speaking_for(
    brokers: Brokers, *, group: str, places: Sequence[Place]
) -> AsyncGenerator[KafkaConsumer, None]:
    """Yield whoever may ask and say how far a group is that has no members, and close it afterwards.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    client_id = "sigill.speaker"
    client: Any = AIOKafkaConsumer(**_reading(brokers, group), client_id=client_id)
    client.assign(places)
    async with _started(client, client_id) as consumer:
        yield consumer


def _reading(brokers: Brokers, group: str | None) -> dict[str, Any]:
    """Return what every consumer is given."""
    return {
        **brokers.arguments(),
        "group_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest" if group is None else "none",
        "isolation_level": "read_committed",
    }


@asynccontextmanager
async def _started(client: Any, client_id: str) -> AsyncGenerator[KafkaConsumer, None]:
    """Yield a consumer that has begun, and close it afterwards."""
    with _ended_by_us():
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await client.start()
            yield cast("KafkaConsumer", client)
        finally:
            await _close(client_id, client.stop(), client._client)  # noqa: SLF001 -- see _close


@asynccontextmanager
async def administrating(brokers: Brokers) -> AsyncGenerator[Any, None]:
    """Yield the library's admin client, once the cluster names a broker, and close it afterwards.

    One that has only just begun, or woken up, answers for a while and names none, not even itself.

    Raises:
        KafkaError: The cluster is not there, or says no.
        TimeoutError: It does not answer in time.
    """
    client: Any = AIOKafkaAdminClient(**brokers.arguments(), client_id="sigill.admin")
    with _ended_by_us():
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await client.start()
                await _names_a_broker(client._client)  # noqa: SLF001 -- as below
            yield client
        finally:
            await _close("sigill.admin", client.close(), client._client)  # noqa: SLF001 -- see _close


async def _names_a_broker(client: Any) -> None:
    """Return when the library has heard of a broker that it can ask."""
    while not client.cluster.brokers():
        await client.force_metadata_update()
        await asyncio.sleep(RETRY_BACKOFF_MS / 1_000)


async def reachable(brokers: Brokers) -> bool:
    """Return whether the cluster answers a metadata request: an open port is not an answer."""
    try:
        async with administrating(brokers) as admin, asyncio.timeout(START_TIMEOUT_S):
            await admin.describe_cluster()
    except KAFKA_FAILURES:
        return False
    return True


async def is_member(brokers: Brokers, *, group: str, client_id: str) -> bool:
    """Return whether the coordinator knows ``client_id`` as a member of a settled ``group``."""
    async with administrating(brokers) as admin, asyncio.timeout(START_TIMEOUT_S):
        for answer in await admin.describe_consumer_groups([group]):
            for _, _, state, _, _, members, *_ in answer.groups:
                if state == "Stable" and any(client_id == member[1] for member in members):
                    return True
    return False


@contextmanager
def _ended_by_us() -> Generator[None, None, None]:
    """Let a cancellation through only when somebody asked this task to end.

    In an outage the library cancels tasks of its own and awaits them (``stop()`` of a consumer
    with a fetch under way), and ``CancelledError`` comes out of its call. Unnoticed it would end
    our task as if it had been told to, without a word.

    Raises:
        KafkaError: The library gave something up.
    """
    task = asyncio.current_task()
    assert task is not None
    asked = task.cancelling()
    try:
        yield
    except asyncio.CancelledError as error:
        if task.cancelling() > asked:
            raise
        raise KafkaError("given up by the client") from error


async def _close(client_id: str, closing: Coroutine[Any, Any, None], connections: Any) -> None:
    """Close a client; of one that does not let itself be closed, close the sockets."""
    try:
        with _ended_by_us():
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await closing
    except KAFKA_FAILURES as error:
        log.warning("kafka.not_closed", client=client_id, error=type(error).__name__)
        with suppress(*KAFKA_FAILURES):
            async with asyncio.timeout(GIVE_UP_S):
                await connections.close()


async def _discard(client: Any) -> None:
    """Close a producer without waiting for what it could not send.

    Its ``stop()`` waits for every batch to be delivered, and an idempotent producer tries for
    ever: in an outage it would never end, and its sender would go on behind our back. So the
    sender goes first, and what is still queued is dropped. Nobody waits for it any more.
    """
    sender = client._sender  # noqa: SLF001 -- the library has no public way to give up
    if sender.sender_task is not None:
        with suppress(TimeoutError):  # what does not answer is broken off
            async with asyncio.timeout(GIVE_UP_S):
                await sender.close()
        client._message_accumulator._batches.clear()  # noqa: SLF001 -- as above
    await client.stop()

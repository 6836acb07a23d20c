"""What a consumer knows about itself, in the service's database: progress and parked streams.

Order of the writes, which everything rests on: the effect of an event is durable, then its
progress, then the offset. Whatever dies in between makes repeats, never gaps.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import asyncpg
import orjson

from shared.kafka.clients import Message
from shared.kafka.received import stream_of

QUERY_TIMEOUT_S = 10.0

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Code = Literal["unreadable", "gap", "failed", "behind"]

DATABASE_FAILURES: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
)
"""What the world does to whoever speaks to PostgreSQL; a time-out is an ``OSError``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a consumer stands in a stream.

    Attributes:
        version: Of the last event whose effect is durable; 0 before the first.
        parked: Whether the stream waits for an operator.
    """

    version: int = 0
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that was not applied, and why.

    Attributes:
        version: ``None`` where it could not be read.
        code: ``behind``: nothing is wrong with it, but its stream was parked already.
    """

    message: Message
    version: int | None
    code: Code
    reason: str


@dataclass(frozen=True, slots=True)
class ParkedStream:
    """A stream that waits, for an operator.

    Attributes:
        messages: How many of it wait.
        since: When the first was parked.
        code: Why the first was; see ``Parked``.
        reason: The same, in words.
    """

    stream: str
    messages: int
    since: datetime
    code: Code
    reason: str


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of one consumer of one topic."""

    pool: Pool
    consumer: str
    topic: str

    async def standings(self, streams: Iterable[str]) -> dict[str, Standing]:
        """Return where the consumer stands in each of ``streams``. One round trip."""
        async with self.connected() as connection:
            return await self._standings(connection, list(streams))

    async def write(self, versions: Mapping[str, int], parked: Sequence[Parked]) -> frozenset[str]:
        """Write how far streams are and what could not be applied, all or nothing.

        Safe to repeat. Progress never goes back, and what another member of the group has
        applied meanwhile is not parked.

        Returns:
            Streams that an operator redrove meanwhile: nothing is written about them, and their
            messages are to be taken again.
        """
        async with self.connected() as connection, connection.transaction():
            freed: frozenset[str] = frozenset()
            if parked:
                freed = await self._park(connection, parked)
            ahead = sorted((s, v) for s, v in versions.items() if v > 0 and s not in freed)
            if ahead:
                await connection.execute(
                    "INSERT INTO consumer.progress AS known (consumer, topic, stream, version)"
                    " SELECT $1, $2, * FROM unnest($3::text[], $4::int[])"
                    " ON CONFLICT (consumer, topic, stream) DO UPDATE"
                    " SET version = greatest(known.version, excluded.version)",
                    self.consumer,
                    self.topic,
                    [stream for stream, _ in ahead],
                    [version for _, version in ahead],
                )
            return freed

    @asynccontextmanager
    async def alone_with(
        self, stream: str, *, limit_s: float
    ) -> AsyncGenerator[tuple[Any, Standing], None]:
        """Yield a connection in a transaction in which nobody else moves or parks ``stream``."""
        async with self.connected(limit_s) as connection, connection.transaction():
            await self._lock(connection, [stream])
            yield connection, (await self._standings(connection, [stream]))[stream]

    async def waiting(self) -> tuple[int, int]:
        """Return how many messages of how many streams are parked."""
        async with self.connected() as connection:
            row = await connection.fetchrow(
                "SELECT count(*), count(DISTINCT stream) FROM consumer.parked"
                " WHERE consumer = $1 AND topic = $2 AND settled_at IS NULL",
                self.consumer,
                self.topic,
            )
        return (row[0], row[1]) if row else (0, 0)

    async def parked_streams(self) -> tuple[ParkedStream, ...]:
        """Return the streams that wait for an operator, the one that waits longest first."""
        async with self.connected() as connection:
            rows = await connection.fetch(
                """
                SELECT stream, count(*) AS messages, min(parked_at) AS since,
                       (array_agg(code ORDER BY id))[1] AS code,
                       (array_agg(reason ORDER BY id))[1] AS reason
                  FROM consumer.parked
                 WHERE consumer = $1 AND topic = $2 AND settled_at IS NULL
                 GROUP BY stream ORDER BY since, stream
                """,
                *(self.consumer, self.topic),
            )
        return tuple(ParkedStream(**row) for row in rows)

    async def discarded(self, message: Message) -> bool:
        """Return whether an operator has set ``message`` aside."""
        async with self.connected() as connection:
            found: bool = await connection.fetchval(
                "SELECT EXISTS (SELECT FROM consumer.parked WHERE consumer = $1 AND topic = $2"
                ' AND stream = $3 AND partition = $4 AND "offset" = $5'
                " AND settled_as = 'discarded')",
                self.consumer,
                self.topic,
                stream_of(message),
                message.partition,
                message.offset,
            )
        return found

    async def _park(self, connection: Any, parked: Sequence[Parked]) -> frozenset[str]:
        """Write the rows of ``parked``; return the streams that are not parked any more."""
        streams = sorted({stream_of(each.message) for each in parked})
        await self._lock(connection, streams)
        now = await self._standings(connection, streams)
        unknown = [
            each
            for each in parked
            if each.version is None or each.version > now[stream_of(each.message)].version
        ]
        at_fault = {stream_of(each.message) for each in unknown if each.code != "behind"}
        freed = frozenset(s for s in streams if s not in at_fault and not now[s].parked)
        for each in unknown:
            stream = stream_of(each.message)
            if stream not in freed:
                await self._insert(connection, stream, each)
        return freed

    async def _insert(self, connection: Any, stream: str, parked: Parked) -> None:
        """Write one row, unless the same message waits already."""
        message = parked.message
        await connection.execute(
            "INSERT INTO consumer.parked (consumer, topic, stream, version, partition,"
            ' "offset", key, leaf, headers, code, reason)'
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            ' ON CONFLICT (consumer, topic, partition, "offset") WHERE settled_at IS NULL'
            " DO NOTHING",
            self.consumer,
            self.topic,
            stream,
            parked.version,
            message.partition,
            message.offset,
            message.key,
            message.value,
            orjson.dumps([(name, value.hex()) for name, value in message.headers]).decode(),
            parked.code,
            parked.reason,
        )

    async def _lock(self, connection: Any, streams: Sequence[str]) -> None:
        """Keep everybody else from moving or parking ``streams`` until the transaction ends."""
        await connection.execute(
            "INSERT INTO consumer.progress (consumer, topic, stream, version)"
            " SELECT $1, $2, stream, 0 FROM unnest($3::text[]) AS stream ORDER BY stream"
            " ON CONFLICT DO NOTHING",
            self.consumer,
            self.topic,
            streams,
        )
        await connection.execute(
            "SELECT FROM consumer.progress WHERE consumer = $1 AND topic = $2"
            " AND stream = ANY($3) ORDER BY stream FOR UPDATE",
            self.consumer,
            self.topic,
            streams,
        )

    async def _standings(self, connection: Any, streams: Sequence[str]) -> dict[str, Standing]:
        """Return where the consumer stands in each of ``streams``."""
        rows = await connection.fetch(
            "SELECT asked.stream, coalesce(known.version, 0) AS version, EXISTS ("
            " SELECT FROM consumer.parked WHERE parked.consumer = $1 AND parked.topic = $2"
            " AND parked.stream = asked.stream AND settled_at IS NULL) AS parked"
            " FROM unnest($3::text[]) AS asked (stream) LEFT JOIN consumer.progress AS known"
            " ON known.consumer = $1 AND known.topic = $2 AND known.stream = asked.stream",
            self.consumer,
            self.topic,
            streams,
        )
        return {row["stream"]: Standing(row["version"], row["parked"]) for row in rows}

    @asynccontextmanager
    async def connected(self, limit_s: float = QUERY_TIMEOUT_S) -> AsyncGenerator[Any, None]:
        """Yield a connection for at most ``limit_s``."""
        async with asyncio.timeout(limit_s), self.pool.acquire() as connection:
            yield connection

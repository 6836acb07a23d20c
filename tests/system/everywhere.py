"""Looks for bytes wherever the house keeps or says anything: files, rows, messages, traces.

Files alone would not do: PostgreSQL compresses long values and Kafka its batches, and a text may
then lie there in pieces. So each place is read as its files and as what a client gets out of it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import asyncpg
import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.house import House
from deploy.local.postgres import data_folders

CHUNK_BYTES = 1 << 20
LOOK_BACK_MS = 86_400_000
TRACES_MAX = 10_000
FETCH_MS = 500

DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""

Place = tuple[str, bytes]
"""What it is called (``table:review:log.event``), and something that lies there."""


@dataclass(frozen=True, slots=True)
class Everywhere:
    """All places of a running house, its stack included."""

    house: House

    async def holding(self, sought: Iterable[bytes]) -> dict[bytes, set[str]]:
        """Return for each of ``sought`` the names of the places where it lies.

        What is the same to the byte in several places, as most of a database's own files, is read once.
        """
        found: dict[bytes, set[str]] = {each: set() for each in sought}
        held: dict[bytes, tuple[bytes, ...]] = {}
        await self._checkpoint()
        for places in (self._files(), self._rows(), self._messages(), self._traces()):
            async for name, content in places:
                digest = sha256(content).digest()
                if digest not in held:
                    held[digest] = tuple(each for each in found if each in content)
                for each in held[digest]:
                    found[each].add(name)
        return found

    async def _checkpoint(self) -> None:
        """Have the database write to its files whatever it holds in memory."""
        connection = await asyncpg.connect(self.house.stack.postgres_admin_dsn)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def _files(self) -> AsyncIterator[Place]:
        """Yield data of every part and service, and what every process has said."""
        settings = self.house.stack.settings
        folders = {folder for folder in data_folders(settings) if folder.exists()}
        for folder in (*sorted(folders), settings.log, settings.run):
            for path in sorted(folder.rglob("*")):
                for chunk in await asyncio.to_thread(lambda path=path: list(_chunks(path))):  # type: ignore[misc]
                    yield f"file:{folder.name}/{path.relative_to(folder)}", chunk

    async def _rows(self) -> AsyncIterator[Place]:
        """Yield every row of every table of every database, with nothing compressed."""
        dsn = self.house.stack.postgres_admin_dsn
        admin = await asyncpg.connect(dsn)
        try:
            databases = [row["datname"] for row in await admin.fetch(DATABASES)]
        finally:
            await admin.close()
        for database in databases:
            connection = await asyncpg.connect(f"{dsn.rpartition('/')[0]}/{database}")
            try:
                for schema, table in await connection.fetch(TABLES):
                    rows = await connection.fetch(f'SELECT * FROM "{schema}"."{table}"')  # noqa: S608 -- names from the catalogue
                    for row in rows:
                        yield f"table:{database}:{schema}.{table}", repr(tuple(row)).encode()
            finally:
                await connection.close()

    async def _messages(self) -> AsyncIterator[Place]:
        """Yield every record of every topic but Kafka's own: key, value and headers."""
        bootstrap = self.house.stack.kafka_bootstrap
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            isolation_level="read_uncommitted",
        )
        await consumer.start()
        try:
            places = await _partitions(bootstrap)
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(places)
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=FETCH_MS)).items():
                    for record in records:
                        parts = (record.key, record.value, record.headers)
                        yield f"topic:{place.topic}", repr(parts).encode()
        finally:
            await consumer.stop()

    async def _traces(self) -> AsyncIterator[Place]:
        """Yield the traces of every service, as the trace viewer has them."""
        api = f"{self.house.stack.zipkin_url}/api/v2"
        async with httpx2.AsyncClient(timeout=60) as http:
            for service in (await http.get(f"{api}/services")).json():
                asked = {
                    "serviceName": service,
                    "lookback": str(LOOK_BACK_MS),
                    "limit": str(TRACES_MAX),
                }
                answer = await http.get(f"{api}/traces", params=asked)
                yield f"traces:{service}", answer.raise_for_status().content


async def _partitions(bootstrap: str) -> list[TopicPartition]:
    """Return every partition of every topic but Kafka's own."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
        return [
            TopicPartition(topic["topic"], each["partition"])
            for topic in await admin.describe_topics(topics)
            for each in topic["partitions"]
        ]
    finally:
        await admin.close()


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield what is in a file, in overlapping pieces; nothing when it has gone meanwhile.

    Pieces of nothing but zeros are left out: Kafka makes its indexes ten megabytes long at once.
    """
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            before = b""
            while piece := file.read(CHUNK_BYTES):
                if piece.strip(b"\0"):
                    yield before + piece
                before = piece[-64:]
    except FileNotFoundError:
        return

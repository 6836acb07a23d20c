"""The parts start, answer, and keep their data through a crash."""

import asyncio
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import asyncpg
import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.errors import StackError
from deploy.local.postgres import Postgres, require_server
from deploy.local.stack import Stack, await_answer
from tests.stack import folder_of_its_own, settings_of_its_own

pytestmark = pytest.mark.system

_TIMEOUT_S = 60


@pytest.fixture
def whole(stack: Stack) -> Iterator[Stack]:
    """The shared stack; whatever a test has killed runs again afterwards."""
    yield stack
    stack.start()


async def test_kafka_and_postgres_keep_what_was_acknowledged_when_they_are_killed(
    whole: Stack,
) -> None:
    """House: a killed stack restarts with its data."""
    await _make_topic(whole, "crash")
    await _send(whole, "crash", b"before")
    await _run(whole, "CREATE TABLE crash (word text)")
    await _run(whole, "INSERT INTO crash VALUES ('before')")

    await asyncio.to_thread(whole.kill, "kafka")
    await asyncio.to_thread(whole.kill, "postgres")
    assert whole.processes.running("kafka") is None
    assert whole.processes.running("postgres") is None
    await asyncio.to_thread(whole.start)

    assert await _first(whole, "crash") == b"before"
    assert await _fetch(whole, "SELECT word FROM crash") == "before"


async def test_postgres_starts_when_its_old_process_id_belongs_to_a_stranger(whole: Stack) -> None:
    """House: stale pid files do not keep a stack from starting."""
    server = Postgres(whole.settings)
    await asyncio.to_thread(whole.kill, "postgres")
    with _stranger(server.user) as pid:
        lock = server.home / "postmaster.pid"
        _, *rest = lock.read_text().splitlines(keepends=True)
        lock.write_text("".join([f"{pid}\n", *rest]))
        await asyncio.to_thread(whole.start)

    assert await _fetch(whole, "SELECT 'here'") == "here"


async def test_starting_twice_is_harmless(whole: Stack) -> None:
    """House: whatever runs goes on running, also when another process asks."""
    before = {name: whole.processes.running(name) for name in whole.parts}

    await asyncio.to_thread(Stack(whole.settings).start)

    assert {name: whole.processes.running(name) for name in whole.parts} == before
    assert None not in before.values()


async def test_postgres_is_as_safe_as_it_can_be(stack: Stack) -> None:
    """L1: nothing is acknowledged that a crash could take back; texts sort by code point."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await _fetch(stack, f"SHOW {setting}") == "on"
    assert await _fetch(stack, "SHOW server_encoding") == "UTF8"
    assert await _fetch(stack, "SELECT datlocale FROM pg_database LIMIT 1") == "C.UTF-8"
    assert await _fetch(stack, "SHOW max_connections") == "200"


async def test_postgres_asks_for_its_password(stack: Stack) -> None:
    """House: being on the same machine is not enough."""
    wrong = stack.dsn(user="postgres", password="wrong", database="postgres")  # noqa: S106 -- wrong

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


def test_another_server_takes_the_place_of_postgres(stack: Stack) -> None:
    """House: DATABASE_URL names any server that is new enough; none of our own is started."""
    address = stack.postgres_admin_dsn
    other = Stack(stack.settings.model_copy(update={"database_url": address}))

    require_server(address)

    assert "postgres" not in other.parts
    assert other.postgres_admin_dsn == address
    where = address.rpartition("@")[2].replace("/postgres", "/notify")
    dsn = other.dsn(user="notify_app", password="a/b", database="notify")  # noqa: S106 -- a test's
    assert dsn == f"postgresql://notify_app:a%2Fb@{where}"


def test_zipkin_shows_a_span(stack: Stack) -> None:
    """House: traces can be seen without Docker."""
    await_answer("zipkin", stack.parts["zipkin"].answers, stack.processes)
    span = {"traceId": "5" * 32, "id": "6" * 16, "name": "append", "timestamp": 1, "duration": 1}
    address = f"{stack.zipkin_url}/api/v2"

    assert httpx2.post(f"{address}/spans", json=[span]).status_code == 202
    assert httpx2.get(f"{address}/trace/{span['traceId']}").json()[0]["name"] == "append"


def test_a_taken_port_is_said_in_one_line(stack: Stack) -> None:
    """House: the line names the process that holds the port, and the setting to change."""
    holder = stack.processes.running("postgres")
    assert holder is not None
    other = stack.settings.model_copy(update={"local_dir": stack.settings.local_dir / "other"})

    with pytest.raises(StackError) as refused:
        Stack(other).start()

    line = str(refused.value)
    assert "\n" not in line
    assert "which process " in line
    assert "choose another port with SIGILL_" in line


def test_nothing_is_left_running_where_a_part_cannot_start(stack: Stack) -> None:
    """House: whoever enters a stack and gets none has nothing to stop."""
    with folder_of_its_own() as folder:
        taken = {"smtp_port": stack.settings.smtp_port}
        other = Stack(settings_of_its_own(folder).model_copy(update=taken))
        with pytest.raises(StackError, match="mail needs port"), other:
            pass
        assert [name for name in other.parts if other.processes.running(name)] == []


def test_other_ports_need_a_stop_first(stack: Stack) -> None:
    """House: a running part is not moved by a changed setting; one line says what to do."""
    other = stack.settings.model_copy(update={"kafka_port": stack.settings.kafka_port + 1})

    with pytest.raises(StackError, match="kafka runs on other ports"):
        Stack(other).start()


@contextmanager
def _stranger(user: tuple[int, int] | None) -> Generator[int]:
    """Run a process that has nothing to do with us, and yield its id."""
    uid, gid = user or (None, None)
    with subprocess.Popen(["/bin/sleep", "60"], user=uid, group=gid) as stranger:
        yield stranger.pid
        stranger.kill()


async def _make_topic(stack: Stack, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def _send(stack: Stack, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all")
    await producer.start()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def _first(stack: Stack, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        async with asyncio.timeout(_TIMEOUT_S):
            record = await consumer.getone()
            return bytes(record.value)
    finally:
        await consumer.stop()


async def _run(stack: Stack, sql: str) -> None:
    connection = await asyncpg.connect(stack.postgres_admin_dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _fetch(stack: Stack, sql: str) -> object:
    connection = await asyncpg.connect(stack.postgres_admin_dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()

"""Every start is bounded: whoever does not let us begin is given up, and said so by ending."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from shared.kafka import Brokers, ConsumerStalled, clients, producing
from shared.kafka.clients import administrating, consuming
from tests.kafka.house import PATIENT, House

pytestmark = pytest.mark.integration

PATIENCE_S = 1.5
LIMIT_S = 60.0
FROZEN_PROGRAM = """
import asyncio, sys
from aiokafka import AIOKafkaConsumer
async def main(servers, topic, group):
    member = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, group_id=group, session_timeout_ms=120_000)
    await member.start()
    print("joined", flush=True)
    await asyncio.sleep(600)
asyncio.run(main(*sys.argv[1:]))
"""
"""A member of the group that the coordinator will wait for, for two minutes."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon, so that the tests end."""
    monkeypatch.setattr(clients, "START_TIMEOUT_S", PATIENCE_S)
    monkeypatch.setattr(clients, "STOP_TIMEOUT_S", PATIENCE_S)


@asynccontextmanager
async def frozen_member(house: House) -> AsyncIterator[None]:
    """Have a member in the group that neither leaves nor answers: its process stands still."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FROZEN_PROGRAM),
        *(house.brokers.servers, house.topic, house.group),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"joined\n"
        os.kill(process.pid, signal.SIGSTOP)
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def silent_server() -> AsyncIterator[Brokers]:
    """Have something at the broker's address that takes connections and never says a word."""
    open_connections: list[asyncio.StreamWriter] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield Brokers(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        for each in open_connections:
            each.close()
        server.close()


async def test_a_group_that_lets_nobody_begin_is_given_up(house: House) -> None:
    """Event log 6: ``start()`` of a consumer can hang without a word, so it is bounded."""
    async with frozen_member(house):
        began_s = time.monotonic()
        with pytest.raises(TimeoutError):
            async with consuming(
                house.brokers, topic=house.topic, group=house.group, client_id="waits"
            ):
                pytest.fail("the coordinator waits for the member that stands still")
        assert time.monotonic() - began_s < PATIENCE_S + clients.STOP_TIMEOUT_S + clients.GIVE_UP_S


async def test_a_member_that_never_gets_to_begin_ends_its_process(house: House) -> None:
    """Event log 6: the cluster answers, and there is no progress: end, and be begun anew."""
    await house.fill("a", [20])
    await house.send(*await house.on_record())
    member = house.consumer(patience=replace(PATIENT, stall_s=1.0))
    async with frozen_member(house):
        with pytest.raises(ConsumerStalled):
            async with asyncio.timeout(LIMIT_S):
                await member.run()
    assert not member.health.polling
    assert (member.health.applied, await house.noted([20])) == (0, [0])


@pytest.mark.parametrize("kind", ["consumer", "producer", "admin"])
async def test_a_broker_that_says_nothing_is_given_up(kind: str) -> None:
    """House: every await that leaves the process has a time limit; an open port is no answer."""
    async with silent_server() as brokers:
        opening = {
            "consumer": consuming(brokers, topic="t", group="g", client_id="c"),
            "producer": producing(brokers, client_id="p"),
            "admin": administrating(brokers),
        }[kind]
        began_s = time.monotonic()
        with pytest.raises(TimeoutError):
            async with opening:
                pytest.fail("nobody has answered")
        assert time.monotonic() - began_s < PATIENCE_S + clients.STOP_TIMEOUT_S + clients.GIVE_UP_S

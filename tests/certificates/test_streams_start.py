"""The Faust application waits for Kafka, and leaves nothing behind: services start in any order."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.house import House
from deploy.local.ports import free_ports
from deploy.local.stack import Stack
from services.certificates.streams import SOURCE, TOPICS, kafka_there
from shared.kafka import Brokers, provision
from tests.certificates.running import eventually
from tests.stack import emptied
from tests.system.conftest import BEGINS_AT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

NEEDED = (SOURCE, *TOPICS)
STREAMS = "certificates-streams"


async def test_it_waits_for_a_broker_until_it_is_told_to_stop() -> None:
    """House: what the world does is waited for; SIGTERM is heard meanwhile."""
    [port] = free_ports(1)
    stopping = asyncio.Event()
    waiting = asyncio.ensure_future(kafka_there(Brokers(f"127.0.0.1:{port}"), NEEDED, stopping))
    done, _ = await asyncio.wait({waiting}, timeout=1.0)
    assert not done
    stopping.set()
    assert not await waiting


async def test_a_process_that_starts_first_works_as_soon_as_kafka_is_migrated_and_leaves_no_folder(
    stack: Stack, tmp_path: Path
) -> None:
    """House: started before ``migrate``, it waits for its topics; killed, it leaves nothing."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        house = House(parts, services=("certificates",))
        try:
            planned = house._planned(STREAMS)
            launch = replace(planned, env={**planned.env, "TMPDIR": str(tmp_path)})
            parts.processes.start(STREAMS, launch)

            async def waits() -> bool:
                return "streams.not_migrated" in parts.processes.last_words(STREAMS)

            await eventually(waits)
            assert not house.ready(STREAMS)
            brokers = Brokers(parts.kafka_bootstrap)
            await provision(brokers, NEEDED, replication=1)

            async def ready() -> bool:
                return await asyncio.to_thread(house.ready, STREAMS)

            await eventually(ready)
            await asyncio.to_thread(house.kill, STREAMS)
            assert left_in(tmp_path) == []
        finally:
            await asyncio.to_thread(house.stop)


def left_in(folder: Path) -> list[Path]:
    """Return what a process has left in its temporary folder."""
    return list(folder.iterdir())

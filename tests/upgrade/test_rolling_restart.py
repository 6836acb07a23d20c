"""House: every service is restarted under load while a second process of it serves, and in any order."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from deploy.local.settings import CHECKOUT
from deploy.local.stack import Stack
from tests.faults.campaign import BEGINS_AT, Campaign, campaign
from tests.faults.chance import dice
from tests.stack import emptied
from tests.upgrade.loading import Load
from tests.upgrade.release import Release

pytestmark = [pytest.mark.system, pytest.mark.nightly, pytest.mark.timeout(900)]

STREAMS: Final = "certificates-streams"
SEED: Final = 11
ORDERS: Final = (21, 22, 23)
ENOUGH: Final = 60
ALONE_S: Final = 1.0
"""How long each of two processes is alone with the work."""

WITHOUT_KAFKA_S: Final = 4.0
"""Longer than a process takes to start and to find nobody there."""


async def test_a_rolling_restart_and_starts_in_any_order_lose_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    """L1, MSG-1: each command has its one effect; what failed meanwhile succeeds with the same key."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with campaign(parts, tmp_path, print) as playing:
            playing.enough = ENOUGH
            load = Load(playing)
            second = Release(playing.house, CHECKOUT, "second")
            try:
                await load.during(SEED, lambda: _each_rolls(load, second))
                assert not await load.violations(*playing.house.services)
                assert playing.history.commands
                for seed in ORDERS:
                    await _in_some_order(playing, seed)
                    await load.during(seed, _nothing)
                assert not await load.violations(*playing.house.services)
            finally:
                await asyncio.to_thread(second.stop_all)


async def _each_rolls(load: Load, second: Release) -> None:
    """SIGTERM each process while another one of its service serves; then the other one likewise."""
    house = load.playing.house
    for service in house.services:
        beside = await asyncio.to_thread(second.start, service)
        load.balanced.add(service, beside)
        await asyncio.to_thread(house.stack.processes.stop, service)
        load.balanced.remove(service, house.url(service))
        await asyncio.sleep(ALONE_S)
        house.revive(service)
        assert await asyncio.to_thread(house.becomes_ready, service)
        load.balanced.add(service, house.url(service))
        await asyncio.to_thread(second.stop, service)
        load.balanced.remove(service, beside)
    await asyncio.to_thread(house.restart, STREAMS)


async def _in_some_order(playing: Campaign, seed: int) -> None:
    """Stop everything, and start it in an order of its own while Kafka is away at first."""
    house = playing.house
    order = list(house.processes())
    dice(seed, "order").shuffle(order)
    for process in order:
        await asyncio.to_thread(house.stack.processes.stop, process)
    await asyncio.to_thread(house.stack.processes.stop, "kafka")
    for process in order:
        house.revive(process)
    await asyncio.sleep(WITHOUT_KAFKA_S)
    for process in order:
        assert house.running(process) is not None, f"{process} does not wait for Kafka"
    await asyncio.to_thread(house.stack.restart, "kafka")
    for process in order:
        assert await asyncio.to_thread(house.becomes_ready, process), (
            f"{process} is not ready, started in the order {order}:\n"
            f"{house.stack.processes.last_words(process)}"
        )


async def _nothing() -> None:
    """Let the load go on."""

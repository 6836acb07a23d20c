"""The whole house for system tests: every service as real processes, empty at the start."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from deploy.demo.client import World
from deploy.demo.stage import Stage
from deploy.local.empty import empty
from deploy.local.house import House
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.contracts.swedish_time import STOCKHOLM

BEGINS_AT = datetime(2018, 11, 1, 9, tzinfo=STOCKHOLM)


@pytest.fixture(scope="module")
def house(stack: Stack) -> Iterator[House]:
    """Every service, with nothing on record, on 1 November 2018."""
    assert stack.settings.clock is not None
    empty(stack, SERVICES)
    set_clock(stack.settings.clock, BEGINS_AT)
    with House(stack) as running:
        yield running


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """Where a scenario is played: people with browsers, and the clock of all processes."""
    clock = house.stack.settings.clock
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        yield Stage(world, Path(clock), lambda _line: None)

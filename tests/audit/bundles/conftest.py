"""The case of golden scenario G1, in memory and played for real, and the verifier that others wrote."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.demo import play
from deploy.demo.client import World
from deploy.demo.parcel import Parcel
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import SERVICES
from tests.audit.bundles.played import Played
from tests.ledger.conftest import go
from tests.system.conftest import cast, house
from tests.verify.conftest import pilot, place

__all__ = ["cast", "go", "house", "pilot", "place"]


@contextlib.asynccontextmanager
async def staged(house: House) -> AsyncIterator[Stage]:
    """Yield where a scenario is played."""
    clock = house.stack.settings.clock
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        yield Stage(world, Path(clock), lambda _line: None)


@pytest.fixture(scope="module")
def traced() -> bool:
    """The demo ends with the address of a trace."""
    return True


@pytest.fixture(scope="module")
def played(house: House) -> Played:
    """The house after the demo, and the bundle of Alfa's case as A1 fetches it."""
    told = StringIO()
    journey = play.played(house, Console(file=told, highlight=False, soft_wrap=True))
    assert journey is not None, told.getvalue()
    alfa, _, gamma = journey.certification.firms

    async def fetched() -> Played:
        async with staged(house) as stage:
            parcel = Parcel(house, stage, ())
            data = await parcel.fetched(alfa)
            return Played(house, told.getvalue(), alfa, gamma, parcel.policy_text(), data)

    return asyncio.run(fetched())


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """People with browsers."""
    async with staged(house) as found:
        yield found

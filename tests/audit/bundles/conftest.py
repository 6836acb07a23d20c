"""The case of golden scenario G1, in memory and played for real, and the verifier that others wrote."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.demo.client import World
from deploy.demo.journey import Journey
from deploy.demo.parcel import Parcel
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import SERVICES
from tests.audit.bundles.played import Played
from tests.ledger.conftest import go
from tests.system.conftest import cast, house, traced
from tests.verify.conftest import pilot, place

__all__ = ["cast", "go", "house", "pilot", "place", "traced"]


@contextlib.asynccontextmanager
async def staged(house: House) -> AsyncIterator[Stage]:
    """Yield where a scenario is played."""
    clock = house.stack.settings.clock
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        yield Stage(world, Path(clock), lambda _line: None)


@pytest.fixture(scope="module")
def played(house: House) -> Played:
    """The house after the pilot round, and the bundle of Alfa's case as A1 fetched it."""

    async def play() -> Played:
        async with staged(house) as stage:
            journey = Journey(stage)
            await journey.admit()
            await journey.prepare()
            await journey.certify()
            parcel = Parcel(house, stage, ())
            alfa, _, gamma = journey.certification.firms
            return Played(house, alfa, gamma, parcel.policy_text(), await parcel.fetched(alfa))

    return asyncio.run(play())


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """People with browsers."""
    async with staged(house) as found:
        yield found

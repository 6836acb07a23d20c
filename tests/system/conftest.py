"""The whole house for system tests: every service as real processes, empty at the start."""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from deploy.demo.client import World
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import Person, people
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.swedish_time import STOCKHOLM
from tests.stack import emptied

BEGINS_AT = datetime(2018, 11, 1, 9, tzinfo=STOCKHOLM)


@pytest.fixture(scope="module")
def cast() -> tuple[Person, ...]:
    """Who can sign in beside the people of the checkout, or otherwise than they: by the *Given*."""
    return ()


@pytest.fixture(scope="module")
def traced() -> bool:
    """Whether the services send what they trace: for scenarios that look at it, since it costs."""
    return False


@pytest.fixture(scope="module")
def house(
    stack: Stack,
    cast: tuple[Person, ...],
    tmp_path_factory: pytest.TempPathFactory,
    *,
    traced: bool,
) -> Iterator[House]:
    """Every service, with nothing on record, on 1 November 2018."""
    folder = tmp_path_factory.mktemp("cast")
    with (
        emptied(stack, BEGINS_AT, traces=traced) as parts,
        _signing_in(parts, cast, folder),
        House(parts) as running,
    ):
        yield running


@contextmanager
def _signing_in(stack: Stack, cast: tuple[Person, ...], folder: Path) -> Generator[None]:
    """Let the issuer know those of ``cast`` too, for a while."""
    if not cast:
        yield
        return
    everybody = {**people(), **{person.label: person for person in cast}}
    file = folder / "people.json"
    file.write_bytes(TypeAdapter(tuple[Person, ...]).dump_json(tuple(everybody.values())))
    Stack(stack.settings.model_copy(update={"people": file})).restart("issuer")
    try:
        yield
    finally:
        stack.restart("issuer")


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    """Where a scenario is played: people with browsers, and the clock of all processes."""
    clock = house.stack.settings.clock
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        yield Stage(world, Path(clock), lambda _line: None)

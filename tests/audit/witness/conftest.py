"""A witnessed log, and the verifiers that others wrote."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.contracts.catalogue import SERVICES
from shared.kafka import Brokers, events_topic, provision
from tests.audit.conftest import BEGINS_AT
from tests.audit.running import Audited
from tests.audit.witness.house import Witnessed, witnessed
from tests.audit.witness.real import Witness
from tests.ledger.conftest import go
from tests.stack import folder_of_its_own, settings_of_its_own

__all__ = ["go"]


@pytest.fixture
async def house(stack: Stack, tmp_path: Path) -> AsyncIterator[Witnessed]:
    """A log that nobody seals yet, with an empty mirror and a witness that has never cosigned."""
    async with witnessed(stack, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def real() -> Iterator[Audited]:
    """The services, which seal and are witnessed five times a second."""
    with folder_of_its_own() as folder, pytest.MonkeyPatch.context() as environment:
        for service in SERVICES:
            environment.setenv(f"{service.upper()}_LEDGER_INTERVAL_MS", "200")
        environment.setenv("AUDIT_WITNESS_POLL_INTERVAL_MS", "200")
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        set_clock(settings.clock, BEGINS_AT)
        with Stack(settings) as stack:
            topics = [events_topic(service) for service in SERVICES]
            asyncio.run(provision(Brokers(stack.kafka_bootstrap), topics, replication=1))
            with House(stack, services=("intake", "notify", "audit")) as house:
                yield Audited(house, BEGINS_AT)


@pytest.fixture
def witness(real: Audited) -> Witness:
    """The witness of the services that run."""
    return Witness(real)

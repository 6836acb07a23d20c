"""A cluster of three keeps what one broker loses (House: ADR-0014, `design/event-log.md`)."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.kafka import Kafka
from deploy.local.ports import free_ports
from deploy.local.stack import Stack
from shared.relay import reconcile
from tests.frozen import frozen
from tests.kafka.house import House, opened, running, until
from tests.relay.in_order import require_the_log_on_its_topic
from tests.stack import folder_of_its_own

pytestmark = [pytest.mark.integration, pytest.mark.nightly, pytest.mark.timeout(900)]
OUTAGE_S = 180.0
"""Until the two that are left agree that the third is gone, and everybody has found them."""

PORTS = tuple(
    f"{name}{kind}_port" for name in ("kafka", "kafka_2", "kafka_3") for kind in ("", "_controller")
)


@pytest.fixture(scope="module")
def cluster(stack: Stack) -> Iterator[Stack]:
    """Three brokers of their own; the database is the shared stack's."""
    with folder_of_its_own() as folder:
        own = {"brokers": 3, "local_dir": folder, "database_url": stack.postgres_admin_dsn}
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        settings = stack.settings.model_copy(
            update={**own, **ports, "parts_dir": stack.settings.parts, "traces": "off"}
        )
        three = Stack(settings)
        three.parts = {name: part for name, part in three.parts.items() if isinstance(part, Kafka)}
        with three:
            yield three


@pytest.fixture
async def house(cluster: Stack) -> AsyncIterator[House]:
    """A service whose topic has three copies."""
    async with opened(cluster) as house:
        yield house


async def test_one_of_three_brokers_is_killed_and_another_frozen(
    house: House, cluster: Stack
) -> None:
    """House: nothing is missing, and streams keep their order; a repeat has no effect."""
    async with running(house.relay(), house.consumer()):
        await load(house, range(20, 40))
        cluster.kill("kafka")
        await load(house, range(40, 80))
        await asyncio.to_thread(cluster.restart, "kafka")
        with frozen(cluster, "kafka-2"):
            await load(house, range(80, 120))
        await load(house, range(120, 140))
        await until(lambda: _whole(house), limit_s=OUTAGE_S)
    assert await house.noted(range(20, 140)) == [1] * 120
    assert await house.parked() == []
    await require_the_log_on_its_topic(house, repeats=True)


async def load(house: House, numbers: range) -> None:
    """Have commands accepted, and wait until each has its effect."""
    await house.fill("a", numbers)
    await until(lambda: house.all_noted(numbers), limit_s=OUTAGE_S)


async def _whole(house: House) -> bool:
    """Return whether the whole log is on the topic."""
    return (await reconcile(house.brokers, house.topic, 1, await house.log.head())).complete

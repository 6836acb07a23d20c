"""Notify at work over the shared parts, beside a real intake."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from services.notify.consumers import HEARD
from shared.kafka import Brokers, events_topic, provision
from tests.notify.running import Running
from tests.stack import emptied

BEGINS_AT = datetime(2019, 1, 7, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def running(stack: Stack) -> Iterator[Running]:
    """Intake and notify, on the morning of 7 January 2019; the clock stands still."""
    with emptied(stack, BEGINS_AT) as parts:
        topics = [events_topic(service) for service in HEARD]
        asyncio.run(provision(Brokers(parts.kafka_bootstrap), topics, replication=1))
        with House(parts, services=("intake", "notify")) as house:
            yield Running(house, BEGINS_AT)

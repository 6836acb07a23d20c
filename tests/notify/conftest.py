"""Notify at work over parts of its own, beside a real intake."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from services.notify.consumers import HEARD
from shared.clock import set_clock
from shared.kafka import Brokers, events_topic, provision
from tests.notify.running import Running
from tests.stack import folder_of_its_own, settings_of_its_own

BEGINS_AT = datetime(2019, 1, 7, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Intake and notify, on the morning of 7 January 2019; the clock stands still."""
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        set_clock(settings.clock, BEGINS_AT)
        with Stack(settings) as stack:
            topics = [events_topic(service) for service in HEARD]
            asyncio.run(provision(Brokers(stack.kafka_bootstrap), topics, replication=1))
            with House(stack, services=("intake", "notify")) as house:
                yield Running(house, BEGINS_AT)

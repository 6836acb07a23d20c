"""Audit at work over parts of its own, beside intake and notify."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.contracts.catalogue import SERVICES
from shared.kafka import Brokers, events_topic, provision
from tests.audit.running import Audited
from tests.stack import folder_of_its_own, settings_of_its_own

BEGINS_AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
PATIENCE_MS = 2_000


@pytest.fixture(scope="module")
def audited() -> Iterator[Audited]:
    """The services, on the morning of 17 June 2019; a gap becomes an alarm after two seconds."""
    with folder_of_its_own() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUDIT_GAP_PATIENCE_MS", str(PATIENCE_MS))
        environment.setenv("AUDIT_GAP_POLL_INTERVAL_MS", "100")
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        set_clock(settings.clock, BEGINS_AT)
        with Stack(settings) as stack:
            topics = [events_topic(service) for service in SERVICES]
            asyncio.run(provision(Brokers(stack.kafka_bootstrap), topics, replication=1))
            with House(stack, services=("intake", "notify", "audit")) as house:
                yield Audited(house, BEGINS_AT)

"""Audit at work over the shared parts, beside intake and notify."""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from shared.contracts.catalogue import SERVICES
from shared.kafka import Brokers, events_topic, provision
from tests.audit.running import Audited
from tests.stack import emptied

BEGINS_AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
PATIENCE_MS = 2_000


@pytest.fixture(scope="module")
def audited(stack: Stack) -> Iterator[Audited]:
    """The services, on the morning of 17 June 2019; a gap becomes an alarm after two seconds."""
    with (
        emptied(stack, BEGINS_AT, traces=False) as parts,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("AUDIT_GAP_PATIENCE_MS", str(PATIENCE_MS))
        environment.setenv("AUDIT_GAP_POLL_INTERVAL_MS", "100")
        with at_work(parts) as house:
            yield Audited(house, BEGINS_AT)


@contextmanager
def at_work(parts: Stack) -> Generator[House]:
    """Yield audit, and two services that it hears; the topics of all are there."""
    topics = [events_topic(service) for service in SERVICES]
    asyncio.run(provision(Brokers(parts.kafka_bootstrap), topics, replication=1))
    with House(parts, services=("intake", "notify", "audit")) as house:
        yield house

"""The service at work over the shared parts, which hold nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from tests.certificates.facts import ISSUED_AT
from tests.certificates.running import Running
from tests.stack import emptied


@pytest.fixture
def running(stack: Stack) -> Iterator[Running]:
    """A fresh certificates service, its streams too, at ten in the morning of 19 June 2019."""
    with (
        emptied(stack, ISSUED_AT - timedelta(minutes=1), traces=False) as parts,
        House(parts, services=("certificates",)) as house,
    ):
        yield Running(house)

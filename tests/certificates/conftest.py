"""The service at work over parts of its own: other tests have neighbours by the same names."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from deploy.local.house import House
from deploy.local.stack import Stack
from shared.clock import set_clock
from tests.certificates.facts import ISSUED_AT
from tests.certificates.running import Running
from tests.stack import folder_of_its_own, settings_of_its_own


@pytest.fixture
def running() -> Iterator[Running]:
    """A fresh certificates service, its streams too, at ten in the morning of 19 June 2019."""
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        set_clock(settings.clock, ISSUED_AT - timedelta(minutes=1))
        with Stack(settings) as stack, House(stack, services=("certificates",)) as house:
            yield Running(house)

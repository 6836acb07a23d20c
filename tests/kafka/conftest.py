"""A service of its own for each test."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.kafka.house import House, opened


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    """A service that is migrated and open; nothing is relayed or consumed yet."""
    async with opened(stack) as house:
        yield house

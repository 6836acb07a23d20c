"""A house of its own for each test: database, topic, clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.empty import empty
from deploy.local.stack import Stack
from tests.process.house import MONDAY, House


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    """An installation that is migrated, at nine on a Monday, with nothing of another test in it.

    Its topic, too: what another log had sent would be heard, and acted upon.
    """
    built = House(stack, tmp_path)
    built.set_clock(MONDAY)
    empty(stack, (built.name,))
    built.migrate()
    yield built
    empty(stack, (built.name,))

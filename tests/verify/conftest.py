"""Where each test keeps its files, and the case of golden scenario G1, made once."""

import asyncio
from pathlib import Path

import pytest

from tests.ledger.conftest import go
from tests.verify import g1
from tests.verify.house import Place

__all__ = ["go"]


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A folder, and the program that is asked about what is put there."""
    return Place(tmp_path, capsys)


@pytest.fixture(scope="session")
def pilot() -> g1.House:
    """The logs of the house when both firms are certified."""
    return asyncio.run(g1.house())

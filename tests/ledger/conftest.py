"""The verifiers that others wrote, started once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.ledger.foreign.answers import Foreign
from tests.ledger.foreign.environment import aics_python, go_program, sigstore_python
from tests.ledger.sealing import Sealing, sealing

ANSWERS = Path(__file__).parent / "foreign" / "python"


def running(*words: str) -> Iterator[Foreign]:
    """Yield the program while it runs."""
    program = Foreign(*words)
    yield program
    program.close()


@pytest.fixture(scope="session")
def go() -> Iterator[Foreign]:
    """Go: golang.org/x/mod/sumdb and filippo.io/torchwood."""
    yield from running(str(go_program()))


@pytest.fixture(scope="session")
def sigstore() -> Iterator[Foreign]:
    """Python: sigstore."""
    yield from running(str(sigstore_python()), str(ANSWERS / "sigstore_answers.py"))


@pytest.fixture(scope="session")
def aics() -> Iterator[Foreign]:
    """Python: aics-tlog, which runs on Python 3.12 or newer only."""
    python = aics_python()
    if python is None:
        pytest.skip("aics-tlog needs Python 3.12 or newer, and this machine has none")
    yield from running(str(python), str(ANSWERS / "aics_answers.py"))


@pytest.fixture
async def ledger(stack: Stack, tmp_path: Path) -> AsyncIterator[Sealing]:
    """A log that nobody seals yet, with its ledger and its signer's folder."""
    async with sealing(stack, tmp_path) as found:
        yield found

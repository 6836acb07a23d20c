"""A witnessed log, and the verifiers that others wrote."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from shared.contracts.catalogue import SERVICES
from tests.audit.conftest import BEGINS_AT, at_work
from tests.audit.running import Audited
from tests.audit.witness.house import Witnessed, witnessed
from tests.audit.witness.real import Witness
from tests.ledger.conftest import go
from tests.stack import emptied

__all__ = ["go"]


@pytest.fixture
async def house(stack: Stack, tmp_path: Path) -> AsyncIterator[Witnessed]:
    """A log that nobody seals yet, with an empty mirror and a witness that has never cosigned."""
    async with witnessed(stack, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def real(stack: Stack) -> Iterator[Audited]:
    """The services, which seal and are witnessed five times a second."""
    with (
        emptied(stack, BEGINS_AT, traces=False) as parts,
        pytest.MonkeyPatch.context() as environment,
    ):
        for service in SERVICES:
            environment.setenv(f"{service.upper()}_LEDGER_INTERVAL_MS", "200")
        environment.setenv("AUDIT_WITNESS_POLL_INTERVAL_MS", "200")
        with at_work(parts) as house:
            yield Audited(house, BEGINS_AT)


@pytest.fixture
def witness(real: Audited) -> Witness:
    """The witness of the services that run."""
    return Witness(real)

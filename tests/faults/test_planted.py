"""The planted bugs are ready: each still fits the code, and names a check that there is."""

from pathlib import Path

import pytest

from tests.faults.checks import CHECKS
from tests.faults.planted import Bug, bugs, copied, plant

BUGS = bugs()
BUGS_MIN = 20


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the services."""
    return copied(tmp_path_factory.mktemp("code"))


def test_there_are_enough_of_them() -> None:
    """House: ADR-0026: a harness that finds nothing is tested by what it must find."""
    assert len(BUGS) >= BUGS_MIN


def test_all_of_them_fit_the_code(code: Path) -> None:
    """House: ADR-0026: whoever changes the code under a patch makes the patch anew."""
    for bug in BUGS:
        touched = [line[6:] for line in bug.patch.read_text().splitlines() if line[:6] == "+++ b/"]
        before = {path: (code / path).read_bytes() for path in touched}
        plant(bug, code)
        for path, content in before.items():
            assert (code / path).read_bytes() != content, bug.name
            (code / path).write_bytes(content)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_names_a_check(bug: Bug) -> None:
    """House: ADR-0026: the table says which check found each."""
    assert bug.check in {check.__name__ for check in CHECKS}
    assert bug.what

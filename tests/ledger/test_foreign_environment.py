"""Foreign verifiers are what the locks name, or the tests that need them fail."""

import sys
from pathlib import Path

import pytest

from tests.ledger.foreign.environment import (
    GO_SOURCE,
    REQUIREMENTS,
    REQUIREMENTS_AICS,
    ForeignMissingError,
    filled,
)


@pytest.mark.parametrize("lock", [REQUIREMENTS, REQUIREMENTS_AICS], ids=lambda lock: lock.name)
def test_every_foreign_package_is_pinned_by_hash(lock: Path) -> None:
    """House: a package is known by its content, wherever it comes from."""
    text = lock.read_text().replace(" \\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert packages
    assert all("==" in line and " --hash=sha256:" in line for line in packages)
    assert "://" not in text


def test_every_foreign_module_is_pinned_by_hash() -> None:
    """House: as above, for Go."""
    sums = (GO_SOURCE / "go.sum").read_text()
    wanted = (GO_SOURCE / "go.mod").read_text()

    for module in ("golang.org/x/mod v0.43.0", "filippo.io/torchwood v0.10.0"):
        assert f"\t{module}\n" in wanted
        assert f"{module} h1:" in sums


@pytest.mark.integration
def test_what_cannot_be_had_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    """Section 7: no foreign verifier, no green test; and nothing half-made is taken for whole."""
    lock = tmp_path / "foreign.txt"
    absent = (tmp_path / "absent-1.0-py3-none-any.whl").as_uri()
    lock.write_text(f"absent @ {absent} --hash=sha256:{'0' * 64}\n")

    for _ in range(2):
        with pytest.raises(ForeignMissingError, match="Check the network") as missing:
            filled(tmp_path / "python", lock, sys.executable)
        assert "foreign.txt" in str(missing.value)

"""A small disk is full when its ballast has all of it, and whole again afterwards."""

import subprocess
from pathlib import Path

import pytest

from tests.faults.disk import SPARE_BYTES, bounded, fill, may_mount

SAID = b"x" * 10_000


def test_nothing_can_be_written_until_the_ballast_is_gone(tmp_path: Path) -> None:
    """House: ADR-0026: a fault that is not felt tests nothing, and what it hurt is healed.

    Who may not mount is told so, and nothing is changed.
    """
    home, kept = tmp_path / "home", {"before": SAID}
    home.mkdir()
    (home / "before").write_bytes(SAID)
    if may_mount():
        _filled(home)
        kept["during"] = SAID
    else:
        with pytest.raises(subprocess.CalledProcessError):
            _filled(home)
    assert [each.name for each in tmp_path.iterdir()] == ["home"]
    assert {each.name: each.read_bytes() for each in home.iterdir()} == kept


def _filled(home: Path) -> None:
    """Leave no byte below ``home``, and then write there all the same."""
    with bounded(home):
        fill(home / "ballast")
        assert (home / "ballast").stat().st_size > SPARE_BYTES // 2
        with pytest.raises(OSError, match="No space left"):
            (home / "during").write_bytes(SAID)
        (home / "ballast").unlink()
        (home / "during").write_bytes(SAID)

"""The clock: real by default, moved for every process at once by one file."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared import clock

JUNE = datetime(2019, 6, 19, 8, tzinfo=UTC)
ASK = "from shared import clock; print(clock.now().isoformat(), clock.simulated())"


def said_in_a_process(file: Path) -> list[str]:
    """Return what another process takes the time to be, and whether it calls it simulated."""
    return subprocess.run(  # noqa: S603 -- this interpreter, our own words
        [sys.executable, "-c", ASK],
        env={clock.SETTING: str(file), "PYTHONPATH": "."},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


def test_a_frozen_clock_says_its_instant_in_every_process(tmp_path: Path) -> None:
    """House: ADR-0011: the whole system can stand at one instant."""
    clock.set_clock(tmp_path / "clock", JUNE)
    assert said_in_a_process(tmp_path / "clock") == [JUNE.isoformat(), "True"]


def test_a_moved_clock_runs_on(tmp_path: Path) -> None:
    """House: ADR-0011: an offset moves the clock and does not stop it."""
    (tmp_path / "clock").write_text("offset -86400\n")
    said, simulated = said_in_a_process(tmp_path / "clock")
    behind = datetime.now(UTC) - datetime.fromisoformat(said)  # noqa: TID251 -- what it differs from
    assert timedelta(hours=23) < behind < timedelta(hours=25)
    assert simulated == "True"


def test_a_clock_is_noticed_to_have_moved(tmp_path: Path) -> None:
    """House: ADR-0011: it is read at each call."""
    moved = clock._Moved(tmp_path / "clock")
    for at in (JUNE, JUNE + timedelta(days=1), JUNE - timedelta(hours=1)):
        clock.set_clock(tmp_path / "clock", at)
        assert moved.now() == at


def test_a_process_may_be_told_its_clock_after_it_has_loaded_this(tmp_path: Path) -> None:
    """House: ADR-0029: a service that starts out of another has a clock of its own."""
    clock.set_clock(tmp_path / "clock", JUNE)
    loaded = f"import os; from shared import clock; os.environ[clock.SETTING] = {str(tmp_path / 'clock')!r}"
    said = subprocess.run(  # noqa: S603 -- this interpreter, our own words
        [sys.executable, "-c", f"{loaded}; print(clock.now().isoformat(), clock.simulated())"],
        env={"PYTHONPATH": "."},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert said == [JUNE.isoformat(), "True"]


def test_a_file_that_says_neither_is_refused(tmp_path: Path) -> None:
    """House: a wrong setting stops the process; it does not fall back to another time."""
    (tmp_path / "clock").write_text("tomorrow\n")
    with pytest.raises(ValueError, match="neither"):
        clock._Moved(tmp_path / "clock").now()


def test_the_real_clock_is_not_simulated() -> None:
    """House: ADR-0011: simulated records never pass for real ones."""
    assert not clock.simulated()

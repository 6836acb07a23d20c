"""A process dies where it is told to, at once, and nowhere else."""

import subprocess
import sys

import pytest

from deploy.local.settings import CHECKOUT, bare_environment
from shared.crash import POINTS, SETTING, crash_point

PASSING = """
import atexit, sys
from shared.crash import crash_point
atexit.register(print, "in good order")
for passed in range(5):
    print(passed, flush=True)
    crash_point("relay.acknowledged")
    crash_point("relay.moved")
"""


def passing(setting: str | None) -> subprocess.CompletedProcess[str]:
    """Return what came of a process that passes two points five times each."""
    told = {} if setting is None else {SETTING: setting}
    return subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", PASSING],
        cwd=CHECKOUT,
        env=bare_environment() | told,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_nth_passing_of_the_point_kills() -> None:
    """House: ADR-0026: as the kernel would: nothing is flushed, finished or said."""
    died = passing("relay.moved:3")
    assert died.returncode == -9
    assert died.stdout.split() == ["0", "1", "2"]


def test_other_points_do_nothing() -> None:
    """House: ADR-0026: one point in one process, and only where it was asked for."""
    for setting in (None, "view.applied:1"):
        lived = passing(setting)
        assert lived.returncode == 0
        assert lived.stdout.endswith("in good order\n")


@pytest.mark.parametrize("setting", ["relay.moved", "relay.moved:0", "relay.moved:x", "relay:1"])
def test_a_setting_that_names_no_point_is_an_error(setting: str) -> None:
    """House: ADR-0026: a test that would wait for a crash in vain must not pass."""
    wrong = passing(setting)
    assert wrong.returncode == 1
    assert "CRASH_AT is <point>:<n>" in wrong.stderr


def test_without_the_setting_every_point_is_passed() -> None:
    """House: ADR-0026: costs nothing and does nothing when unset."""
    for point in POINTS:
        crash_point(point)

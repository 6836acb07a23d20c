"""The releases are ready: each patch still fits the code."""

from pathlib import Path

from tests.faults.planted import Bug, copied, plant
from tests.upgrade.release import RELEASES


def test_all_of_them_fit_the_code(tmp_path: Path) -> None:
    """House: whoever changes the code under a patch makes the patch anew."""
    patches = sorted(RELEASES.glob("*.patch"))
    assert {each.stem for each in patches} == {"next", "wider_view"}
    for each in patches:
        code = tmp_path / each.stem
        code.mkdir()
        plant(Bug(each, what="", faults=(), check=""), copied(code))

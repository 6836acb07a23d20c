"""Several services are asked in one go; who failed is named, and nobody else."""

import subprocess
import sys

import pytest

from deploy.local import each
from deploy.local.settings import CHECKOUT


def test_what_makes_no_sense_is_no_services_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """House: without the words' end it is not known who is to be asked."""
    assert each.run(["migrate", "services.intake.main"]) == each.NOBODY
    assert capsys.readouterr().err.startswith("usage: python -m deploy.local.each ")


def test_libraries_that_cannot_be_loaded_are_no_services_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """House: the first service was not asked yet."""
    monkeypatch.setattr(each, "LOADED", ("shared.nothing_of_the_kind",))
    assert each.run(["migrate", "--", "services.intake.main"]) == each.NOBODY
    assert "No module named 'shared.nothing_of_the_kind'" in capsys.readouterr().err


@pytest.mark.parametrize(("how", "asked"), [((), 1), ((each.AT_ONCE,), 2)])
def test_who_comes_after_one_that_fails_is_asked_only_when_all_are_at_once(
    how: tuple[str, ...], asked: int
) -> None:
    """House: an order that one refuses goes no further; what each needs anyway is done by each."""
    words = (*how, "--help", "--", "json.tool", "nothing_of_the_kind", "json.tool")
    done = subprocess.run(  # noqa: S603 -- our own words
        (sys.executable, "-m", "deploy.local.each", *words),
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.count("usage:")) == (2, asked)
    assert "No module named nothing_of_the_kind" in done.stderr

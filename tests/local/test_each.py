"""Several services are asked in one go; who failed is named, and nobody else."""

import pytest

from deploy.local import each


def test_what_makes_no_sense_is_no_services_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """House: without the words' end it is not known who is to be asked."""
    assert each.run(["migrate", "services.intake.main"]) == each.NOBODY
    assert capsys.readouterr().err.startswith("usage: python -m deploy.local.each <words> -- ")


def test_libraries_that_cannot_be_loaded_are_no_services_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """House: the first service was not asked yet."""
    monkeypatch.setattr(each, "LOADED", ("shared.nothing_of_the_kind",))
    assert each.run(["migrate", "--", "services.intake.main"]) == each.NOBODY
    assert "No module named 'shared.nothing_of_the_kind'" in capsys.readouterr().err

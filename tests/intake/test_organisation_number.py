"""Which organisation number is accepted, and in which form it is kept (G13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.commands.organisation_number import is_public, organisation_number
from shared.decider import Refusal


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("769999-0011", "7699990011"),
        ("7699990011", "7699990011"),
        ("167699990011", "7699990011"),
        ("16769999-0011", "7699990011"),
        (" 769999-0029 ", "7699990029"),
        ("802999-0010", "8029990010"),
        ("559999-0016", "5599990016"),
        ("219999-0017", "2199990017"),
    ],
)
def test_one_organisation_has_one_number_however_it_is_written(written: str, kept: str) -> None:
    """SV-1, G13: ten digits, with or without the hyphen and the prefix 16."""
    assert organisation_number(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "750231-0241",
        "7502310241",
        "19750231-0241",
        "167502310241",
        "769999-0012",
        "069999-0015",
        "469999-0014",
        "76999-00011",
        "769999_0011",
        "٧٦٩٩٩٩٠٠١١",
        "769999-001",
        "SE769999001101",
        "",
        "7699990011\n7699990011",
    ],
)
def test_what_may_be_a_person_or_is_no_number_is_refused_unseen(written: str) -> None:
    """APP-2, SV-2, G13: the digits are repeated nowhere."""
    with pytest.raises(Refusal) as no:
        organisation_number(written)
    assert no.value.code == "organisation_number_not_accepted"
    told = f"{no.value!r} {no.value.detail}"
    assert not any(digit in told for digit in "0123456789")


@given(st.integers(0, 9), st.integers(0, 99), st.integers(0, 1), st.integers(0, 9_999_999))
def test_a_third_digit_below_two_is_never_accepted(
    first: int, second: int, third: int, rest: int
) -> None:
    """SV-2: it may be the month in a person's number, whatever a library says."""
    written = f"{first}{second % 10}{third}{rest:07}"
    with pytest.raises(Refusal):
        organisation_number(written)


def test_group_two_is_public() -> None:
    """SV-3: state, regions, municipalities and parishes."""
    assert is_public("2199990017")
    assert not is_public("7699990011")

"""The number of a certificate: how it is made, and how a slip of the pen is noticed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.certificate_number import LENGTH, LETTERS, number_of, read_number
from tests.certificates.facts import ALFA, CERTIFICATE, NUMBER

EVERY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.uuids())
def test_a_certificate_always_has_the_same_number(certificate_id: UUID) -> None:
    """CER-2: derived, so that delivering thrice makes no second one."""
    number = number_of(certificate_id)
    assert number == number_of(certificate_id)
    assert read_number(number) == number
    assert len(number.replace("-", "")) == LENGTH


@given(st.uuids(), st.integers(min_value=0, max_value=LENGTH - 1), st.sampled_from(EVERY))
def test_one_wrong_character_is_noticed(certificate_id: UUID, place: int, letter: str) -> None:
    """CER-2: the check character by ISO 7064 tells; another number is never shown instead."""
    compact = number_of(certificate_id).replace("-", "")
    wrong = compact[:place] + letter + compact[place + 1 :]
    assert (read_number(wrong) is None) == (wrong != compact)


@pytest.mark.parametrize(
    "typed",
    [NUMBER, NUMBER.lower(), NUMBER.replace("-", ""), f" {NUMBER.replace('-', ' ')} "],
)
def test_small_letters_and_spaces_are_forgiven(typed: str) -> None:
    """House: people copy numbers from paper."""
    assert read_number(typed) == NUMBER


@pytest.mark.parametrize(
    "typed",
    ["", "ASF", ALFA, "ASF-" + "0" * 100, "XSF-00000-00000-0", "ÅSF0000000000", f"{NUMBER}\n"],
)
def test_what_is_no_number_is_not_read_as_one(typed: str) -> None:
    """CER-2: least of all an organisation number."""
    assert read_number(typed) is None


def test_a_number_has_no_letters_that_look_alike() -> None:
    """House: I, L, O and U stand in no body of a number."""
    assert not set("ILOU") & set(LETTERS)
    body = number_of(CERTIFICATE).removeprefix("ASF-").replace("-", "")[:-1]
    assert set(body) <= set(LETTERS)

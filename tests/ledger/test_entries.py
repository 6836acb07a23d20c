"""C2SP tlog-tiles, "Log entries": bundles of length-prefixed entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.record import LEAF_BYTES_MAX
from shared.ledger import Bundle, MalformedError, bundle_bytes, leaves_in
from shared.ledger.entries import ENTRY_BYTES_MAX


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_is_read_back(leaves: list[bytes]) -> None:
    """C2SP tlog-tiles: two bytes of length, then the entry."""
    data = bundle_bytes(leaves)

    assert leaves_in(Bundle(0, len(leaves)), data) == tuple(leaves)
    assert len(data) == sum(map(len, leaves)) + 2 * len(leaves)


def test_the_longest_record_fits() -> None:
    """Section 4: at most 65,535 bytes, which is what a bundle can hold."""
    assert ENTRY_BYTES_MAX == LEAF_BYTES_MAX
    longest = bytes(ENTRY_BYTES_MAX)

    assert leaves_in(Bundle(0, 1), bundle_bytes([longest])) == (longest,)
    with pytest.raises(MalformedError):
        bundle_bytes([longest + b"0"])


@pytest.mark.parametrize("width", [1, 3])
def test_a_bundle_of_another_width_is_refused(width: int) -> None:
    """C2SP tlog-tiles: the path says how many entries there are."""
    with pytest.raises(MalformedError):
        leaves_in(Bundle(0, width), bundle_bytes([b"one", b"two"]))


def test_a_bundle_that_is_cut_anywhere_is_refused() -> None:
    """House: no entry is made up of what is missing."""
    data = bundle_bytes([b"one", b"two"])
    for end in range(len(data)):
        with pytest.raises(MalformedError):
            leaves_in(Bundle(0, 2), data[:end])

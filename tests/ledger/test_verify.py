"""A proof is accepted for what it proves and for nothing that differs in one bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import DisprovedError, MalformedError, verify_consistency, verify_inclusion
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger.published import flipped
from tests.ledger.samples import SIZES, hashes


@given(SIZES, st.data())
def test_every_inclusion_proof_verifies_and_no_other_leaf_does(
    size: int, data: st.DataObject
) -> None:
    """RFC 9162 2.1.3.2: each leaf, in its place only."""
    tree = hashes(size)
    index = data.draw(st.integers(0, size - 1), label="index")
    other = data.draw(st.integers(0, size - 1), label="other place")
    root, proof = root_of(tree), inclusion_proof(tree, index)

    verify_inclusion(tree[index], index, size=size, root=root, proof=proof)
    if other != index:
        with pytest.raises((DisprovedError, MalformedError)):
            verify_inclusion(tree[index], other, size=size, root=root, proof=proof)
        with pytest.raises((DisprovedError, MalformedError)):
            verify_inclusion(tree[other], index, size=size, root=root, proof=proof)


@given(SIZES, st.data())
def test_every_consistency_proof_verifies_and_no_other_history_does(
    size: int, data: st.DataObject
) -> None:
    """RFC 9162 2.1.4.2: the new tree begins with the old one, or it is refused."""
    old = data.draw(st.integers(1, size), label="old size")
    changed = data.draw(st.integers(0, old - 1), label="leaf that differs")
    tree = hashes(size)
    forked = [*tree[:changed], *hashes(1, salt=9), *tree[changed + 1 :]]
    root, proof = root_of(tree), consistency_proof(tree, old)

    verify_consistency(old, root_of(tree[:old]), size, root, proof=proof)
    with pytest.raises(DisprovedError):
        verify_consistency(old, root_of(forked[:old]), size, root, proof=proof)
    with pytest.raises(DisprovedError):
        verify_consistency(
            old, root_of(tree[:old]), size, root_of(forked), proof=consistency_proof(forked, old)
        )


def test_no_bit_of_an_inclusion_proof_may_differ() -> None:
    """Section 7: leaf, root and every hash, all 256 bits of each."""
    tree = hashes(11)
    parts = (tree[6], root_of(tree), *inclusion_proof(tree, 6))
    for place, part in enumerate(parts):
        for bit in range(len(part) * 8):
            wrong = [*parts[:place], flipped(part, bit), *parts[place + 1 :]]
            with pytest.raises(DisprovedError):
                verify_inclusion(wrong[0], 6, size=11, root=wrong[1], proof=wrong[2:])


def test_no_bit_of_a_consistency_proof_may_differ() -> None:
    """Section 7: both roots and every hash, all 256 bits of each."""
    tree = hashes(11)
    parts = (root_of(tree[:6]), root_of(tree), *consistency_proof(tree, 6))
    for place, part in enumerate(parts):
        for bit in range(len(part) * 8):
            wrong = [*parts[:place], flipped(part, bit), *parts[place + 1 :]]
            with pytest.raises(DisprovedError):
                verify_consistency(6, wrong[0], 11, wrong[1], proof=wrong[2:])


@given(SIZES, st.data())
def test_a_proof_with_a_hash_more_or_less_is_refused(size: int, data: st.DataObject) -> None:
    """Section 7: the sizes say how many hashes a proof has."""
    tree = hashes(size)
    index = data.draw(st.integers(0, size - 1), label="index")
    proof = inclusion_proof(tree, index)
    place = data.draw(st.integers(0, len(proof)), label="place")
    longer = (*proof[:place], tree[0], *proof[place:])
    shorter = (*proof[: place - 1], *proof[place:]) if place else proof[1:]

    for wrong in {longer, shorter} - {proof}:
        with pytest.raises(MalformedError):
            verify_inclusion(tree[index], index, size=size, root=root_of(tree), proof=wrong)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_that_is_not_32_bytes_is_refused(length: int) -> None:
    """Section 7: in every place where a hash stands."""
    tree, wrong = hashes(3), bytes(length)
    root, proof = root_of(tree), inclusion_proof(tree, 2)

    for leaf, top, hashed in (
        (wrong, root, proof),
        (tree[2], wrong, proof),
        (tree[2], root, (wrong,)),
    ):
        with pytest.raises(MalformedError):
            verify_inclusion(leaf, 2, size=3, root=top, proof=hashed)
    with pytest.raises(MalformedError):
        verify_consistency(2, wrong, 3, root, proof=consistency_proof(tree, 2))
    with pytest.raises(MalformedError):
        verify_consistency(2, root_of(tree[:2]), 3, wrong, proof=consistency_proof(tree, 2))

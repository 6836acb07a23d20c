"""RFC 6962: what others published is what we compute, and what they refuse we refuse."""

import pytest

from shared.ledger import (
    EMPTY_ROOT,
    DisprovedError,
    MalformedError,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger import published
from tests.ledger.published import LEAVES, NODES, ROOTS, Consistency, Inclusion


def test_leaves_have_the_published_hashes() -> None:
    """RFC 6962 2.1: a leaf is hashed behind a zero."""
    assert tuple(map(leaf_hash, LEAVES)) == NODES[0]


@pytest.mark.parametrize("size", range(9))
def test_trees_have_the_published_roots(size: int) -> None:
    """RFC 6962 2.1: a node is hashed behind a one; the empty tree is the hash of nothing."""
    assert root_of(NODES[0][:size]) == ROOTS[size]
    assert ROOTS[0] == EMPTY_ROOT


@pytest.mark.parametrize("probe", published.INCLUDED, ids=repr)
def test_published_inclusion_proofs_are_ours(probe: Inclusion) -> None:
    """RFC 6962 2.1.1, both ways: we make the published proof, and we accept it."""
    assert inclusion_proof(NODES[0][: probe.size], probe.index) == probe.proof
    verify_inclusion(probe.leaf, probe.index, size=probe.size, root=probe.root, proof=probe.proof)


@pytest.mark.parametrize("probe", published.CONSISTENT, ids=repr)
def test_published_consistency_proofs_are_ours(probe: Consistency) -> None:
    """RFC 6962 2.1.2, both ways."""
    assert consistency_proof(NODES[0][: probe.new], probe.old) == probe.proof
    assert extends(probe)


@pytest.mark.parametrize("happy", published.INCLUDED, ids=repr)
def test_what_must_not_prove_inclusion_does_not(happy: Inclusion) -> None:
    """RFC 9162 2.1.3.2, and the published probes that must be refused."""
    for probe in published.not_included(happy):
        assert not includes(probe), probe


@pytest.mark.parametrize("happy", published.CONSISTENT[1:], ids=repr)
def test_what_must_not_prove_consistency_does_not(happy: Consistency) -> None:
    """RFC 9162 2.1.4.2, and the published probes that must be refused."""
    for probe in published.not_consistent(happy):
        assert not extends(probe), probe


@pytest.mark.parametrize("probe", published.ODD_SIZES, ids=repr)
def test_nothing_is_proved_from_nothing_or_backwards(probe: Consistency) -> None:
    """RFC 9162 2.1.4.2; Section 7: never from size 0."""
    assert not extends(probe)


def includes(probe: Inclusion) -> bool:
    """Return whether we accept ``probe``."""
    try:
        verify_inclusion(
            probe.leaf, probe.index, size=probe.size, root=probe.root, proof=probe.proof
        )
    except (DisprovedError, MalformedError):
        return False
    return True


def extends(probe: Consistency) -> bool:
    """Return whether we accept ``probe``."""
    try:
        verify_consistency(probe.old, probe.old_root, probe.new, probe.new_root, proof=probe.proof)
    except (DisprovedError, MalformedError):
        return False
    return True

"""The tree is RFC 6962's at every size, and grows without being seen whole."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import Frontier, MalformedError
from shared.ledger.hashes import SIZE_MAX, joined_root
from shared.ledger.tree import (
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    nodes_of,
    root_of,
)
from tests.ledger import rfc6962
from tests.ledger.samples import hashes

SMALL = range(1, 18)


@pytest.mark.parametrize("size", SMALL)
def test_every_proof_of_a_small_tree_is_as_the_rfc_defines_it(size: int) -> None:
    """RFC 6962 2.1, 2.1.1, 2.1.2: root, every path, every consistency proof."""
    tree = hashes(size)

    assert root_of(tree) == rfc6962.mth(tree)
    for index in range(size):
        assert inclusion_proof(tree, index) == rfc6962.path(index, tree)
    for old in range(1, size + 1):
        assert consistency_proof(tree, old) == rfc6962.proof(old, tree)


@given(st.lists(st.integers(0, 30), max_size=8))
def test_a_frontier_grows_to_the_same_root_in_any_pages(pages: list[int]) -> None:
    """RFC 6962 2.1: who keeps one hash for each complete subtree needs no more."""
    tree, frontier = hashes(sum(pages)), Frontier()
    for page in pages:
        frontier = frontier.grown(tree[frontier.size : frontier.size + page])

    assert frontier.root == rfc6962.mth(tree)
    assert len(frontier.hashes) == frontier.size.bit_count()


@pytest.mark.parametrize(
    ("size", "kept"), [(3, hashes(1)), (0, hashes(1)), (-1, []), (2, [b"short"]), (1 << 63, [])]
)
def test_a_frontier_of_another_size_is_refused(size: int, kept: list[bytes]) -> None:
    """House: what was kept badly is noticed when it is read, not when it is signed."""
    with pytest.raises(MalformedError):
        Frontier(size, tuple(kept))


@given(st.integers(1, SIZE_MAX), st.data())
def test_ranges_of_a_proof_and_its_leaf_make_up_the_whole_tree(
    size: int, data: st.DataObject
) -> None:
    """RFC 6962 2.1.1: every leaf is vouched for once, in trees of every size."""
    index = data.draw(st.integers(0, size - 1))
    ranges = sorted([*inclusion_ranges(index, size), (index, index + 1)])

    assert ranges[0][0] == 0
    assert ranges[-1][1] == size
    assert all(left[1] == right[0] for left, right in pairwise(ranges))
    assert all(
        sum(1 << node.level for node in nodes_of(leaves)) == leaves[1] - leaves[0]
        for leaves in ranges
    )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (8, 8), (0, SIZE_MAX + 1)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    """Section 7: index not below size is refused before anything is hashed."""
    with pytest.raises(MalformedError):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5), (1, SIZE_MAX + 1)])
def test_there_is_no_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    """Section 7: old size 0 proves nothing; a smaller tree is a rollback."""
    with pytest.raises(MalformedError):
        consistency_ranges(old, new)


@pytest.mark.parametrize("level", range(9))
def test_joined_hashes_have_the_root_of_their_tree(level: int) -> None:
    """House: the quick way of hashing a tile is the RFC's way."""
    tree = hashes(1 << level)

    assert joined_root(b"".join(tree)) == rfc6962.mth(tree)

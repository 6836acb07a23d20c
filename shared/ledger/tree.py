"""The shape of the tree, and what follows from it. RFC 6962 section 2.1, RFC 9162 section 2.1.

Everything rests on which runs of leaves a proof speaks of. A *range* ``(start, end)`` is such a
run, ``end`` exclusive; a *node* is a complete subtree, 2**level leaves, counted from the left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import EMPTY_ROOT, SIZE_MAX, check_hashes, node_hash

Range = tuple[int, int]


class Node(NamedTuple):
    """The complete subtree over leaves ``number * 2**level`` to ``(number + 1) * 2**level``."""

    level: int
    number: int


def nodes_of(leaves: Range) -> tuple[Node, ...]:
    """Return the complete subtrees that make up ``leaves``, left to right, ever smaller.

    ``leaves`` is a range of the tree itself: it starts where a subtree of its size may start.
    """
    start, end = leaves
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return tuple(nodes)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """Return what an inclusion proof's hashes stand for: the leaf's sibling first.

    Raises:
        MalformedError: There is no leaf ``index`` in a tree of ``size`` leaves.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise MalformedError(f"no leaf {index} in a tree of {size}")
    start, end, ranges = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _left_leaves(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, new: int) -> tuple[Range, ...]:
    """Return what a consistency proof's hashes stand for: the innermost first.

    The first is a part of the old tree, unless the old tree is a complete subtree, whose hash
    the verifier knows. The empty tree is consistent with every tree and has no proof.

    Raises:
        MalformedError: ``old`` is 0, or larger than ``new``.
    """
    if not 0 < old <= new <= SIZE_MAX:
        raise MalformedError(f"no consistency proof from {old} to {new} leaves")
    start, end, ranges = 0, new, list[Range]()
    while end != old:
        middle = start + _left_leaves(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return tuple(reversed(ranges))


def folded(hashes: Iterable[bytes]) -> bytes:
    """Return the hash over neighbouring subtrees, given left to right, ever smaller.

    The empty tree's root when there are none.
    """
    root: bytes | None = None
    for each in reversed(tuple(hashes)):
        root = each if root is None else node_hash(each, root)
    return EMPTY_ROOT if root is None else root


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be kept of a tree so that it can grow: at most 63 hashes.

    Attributes:
        size: Number of leaves.
        hashes: Of its complete subtrees, the largest first; one for each 1 in ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX or len(self.hashes) != self.size.bit_count():
            raise MalformedError(f"{len(self.hashes)} subtrees for {self.size} leaves")
        check_hashes(*self.hashes)

    def grown(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the frontier after more leaves, in order. About one hash for each."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaf_hashes:
            node, full = leaf, size
            while full & 1:
                node = node_hash(hashes.pop(), node)
                full >>= 1
            hashes.append(node)
            size += 1
        return Frontier(size, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return folded(self.hashes)


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over all of ``leaf_hashes``, in order. O(their number)."""
    return Frontier().grown(leaf_hashes).root


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the proof that leaf ``index`` is in the tree of all ``leaf_hashes``, from memory.

    O(number of leaves); where there are tiles, see ``shared.ledger.reading``.

    Raises:
        MalformedError: There is no such leaf.
    """
    return _from_memory(leaf_hashes, inclusion_ranges(index, len(leaf_hashes)))


def consistency_proof(leaf_hashes: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of all ``leaf_hashes`` grew from its first ``old``.

    As ``inclusion_proof``.

    Raises:
        MalformedError: ``old`` is 0, or more than there are.
    """
    return _from_memory(leaf_hashes, consistency_ranges(old, len(leaf_hashes)))


def _from_memory(leaf_hashes: Sequence[bytes], ranges: tuple[Range, ...]) -> tuple[bytes, ...]:
    return tuple(root_of(leaf_hashes[start:end]) for start, end in ranges)


def _left_leaves(size: int) -> int:
    """Return how many of ``size`` leaves are on the left: the largest power of two below."""
    return 1 << ((size - 1).bit_length() - 1)

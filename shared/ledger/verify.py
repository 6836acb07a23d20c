"""Whether a proof proves. RFC 9162 sections 2.1.3.2 and 2.1.4.2.

A proof says which tree it is about only together with that tree's signed size and root: check the
checkpoint first. Nothing returns a truth value that a caller could forget to look at.
"""

from collections.abc import Sequence

from shared.ledger.errors import DisprovedError, MalformedError
from shared.ledger.hashes import check_hashes, node_hash
from shared.ledger.tree import Range, consistency_ranges, inclusion_ranges


def verify_inclusion(
    leaf_hash: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Return when leaf ``index`` of the tree of ``size`` leaves under ``root`` is ``leaf_hash``.

    Raises:
        MalformedError: Index not below size, a hash that is not 32 bytes, too few or too many.
        DisprovedError: The hashes lead to another root.
    """
    ranges = inclusion_ranges(index, size)
    _check_form(ranges, proof, leaf_hash, root)
    node = leaf_hash
    for (_, end), sibling in zip(ranges, proof, strict=True):
        node = node_hash(sibling, node) if end <= index else node_hash(node, sibling)
    if node != root:
        raise DisprovedError(f"leaf {index} is not in the tree of {size}")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, *, proof: Sequence[bytes]
) -> None:
    """Return when the tree of ``new`` leaves begins with all of the tree of ``old`` leaves.

    Raises:
        MalformedError: Old size 0 or above the new, a hash that is not 32 bytes, too few or many.
        DisprovedError: The trees have no such history in common.
    """
    ranges = consistency_ranges(old, new)
    _check_form(ranges, proof, old_root, new_root)
    pairs = list(zip(ranges, proof, strict=True))
    seed = old_root
    if pairs and pairs[0][0][1] == old:  # else the old tree is a complete subtree of the new
        seed = pairs.pop(0)[1]
    first = last = seed
    for (_, end), sibling in pairs:
        if end < old:
            first = node_hash(sibling, first)
            last = node_hash(sibling, last)
        else:
            last = node_hash(last, sibling)
    if first != old_root or last != new_root:
        raise DisprovedError(f"the tree of {new} did not grow from the tree of {old}")


def _check_form(ranges: Sequence[Range], proof: Sequence[bytes], *hashes: bytes) -> None:
    """Refuse a proof that has not exactly the hashes that its sizes call for."""
    if len(proof) != len(ranges):
        raise MalformedError(f"{len(proof)} hashes where a proof has {len(ranges)}")
    check_hashes(*proof, *hashes)

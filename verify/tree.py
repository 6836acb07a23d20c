"""Inclusion and consistency. RFC 9162 sections 2.1.3.2 and 2.1.4.2, step by step as they stand."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from verify.forms import COUNT_MAX, HASH_BYTES
from verify.refused import MalformedError, TamperedError

EMPTY_ROOT: Final = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def check_inclusion(
    leaf: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Return when ``leaf`` (a hash) stands at ``index`` in the tree.

    Raises:
        MalformedError: No such index, a hash of another length, too few or too many.
        TamperedError: The hashes lead elsewhere.
    """
    if not 0 <= index < size <= COUNT_MAX:
        raise MalformedError(f"no leaf {index} in a tree of {size}")
    _check_lengths(leaf, root, *proof)
    fn, sn, node = index, size - 1, leaf
    for each in proof:
        if sn == 0:
            raise MalformedError("a proof with hashes too many")
        if fn & 1 or fn == sn:
            node = _node(each, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = _node(node, each)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise MalformedError("a proof with hashes too few")
    if node != root:
        raise TamperedError(f"not the leaf {index} of the tree of {size}")


def check_consistency(
    first: int, first_root: bytes, second: int, second_root: bytes, *, proof: Sequence[bytes]
) -> None:
    """Return when the tree of ``second`` leaves begins with the tree of ``first`` leaves.

    Raises:
        MalformedError: ``first`` is 0 or above ``second``, or the proof has another form.
        TamperedError: It does not begin so.
    """
    if not 0 < first <= second <= COUNT_MAX:
        raise MalformedError(f"no proof of consistency leads from {first} to {second}")
    _check_lengths(first_root, second_root, *proof)
    if first == second:
        if proof:
            raise MalformedError("a proof where there is nothing to prove")
        if first_root != second_root:
            raise TamperedError(f"two roots for the size {first}")
        return
    path = [*([first_root] if first & (first - 1) == 0 else []), *proof]
    if _roots(first, second, path) != (first_root, second_root):
        raise TamperedError(f"the tree of {second} did not grow from the tree of {first}")


def _roots(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162 section 2.1.4.2, step 4 on: return the roots that ``path`` leads to."""
    if not path:
        raise MalformedError("a proof with hashes too few")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for each in path[1:]:
        if sn == 0:
            raise MalformedError("a proof with hashes too many")
        if fn & 1 or fn == sn:
            fr, sr = _node(each, fr), _node(each, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, each)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise MalformedError("a proof with hashes too few")
    return fr, sr


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _check_lengths(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise MalformedError(f"a hash of {len(each)} bytes")

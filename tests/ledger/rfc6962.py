"""RFC 6962 section 2.1 as its text defines it, by recursion: slow, and easily read against it.

The tests hold the code against this.
"""

from collections.abc import Sequence
from hashlib import sha256

Hashes = Sequence[bytes]


def mth(leaf_hashes: Hashes) -> bytes:
    """2.1: return MTH(D[n]); the leaves are hashed already."""
    n = len(leaf_hashes)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return leaf_hashes[0]
    k = split(n)
    return sha256(b"\x01" + mth(leaf_hashes[:k]) + mth(leaf_hashes[k:])).digest()


def path(m: int, leaf_hashes: Hashes) -> tuple[bytes, ...]:
    """2.1.1: return PATH(m, D[n])."""
    n = len(leaf_hashes)
    if n == 1:
        return ()
    k = split(n)
    if m < k:
        return (*path(m, leaf_hashes[:k]), mth(leaf_hashes[k:]))
    return (*path(m - k, leaf_hashes[k:]), mth(leaf_hashes[:k]))


def proof(m: int, leaf_hashes: Hashes) -> tuple[bytes, ...]:
    """2.1.2: return PROOF(m, D[n])."""
    return subproof(m, leaf_hashes, known=True)


def subproof(m: int, leaf_hashes: Hashes, *, known: bool) -> tuple[bytes, ...]:
    """2.1.2: return SUBPROOF(m, D[n], b)."""
    n = len(leaf_hashes)
    if m == n:
        return () if known else (mth(leaf_hashes),)
    k = split(n)
    if m <= k:
        return (*subproof(m, leaf_hashes[:k], known=known), mth(leaf_hashes[k:]))
    return (*subproof(m - k, leaf_hashes[k:], known=False), mth(leaf_hashes[:k]))


def split(n: int) -> int:
    """Return the largest power of two smaller than ``n``."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k

"""The hashes of the tree. RFC 6962 section 2.1, RFC 9162 section 2.1.1, with SHA-256."""

from hashlib import sha256
from typing import Final

from shared.ledger.errors import MalformedError

HASH_BYTES: Final = 32
SIZE_MAX: Final = 2**63 - 1
"""Of a tree: what every implementation can count."""
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a record's exact bytes. Total."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two neighbours of one level. Total."""
    return sha256(b"\x01" + left + right).digest()


def joined_root(hashes: bytes) -> bytes:
    """Return the root over 2**n hashes written one after the other. O(their number).

    One slice and one join for each pair: this is where sealing spends its time.
    """
    while len(hashes) > HASH_BYTES:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest()
                for at in range(0, len(hashes), 2 * HASH_BYTES)
            ]
        )
    return hashes


def check_hashes(*hashes: bytes) -> None:
    """Refuse what cannot be a SHA-256 hash.

    Raises:
        MalformedError: One of them is not 32 bytes long.
    """
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise MalformedError(f"a hash of {len(each)} bytes")

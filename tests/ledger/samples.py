"""Trees, keys and signed checkpoints for the tests.

Keys are made of words, so they are the same in every run; nobody else may use them.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from hypothesis import strategies as st

from shared.ledger import (
    Checkpoint,
    CosigningKey,
    Edge,
    Policy,
    SigningKey,
    Tile,
    leaf_hash,
    policy_of,
    private_key,
    sign_checkpoint,
)

ORIGIN: Final = "example.org/asf/review"
SEEN_AT: Final = 1_790_000_000
SIZES: Final = st.one_of(
    st.integers(1, 40), st.integers(200, 300), st.sampled_from((256, 512, 768, 1024, 1300))
)
LOG_KEY: Final = SigningKey(ORIGIN, private_key(sha256(b"the log").digest()))
NEXT_LOG_KEY: Final = SigningKey(ORIGIN, private_key(sha256(b"the log, next year").digest()))
STRANGER: Final = SigningKey(ORIGIN, private_key(sha256(b"a stranger").digest()))
WITNESS: Final = CosigningKey("example.org/audit", private_key(sha256(b"a witness").digest()))
OTHER_WITNESS: Final = CosigningKey("example.net/eye", private_key(sha256(b"another").digest()))

POLICY: Final[Policy] = policy_of([LOG_KEY.verifier], [WITNESS.verifier], need=1)


def leaves(number: int, salt: int = 0) -> list[bytes]:
    """Return ``number`` leaves, all different."""
    return [b"leaf %d of %d" % (each, salt) for each in range(number)]


def hashes(number: int, salt: int = 0) -> list[bytes]:
    """Return the leaf hashes of ``leaves``."""
    return [leaf_hash(leaf) for leaf in leaves(number, salt)]


def tiles_over(leaf_hashes: Sequence[bytes], *, page: int = 100) -> tuple[Edge, dict[Tile, bytes]]:
    """Return the edge and all tiles of the tree over ``leaf_hashes``, made page by page."""
    edge, tiles = Edge(), dict[Tile, bytes]()
    for at in range(0, len(leaf_hashes), page):
        growth = edge.grown(leaf_hashes[at : at + page])
        edge = growth.edge
        tiles.update(growth.full)
    return edge, tiles | dict(edge.tiles)


def checkpoint(leaf_hashes: Sequence[bytes], *extensions: str) -> Checkpoint:
    """Return the log's checkpoint over ``leaf_hashes``."""
    edge = Edge().grown(leaf_hashes).edge
    return Checkpoint(ORIGIN, edge.size, edge.root, extensions)


def cosigned(said: Checkpoint) -> bytes:
    """Return ``said`` signed by the log and seen by the witness: what ``POLICY`` asks for."""
    note = sign_checkpoint(said, LOG_KEY)
    return note.signed_also([WITNESS.cosign(said.text, SEEN_AT)]).encode()

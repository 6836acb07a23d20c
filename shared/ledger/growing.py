"""A ledger as it grows with its log: tiles and heads from the records' exact bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from shared.ledger.checkpoint import Checkpoint
from shared.ledger.errors import DisprovedError
from shared.ledger.hashes import leaf_hash
from shared.ledger.heads_tree import HeadsTree
from shared.ledger.tiles import Tile
from shared.ledger.tiling import Edge


class _Said(msgspec.Struct, gc=False):
    """What a record says of its place. The rest of it is passed over, which is why it is not ``orjson``."""

    correlation_id: str
    stream: str
    version: int


_said = msgspec.json.Decoder(_Said).decode


@dataclass(slots=True)
class Growing:
    """All that sealing keeps in memory: the right edge, the heads, and what is to be stored.

    Attributes:
        full: Tiles that became full and were not stored yet.
    """

    edge: Edge = field(default_factory=Edge)
    heads: HeadsTree = field(default_factory=HeadsTree)
    full: list[tuple[Tile, bytes]] = field(default_factory=list[tuple[Tile, bytes]])

    @property
    def size(self) -> int:
        """Return how many records were taken."""
        return self.edge.size

    def take(self, leaves: Sequence[bytes]) -> None:
        """Take the next records of the log. 5 to 10 us each.

        Raises:
            DisprovedError: One is no record: case, stream or version cannot be read in it.
        """
        hashes = [leaf_hash(leaf) for leaf in leaves]
        for position, (leaf, hashed) in enumerate(zip(leaves, hashes, strict=True), self.size + 1):
            try:
                said = _said(leaf)
                self.heads.learn(said.correlation_id, said.stream, said.version, hashed)
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                raise DisprovedError(f"what stands at {position} is no record") from error
        growth = self.edge.grown(hashes)
        self.edge = growth.edge
        self.full += growth.full

    def checkpoint(self, origin: str) -> Checkpoint:
        """Return what the log of ``origin`` is by now, with the seal of its heads."""
        return Checkpoint(origin, self.size, self.edge.root, (self.heads.seal().line,))

    def tiles(self) -> tuple[tuple[Tile, bytes], ...]:
        """Return what is to be stored: each tile once."""
        return (*self.full, *self.edge.tiles)

    def stored(self) -> None:
        """Take note that ``tiles()`` were stored."""
        self.full.clear()

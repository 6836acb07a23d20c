"""Proofs from tiles: what to read, and what to make of it. C2SP tlog-tiles, "Merkle Tree".

A plan names every tile that it needs at once, so a proof costs one query or one round of requests::

    plan = inclusion_plan(index, size)
    proof = plan.hashes(await fetch(plan.tiles))

Tiles are taken as they come. Whoever does not trust where they lie verifies the proof that results
against a checkpoint, which says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import HASH_BYTES, joined_root
from shared.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, tile_of
from shared.ledger.tree import (
    Node,
    Range,
    consistency_ranges,
    folded,
    inclusion_ranges,
    nodes_of,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The hashes to be had from the tiles of one tree.

    Attributes:
        size: Of the tree. Its tiles are asked for, partial ones at the width that they have in it.
        ranges: The runs of leaves whose roots are wanted, in the order of the proof.
    """

    size: int
    ranges: tuple[Range, ...]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Every tile that is needed, each once, ascending. At most two a level."""
        nodes = (node for leaves in self.ranges for node in nodes_of(leaves))
        return tuple(sorted({self._tile_with(node) for node in nodes}))

    def hashes(self, data: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return the roots of ``ranges`` from the bytes of ``tiles``, in the same order.

        A wider tile of the same place may stand for a partial one: what it begins with is the same.

        Raises:
            MalformedError: Not one for each tile, or one that is too short or no run of hashes.
        """
        tiles = self.tiles
        if len(data) != len(tiles):
            raise MalformedError(f"{len(data)} tiles where {len(tiles)} were asked for")
        read = dict(zip(tiles, data, strict=True))
        for tile, held in read.items():
            if len(held) < tile.width * HASH_BYTES or len(held) % HASH_BYTES:
                raise MalformedError(f"{tile.path} has {len(held)} bytes")
        return tuple(
            folded(self._root_of(node, read) for node in nodes_of(leaves)) for leaves in self.ranges
        )

    def _tile_with(self, node: Node) -> Tile:
        """Return the tile that holds ``node``, or the hashes below it."""
        level, above = divmod(node.level, TILE_HEIGHT)
        return tile_of(level, (node.number << above) // TILE_WIDTH, size=self.size)

    def _root_of(self, node: Node, read: Mapping[Tile, bytes]) -> bytes:
        """Return the hash of ``node``."""
        above = node.level % TILE_HEIGHT
        first = (node.number << above) % TILE_WIDTH
        end = first + (1 << above)
        return joined_root(read[self._tile_with(node)][first * HASH_BYTES : end * HASH_BYTES])


def inclusion_plan(index: int, size: int) -> Plan:
    """Return how to prove that leaf ``index`` is in the tree of ``size`` leaves.

    Raises:
        MalformedError: There is no such leaf.
    """
    return Plan(size, inclusion_ranges(index, size))


def consistency_plan(old: int, new: int) -> Plan:
    """Return how to prove that the tree of ``new`` leaves grew from the tree of ``old``.

    Raises:
        MalformedError: ``old`` is 0, or larger than ``new``.
    """
    return Plan(new, consistency_ranges(old, new))


def root_plan(size: int) -> Plan:
    """Return how to compute the root of the tree of ``size`` leaves: its only hash."""
    return Plan(size, ((0, size),))


def leaf_plan(start: int, end: int, size: int) -> Plan:
    """Return how to read the leaf hashes ``start`` to ``end`` (exclusive) of ``size``.

    Raises:
        MalformedError: That is no run of its leaves.
    """
    if not 0 <= start <= end <= size:
        raise MalformedError(f"no leaves {start} to {end} in a tree of {size}")
    return Plan(size, tuple((index, index + 1) for index in range(start, end)))

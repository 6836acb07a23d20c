"""How the tiles grow, a page of leaves at a time. C2SP tlog-tiles, "Merkle Tree".

Whoever seals keeps the right edge: one partial row of hashes for each level. A page of leaves
makes full tiles, to be stored once and never touched again, and the next edge.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import HASH_BYTES, SIZE_MAX, joined_root
from shared.ledger.tiles import TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, tile_of
from shared.ledger.tree import folded, nodes_of


@dataclass(frozen=True, slots=True)
class Edge:
    """The partial tiles of a tree, which are all that growing it needs.

    Attributes:
        size: Number of leaves.
        rows: The hashes of each level's partial tile, one after the other, from the leaves up;
            empty where that level ends with a full tile. At most 255 hashes each.
    """

    size: int = 0
    rows: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise MalformedError(f"no tree of {self.size} leaves")
        if [len(row) for row in self.rows] != [w * HASH_BYTES for w in _widths(self.size)]:
            raise MalformedError(f"not the edge of a tree of {self.size} leaves")

    @property
    def tiles(self) -> tuple[tuple[Tile, bytes], ...]:
        """The partial tiles with their bytes, from the leaves up."""
        rows = zip(edge_tiles(self.size), (row for row in self.rows if row), strict=True)
        return tuple(rows)

    @property
    def root(self) -> bytes:
        """The root of the tree. At most 255 hashes a level."""
        return folded(subtree for row in reversed(self.rows) for subtree in _subtrees(row))

    def grown(self, leaf_hashes: Sequence[bytes]) -> "Growth":
        """Return what a page of leaves, in order, makes of this edge. About one hash a leaf."""
        rows: list[bytes] = []
        full: list[tuple[Tile, bytes]] = []
        carried = b"".join(leaf_hashes)
        if len(carried) != len(leaf_hashes) * HASH_BYTES:
            raise MalformedError("a leaf hash that is not 32 bytes")
        while carried or len(rows) < len(self.rows):
            level = len(rows)
            row = (self.rows[level] if level < len(self.rows) else b"") + carried
            first = self.size >> TILE_HEIGHT * (level + 1)
            whole = len(row) - len(row) % TILE_BYTES
            tiles = [row[at : at + TILE_BYTES] for at in range(0, whole, TILE_BYTES)]
            full += [(Tile(level, index), data) for index, data in enumerate(tiles, first)]
            rows.append(row[whole:])
            carried = b"".join(map(joined_root, tiles))
        return Growth(Edge(self.size + len(leaf_hashes), tuple(rows)), tuple(full))


@dataclass(frozen=True, slots=True)
class Growth:
    """What a page of leaves made.

    Attributes:
        edge: The next edge.
        full: The tiles that became full, with their bytes, level by level, ascending.
    """

    edge: Edge
    full: tuple[tuple[Tile, bytes], ...]


def edge_tiles(size: int) -> tuple[Tile, ...]:
    """Return the partial tiles of a tree of ``size`` leaves, from the leaves up."""
    levels = enumerate(_widths(size))
    return tuple(
        tile_of(level, size >> TILE_HEIGHT * (level + 1), size=size)
        for level, width in levels
        if width
    )


def edge_from(size: int, tiles: Mapping[Tile, bytes]) -> Edge:
    """Return the edge of a tree of ``size`` leaves from its partial tiles, as stored.

    Raises:
        MalformedError: A tile of ``edge_tiles(size)`` is not there, or has another length.
    """
    rows = [b""] * len(_widths(size))
    for tile in edge_tiles(size):
        if tile not in tiles:
            raise MalformedError(f"{tile.path} is missing")
        rows[tile.level] = tiles[tile]
    return Edge(size, tuple(rows))


def _subtrees(row: bytes) -> Iterator[bytes]:
    """Yield the roots of the complete subtrees over the hashes in ``row``, left to right."""
    for level, number in nodes_of((0, len(row) // HASH_BYTES)):
        span = HASH_BYTES << level
        yield joined_root(row[number * span : (number + 1) * span])


def _widths(size: int) -> list[int]:
    """Return how many hashes the partial tile of each level has, from the leaves up; 0 for none."""
    widths: list[int] = []
    while size:
        widths.append(size % TILE_WIDTH)
        size >>= TILE_HEIGHT
    return widths

"""Where the hashes of a tree lie: tiles of 256. C2SP tlog-tiles, "Merkle Tree", "Log entries".

A tile of level ``l`` holds 256 consecutive hashes of nodes over 256**l leaves each. A full tile
never changes; the last of each level may be partial, and has a path of its own for each width.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import HASH_BYTES, SIZE_MAX

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 2**TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
LEVEL_MAX: Final = 63
_GROUP: Final = 1000
_PATH: Final = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Some of the tree's hashes: ``width`` of them, from number ``index * 256`` of their level."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_level(self.level)
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        return f"tile/{self.level}/{_numbered(self.index, self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """Some of the log's entries: ``width`` of them, from number ``index * 256``."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        return f"tile/entries/{_numbered(self.index, self.width)}"


def from_path(path: str) -> Tile | Bundle:
    """Return what is served at ``path``, below the log's prefix.

    Raises:
        MalformedError: No tile and no bundle has this path; each has one path only.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise MalformedError("no path of a tile")
    kind, number, partial = found.groups()
    index = int(number.replace("x", "").replace("/", ""))
    width = int(partial) if partial else TILE_WIDTH
    place = Bundle(index, width) if kind == "entries" else Tile(int(kind), index, width)
    if place.path != path:
        raise MalformedError("no canonical path of a tile")
    return place


def tile_of(level: int, index: int, *, size: int) -> Tile:
    """Return tile ``index`` of ``level`` as it is in a tree of ``size`` leaves.

    Raises:
        MalformedError: That tree has no such tile.
    """
    _check_level(level)
    return Tile(level, index, _width(level, index, size))


def bundle_of(index: int, *, size: int) -> Bundle:
    """Return bundle ``index`` as it is in a log of ``size`` entries.

    Raises:
        MalformedError: That log has no such bundle.
    """
    return Bundle(index, _width(0, index, size))


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles to publish when a tree of ``old`` leaves has grown to ``new``.

    Level by level, ascending; the last of each level may be partial. All of a tree's tiles when
    ``old`` is 0.
    """
    level = 0
    while new >> TILE_HEIGHT * level:
        first, last = old >> TILE_HEIGHT * level, new >> TILE_HEIGHT * level
        if first != last:
            for index in range(first // TILE_WIDTH, (last - 1) // TILE_WIDTH + 1):
                yield tile_of(level, index, size=new)
        level += 1


def _width(level: int, index: int, size: int) -> int:
    """Return how many hashes the tile has in that tree: at most 256; 0 or less for none."""
    return min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH)


def _check_level(level: int) -> None:
    if not 0 <= level <= LEVEL_MAX:
        raise MalformedError(f"no tile of level {level}")


def _check_place(index: int, width: int) -> None:
    if not (0 <= index <= SIZE_MAX and 1 <= width <= TILE_WIDTH):
        raise MalformedError(f"no tile {index} of width {width}")


def _numbered(index: int, width: int) -> str:
    """Return the end of a path: three digits at a time, so that no folder has many entries."""
    number = f"{index % _GROUP:03}"
    while index >= _GROUP:
        index //= _GROUP
        number = f"x{index % _GROUP:03}/{number}"
    return number if width == TILE_WIDTH else f"{number}.p/{width}"

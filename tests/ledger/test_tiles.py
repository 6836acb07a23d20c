"""C2SP tlog-tiles: paths, partial tiles, growth by pages, and proofs from tiles alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    Bundle,
    Edge,
    MalformedError,
    Tile,
    bundle_of,
    consistency_plan,
    edge_from,
    edge_tiles,
    from_path,
    inclusion_plan,
    leaf_plan,
    new_tiles,
    root_plan,
    tile_of,
    verify_consistency,
    verify_inclusion,
)
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger import rfc6962
from tests.ledger.samples import SIZES, hashes, tiles_over

PATHS = [
    ("tile/0/000", Tile(0, 0)),
    ("tile/0/x001/x234/067", Tile(0, 1_234_067)),
    ("tile/3/x001/000.p/1", Tile(3, 1000, 1)),
    ("tile/63/999.p/255", Tile(63, 999, 255)),
    ("tile/entries/x012/345.p/112", Bundle(12_345, 112)),
    ("tile/entries/000", Bundle(0)),
]


@pytest.mark.parametrize(("path", "place"), PATHS, ids=[path for path, _ in PATHS])
def test_a_tile_has_its_path_and_a_path_its_tile(path: str, place: Tile | Bundle) -> None:
    """C2SP tlog-tiles, "Merkle Tree": three digits at a time, the partial width at the end."""
    assert place.path == path
    assert from_path(path) == place


@given(st.integers(0, 63), st.integers(0, SIZE_MAX), st.integers(1, 256))
def test_every_path_is_read_back(level: int, index: int, width: int) -> None:
    """C2SP tlog-tiles: a path names one tile."""
    assert from_path(Tile(level, index, width).path) == Tile(level, index, width)
    assert from_path(Bundle(index, width).path) == Bundle(index, width)


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/0/0", "tile/0/00"),
        *("tile/64/000", "tile/00/000", "tile/01/000", "tile/-1/000", "tile/8/0/000"),
        *("tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/x1/000"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p"),
        *(
            "tile/data/000",
            "tile/entries/x000/001",
            "tile/0/\u0660\u0660\u0660",
            "tile/0/000\n",
            "TILE/0/000",
        ),
        "tile/0/x009/x223/x372/x036/x854/x775/808",
    ],
)
def test_no_other_path_names_a_tile(path: str) -> None:
    """C2SP tlog-tiles: one form for each number, as everywhere in a log."""
    with pytest.raises(MalformedError):
        from_path(path)


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    """C2SP tlog-tiles, "Partial Tiles": its own example."""
    tiles = list(new_tiles(0, 70_000))

    assert len([tile for tile in tiles if tile.level == 0 and tile.width == 256]) == 273
    assert [tile for tile in tiles if tile.width < 256] == [
        Tile(0, 273, 112),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert Tile(1, 0) in tiles
    assert len(tiles) == 273 + 1 + 3
    assert list(new_tiles(0, 256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(new_tiles(256, 300)) == [Tile(0, 1, 44)]
    assert not list(new_tiles(0, 0))


def test_a_tile_that_the_tree_does_not_have_is_refused() -> None:
    """C2SP tlog-tiles, "Partial Tiles": empty tiles are not served."""
    assert tile_of(0, 1, size=300) == Tile(0, 1, 44)
    assert bundle_of(0, size=300) == Bundle(0)
    for level, index in ((0, 2), (1, 1), (2, 0), (-1, 0), (0, -1)):
        with pytest.raises(MalformedError):
            tile_of(level, index, size=300)
    with pytest.raises(MalformedError):
        bundle_of(2, size=300)


@given(SIZES, st.integers(1, 400))
def test_tiles_hold_the_hashes_that_the_specification_says(size: int, page: int) -> None:
    """C2SP tlog-tiles: MTH(D[(n*256+i)*256**l : ...]), whatever the pages were."""
    tree = hashes(size)
    edge, tiles = tiles_over(tree, page=page)

    assert edge.root == rfc6962.mth(tree)
    assert set(tiles) == set(new_tiles(0, size))
    for tile, data in tiles.items():
        span = 256**tile.level
        first = tile.index * 256
        assert data == b"".join(
            rfc6962.mth(tree[span * each : span * (each + 1)])
            for each in range(first, first + tile.width)
        )


@given(SIZES, st.data())
def test_growth_makes_exactly_the_new_tiles(size: int, data: st.DataObject) -> None:
    """C2SP tlog-tiles: a full tile is made once; partial ones belong to the edge."""
    old = data.draw(st.integers(0, size), label="old size")
    tree = hashes(size)
    growth = Edge().grown(tree[:old]).edge.grown(tree[old:])

    made = [*dict(growth.full), *dict(growth.edge.tiles)]
    assert set(new_tiles(old, size)) <= set(made)
    assert set(made) <= set(new_tiles(old, size)) | set(edge_tiles(old))
    assert not set(dict(growth.full)) & set(new_tiles(0, old))


@given(SIZES)
def test_an_edge_is_had_back_from_its_partial_tiles(size: int) -> None:
    """House: whoever seals can start again from what is stored."""
    edge, tiles = tiles_over(hashes(size))

    assert edge_from(size, tiles) == edge
    assert edge_from(0, {}) == Edge()


def test_an_edge_that_was_kept_badly_is_refused() -> None:
    """House: a row that is missing, short or long is noticed before anything is sealed on it."""
    _, tiles = tiles_over(hashes(300))
    for broken in ({}, {**tiles, Tile(0, 1, 44): bytes(32 * 43)}, {**tiles, Tile(1, 0, 1): b""}):
        with pytest.raises(MalformedError):
            edge_from(300, broken)
    with pytest.raises(MalformedError):
        Edge().grown([b"not a hash"])
    with pytest.raises(MalformedError):
        Edge(-1)


@given(SIZES, st.data())
def test_proofs_come_from_the_tiles_of_one_batch(size: int, data: st.DataObject) -> None:
    """Section 7: inclusion, consistency, root and leaves, each from one fetch of the least tiles."""
    index = data.draw(st.integers(0, size - 1), label="index")
    old = data.draw(st.integers(1, size), label="old size")
    tree = hashes(size)
    _, tiles = tiles_over(tree)

    def read(plan_tiles: tuple[Tile, ...]) -> list[bytes]:
        assert len(set(plan_tiles)) == len(plan_tiles) <= 2 * 2
        return [tiles[tile] for tile in plan_tiles]

    included, grown = inclusion_plan(index, size), consistency_plan(old, size)
    assert included.hashes(read(included.tiles)) == inclusion_proof(tree, index)
    assert grown.hashes(read(grown.tiles)) == consistency_proof(tree, old)
    whole, one = root_plan(size), leaf_plan(index, index + 1, size)
    assert whole.hashes(read(whole.tiles)) == (root_of(tree),)
    assert one.hashes(read(one.tiles)) == (tree[index],)


def test_proofs_in_a_tree_of_three_levels_verify() -> None:
    """C2SP tlog-tiles: 66,000 leaves need a third level; each proof is one batch of few tiles."""
    tree = hashes(66_000)
    edge, tiles = tiles_over(tree, page=1000)
    for index in (0, 255, 256, 40_000, 65_535, 65_536, 65_999):
        plan = inclusion_plan(index, 66_000)
        proof = plan.hashes([tiles[tile] for tile in plan.tiles])
        verify_inclusion(tree[index], index, size=66_000, root=edge.root, proof=proof)
        assert len(plan.tiles) <= 5
    for old in (1, 256, 65_535, 65_536, 65_537, 66_000):
        plan, whole = consistency_plan(old, 66_000), root_plan(old)
        proof = plan.hashes([tiles[tile] for tile in plan.tiles])
        wider = [tiles[tile_of(tile.level, tile.index, size=66_000)] for tile in whole.tiles]
        (before,) = whole.hashes(wider)
        verify_consistency(old, before, 66_000, edge.root, proof=proof)


def test_a_wider_tile_stands_for_a_partial_one() -> None:
    """C2SP tlog-tiles, "Partial Tiles": a log may drop partial tiles once they are full."""
    tree = hashes(600)
    _, tiles = tiles_over(tree)
    plan = inclusion_plan(270, 300)
    wider = [tiles[tile_of(tile.level, tile.index, size=600)] for tile in plan.tiles]

    assert plan.hashes(wider) == inclusion_proof(tree[:300], 270)


def test_tiles_that_are_short_or_missing_make_no_proof() -> None:
    """House: half a tile is refused and not padded."""
    _, tiles = tiles_over(hashes(300))
    plan = inclusion_plan(270, 300)
    read = [tiles[tile] for tile in plan.tiles]
    for broken in (
        read[1:],
        [*read, read[0]],
        [read[0][:-32], *read[1:]],
        [*read[:-1], read[-1] + b"0"],
    ):
        with pytest.raises(MalformedError):
            plan.hashes(broken)
    with pytest.raises(MalformedError):
        leaf_plan(0, 301, 300)

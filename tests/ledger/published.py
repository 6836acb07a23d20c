"""Published test values of RFC 6962 trees, and the ways in which they must be refused.

Source: github.com/transparency-dev/merkle, ``testonly/constants.go`` and ``testdata/`` (Apache-2.0),
which took the eight leaves from the Certificate Transparency project. The hashes are theirs; the
refused ones are made here from the accepted ones, by the operations that their files are named for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

LEAVES: Final = tuple(
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
NODES: Final = tuple(
    tuple(map(bytes.fromhex, level))
    for level in (
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
            "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
        ),
        (
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ),
        (
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
        ("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",),
    )
)
"""By level, from the leaves up; ``NODES[0]`` are the hashes of ``LEAVES``."""
ROOTS: Final = tuple(
    map(
        bytes.fromhex,
        (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    )
)
"""By size, from the empty tree."""
ANY_HASH: Final = bytes.fromhex("aa" * 32)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One probe of inclusion."""

    index: int
    size: int
    root: bytes
    leaf: bytes
    proof: tuple[bytes, ...]
    why: str = "happy path"


@dataclass(frozen=True, slots=True)
class Consistency:
    """One probe of consistency."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: tuple[bytes, ...]
    why: str = "happy path"


INCLUDED: Final = (
    Inclusion(0, 1, ROOTS[1], NODES[0][0], ()),
    Inclusion(0, 8, ROOTS[8], NODES[0][0], (NODES[0][1], NODES[1][1], NODES[2][1])),
    Inclusion(5, 8, ROOTS[8], NODES[0][5], (NODES[0][4], NODES[1][3], NODES[2][0])),
    Inclusion(2, 3, ROOTS[3], NODES[0][2], (NODES[1][0],)),
    Inclusion(1, 5, ROOTS[5], NODES[0][1], (NODES[0][0], NODES[1][1], NODES[0][4])),
)
CONSISTENT: Final = (
    Consistency(1, 1, ROOTS[1], ROOTS[1], ()),
    Consistency(1, 8, ROOTS[1], ROOTS[8], (NODES[0][1], NODES[1][1], NODES[2][1])),
    Consistency(6, 8, ROOTS[6], ROOTS[8], (NODES[1][2], NODES[1][3], NODES[2][0])),
    Consistency(2, 5, ROOTS[2], ROOTS[5], (NODES[1][1], NODES[0][4])),
    Consistency(6, 7, ROOTS[6], ROOTS[7], (NODES[1][2], NODES[0][6], NODES[2][0])),
)


def flipped(data: bytes, bit: int) -> bytes:
    """Return ``data`` with one bit the other way."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def not_included(each: Inclusion) -> Iterator[Inclusion]:
    """Yield the probes made of ``each`` that must be refused."""
    proof = each.proof
    yield replace(each, index=each.index + 1, why="leafIdx plus 1")
    yield replace(each, index=each.index - 1, why="leafIdx sub 1")
    yield replace(each, index=each.index ^ 2, why="leafIdx XOR 2")
    yield replace(each, size=each.size * 2, why="treeSize mul 2")
    yield replace(each, size=each.size // 2, why="treeSize div 2")
    yield replace(each, leaf=b"WrongLeaf", why="wrong leaf")
    yield replace(each, leaf=ANY_HASH, why="random leaf")
    yield replace(each, leaf=b"", why="empty leaf")
    yield replace(each, root=ROOTS[0], why="empty root")
    yield replace(each, root=b"", why="no root")
    yield replace(each, root=ANY_HASH, why="random root")
    yield replace(each, proof=(*proof, b""), why="trailing garbage")
    yield replace(each, proof=(*proof, each.root), why="trailing root")
    yield replace(each, proof=(b"", *proof), why="preceding garbage")
    yield replace(each, proof=(each.root, *proof), why="preceding root")
    for place, part in enumerate(proof):
        changed = (*proof[:place], flipped(part, 3), *proof[place + 1 :])
        yield replace(each, proof=changed, why=f"modified proof[{place}] bit 3")
    if proof:
        yield replace(each, proof=proof[:-1], why="removed component")
        yield replace(each, proof=(proof[0], ANY_HASH, *proof[1:]), why="inserted component")


def not_consistent(each: Consistency) -> Iterator[Consistency]:
    """Yield the probes made of ``each`` that must be refused; it has a proof that is not empty."""
    proof = each.proof
    yield replace(each, old=each.old - 1, why="size1 sub 1")
    yield replace(each, old=each.old + 1, why="size1 plus 1")
    yield replace(each, old=each.old ^ 2, why="size1 XOR 2")
    yield replace(each, new=each.new * 2, why="size2 mul 2")
    yield replace(each, new=each.new // 2, why="size2 div 2")
    yield replace(each, old_root=ANY_HASH, why="wrong root1")
    yield replace(each, new_root=ANY_HASH, why="wrong root2")
    yield replace(each, old_root=each.new_root, new_root=each.old_root, why="swapped roots")
    yield replace(each, proof=(), why="empty proof")
    yield replace(each, proof=proof[:-1], why="truncated proof")
    for place, part in enumerate(proof):
        changed = (*proof[:place], flipped(part, 4), *proof[place + 1 :])
        yield replace(each, proof=changed, why=f"modified proof[{place}] bit 4")
    for word, more in (
        ("garbage", b""),
        ("root1", each.old_root),
        ("root2", each.new_root),
        ("proof[0]", proof[0]),
    ):
        yield replace(each, proof=(more, *proof), why=f"preceding {word}")
        yield replace(each, proof=(*proof, more), why=f"trailing {word}")


ODD_SIZES: Final = tuple(
    Consistency(old, new, old_root, new_root, proof, f"sizes {old} and {new}")
    for old, new, old_root, new_root, proof in (
        (0, 0, ROOTS[0], ROOTS[0], ()),
        (0, 0, ROOTS[0], ANY_HASH, ()),
        (0, 0, ROOTS[0], ROOTS[0], (ROOTS[0],)),
        (0, 1, ROOTS[0], ROOTS[1], ()),
        (0, 1, ROOTS[0], ROOTS[0], (ROOTS[0],)),
        (1, 0, ROOTS[1], ROOTS[0], ()),
        (2, 1, ROOTS[2], ROOTS[1], ()),
        (1, 1, ROOTS[1], ANY_HASH, ()),
        (1, 1, ROOTS[0], ROOTS[0], (ROOTS[0],)),
        (1, 2, ROOTS[1], ROOTS[2], ()),
    )
)
"""``testdata/consistency/additional``; and from the empty tree, which proves nothing."""

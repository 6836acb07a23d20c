"""Section 7: what we make, PyPI ``aics-tlog`` accepts, and the reverse. Needs Python 3.12."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import bundle_bytes, bundle_of, sign_checkpoint
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger.foreign.answers import Foreign
from tests.ledger.published import flipped
from tests.ledger.samples import (
    LOG_KEY,
    OTHER_WITNESS,
    SEEN_AT,
    SIZES,
    STRANGER,
    WITNESS,
    checkpoint,
    cosigned,
    hashes,
    leaves,
    tiles_over,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


def served(size: int) -> dict[str, bytes]:
    """Return all that we serve of a log of ``size`` records, by path: tiles and bundles."""
    _, tiles = tiles_over(hashes(size))
    bundles = {
        bundle_of(index, size=size).path: bundle_bytes(
            leaves(size)[256 * index : 256 * index + 256]
        )
        for index in range((size + 255) // 256)
    }
    return {tile.path: data for tile, data in tiles.items()} | bundles


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 2000])
def test_tiles_and_bundles_are_those_of_aics_byte_for_byte(aics: Foreign, size: int) -> None:
    """Section 7: a second foreign builder, for the entries too."""
    built = aics.ask("build", leaves=leaves(size))

    assert b64decode(built["root"]) == root_of(hashes(size))
    assert {path: b64decode(data) for path, data in built["tiles"].items()} == served(size)


@pytest.mark.parametrize("size", [1, 257, 2000])
def test_aics_audits_all_that_we_serve(aics: Foreign, size: int) -> None:
    """Section 7: every tile and bundle against the root; each one spoilt is noticed."""
    log = served(size)
    known = {"size": size, "root": root_of(hashes(size))}

    assert aics.accepts("audit", **known, tiles=log)
    for path, data in log.items():
        assert not aics.accepts("audit", **known, tiles=log | {path: flipped(data, 77)}), path
        assert not aics.accepts("audit", **known, tiles={p: log[p] for p in log if p != path}), path


@given(SIZES, st.data())
def test_proofs_are_those_of_aics_and_aics_accepts_ours(
    aics: Foreign, size: int, data: st.DataObject
) -> None:
    """Section 7: random proofs, and each with one bit the other way refused."""
    index = data.draw(st.integers(0, size - 1), label="index")
    old = data.draw(st.integers(1, size), label="old size")
    tree = hashes(size)
    inclusion, consistency = inclusion_proof(tree, index), consistency_proof(tree, old)
    made = aics.ask("prove", leaves=leaves(size), index=index, old=old)

    assert tuple(map(b64decode, made["inclusion"])) == inclusion
    assert tuple(map(b64decode, made["consistency"])) == consistency
    leaf = {"leaf_hash": tree[index], "index": index, "size": size, "root": root_of(tree)}
    grown = {"old": old, "old_root": root_of(tree[:old]), "size": size, "root": root_of(tree)}
    bit = data.draw(st.integers(0, 255), label="bit")
    for do, known, proof in (("included", leaf, inclusion), ("grown", grown, consistency)):
        assert aics.accepts(do, **known, proof=proof)
        for place, part in enumerate(proof):
            wrong = (*proof[:place], flipped(part, bit), *proof[place + 1 :])
            assert not aics.accepts(do, **known, proof=wrong)


def test_aics_opens_our_checkpoint_and_counts_its_witnesses(aics: Foreign) -> None:
    """C2SP tlog-checkpoint, tlog-cosignature: signed by the log, seen by the witness, no more."""
    said = checkpoint(hashes(9), "an extension line")
    keys = {"log": LOG_KEY.verifier.vkey, "witnesses": [WITNESS.verifier.vkey]}
    answer = aics.ask("open", data=cosigned(said), **keys, quorum=1)

    assert answer["size"] == said.size
    assert b64decode(answer["root"]) == said.root
    assert answer["seen"] == {WITNESS.name: SEEN_AT}
    alone = sign_checkpoint(said, LOG_KEY)
    other = alone.signed_also([OTHER_WITNESS.cosign(said.text, SEEN_AT)])
    for data in (alone.encode(), other.encode(), sign_checkpoint(said, STRANGER).encode()):
        assert not aics.accepts("open", data=data, **keys, quorum=1)

"""Section 7: what we make, Go's checksum database library and C2SP's own accept, and the reverse.

A prover that only its own verifier has tested proves nothing. The program is ``foreign/go``.
"""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    LedgerError,
    RecordProof,
    bundle_bytes,
    new_tiles,
    parse_checkpoint,
    parse_note,
    parse_record_proof,
    policy_text,
    prove_case,
    sign_checkpoint,
    sign_note,
    signers,
    verifier_key,
    verify_record,
)
from shared.ledger.tiling import Edge
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger import published
from tests.ledger.foreign.answers import Foreign
from tests.ledger.published import flipped
from tests.ledger.samples import (
    LOG_KEY,
    NEXT_LOG_KEY,
    POLICY,
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
from tests.ledger.test_heads import LOG, NOTE, TREE, heads_of
from tests.ledger.test_published import extends, includes
from tests.ledger.test_tiles import PATHS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

KEYS = [LOG_KEY.verifier.vkey, WITNESS.verifier.vkey]


def data_of(said: str) -> bytes:
    """Return the bytes in an answer."""
    return b64decode(said)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 1000, 65_536, 66_001])
def test_tiles_are_those_of_go_byte_for_byte(go: Foreign, size: int) -> None:
    """Section 7: ``NewTiles`` and ``ReadTileData`` of x/mod/sumdb/tlog, in C2SP's paths."""
    tree = hashes(size)
    edge, tiles = tiles_over(tree, page=777)
    built = go.ask("build", leaf_hashes=tree)

    assert data_of(built["root"]) == edge.root
    assert {path: data_of(data) for path, data in built["tiles"].items()} == {
        tile.path: data for tile, data in tiles.items()
    }


@given(SIZES, st.data())
def test_growth_publishes_what_go_publishes(go: Foreign, size: int, data: st.DataObject) -> None:
    """Section 7: page by page, the same new tiles with the same bytes."""
    old = data.draw(st.integers(0, size), label="old size")
    tree = hashes(size)
    _, tiles = tiles_over(tree)
    built = go.ask("build", leaf_hashes=tree, old=old)

    assert {path: data_of(data) for path, data in built["tiles"].items()} == {
        tile.path: tiles[tile] for tile in new_tiles(old, size)
    }


@given(SIZES, st.data())
def test_proofs_are_those_of_go_and_go_accepts_ours(
    go: Foreign, size: int, data: st.DataObject
) -> None:
    """Section 7: random proofs, and each with one bit the other way refused by both."""
    index = data.draw(st.integers(0, size - 1), label="index")
    old = data.draw(st.integers(1, size), label="old size")
    tree = hashes(size)
    root, old_root = root_of(tree), root_of(tree[:old])
    inclusion, consistency = inclusion_proof(tree, index), consistency_proof(tree, old)
    made = go.ask("prove", leaf_hashes=tree, index=index, old=old)

    assert tuple(map(data_of, made["inclusion"])) == inclusion
    assert tuple(map(data_of, made["consistency"])) == consistency
    leaf = {"leaf_hash": tree[index], "index": index, "size": size, "root": root}
    grown = {"old": old, "old_root": old_root, "size": size, "root": root}
    assert go.accepts("included", **leaf, proof=inclusion)
    assert go.accepts("grown", **grown, proof=consistency)
    bit = data.draw(st.integers(0, 255), label="bit")
    for do, given_, proof in (("included", leaf, inclusion), ("grown", grown, consistency)):
        for place, part in enumerate(proof):
            wrong = (*proof[:place], flipped(part, bit), *proof[place + 1 :])
            assert not go.accepts(do, **given_, proof=wrong)


def test_go_refuses_the_published_probes_that_we_refuse(go: Foreign) -> None:
    """RFC 6962: the same verdict on every published probe, accepted or refused."""
    for happy in published.INCLUDED:
        for probe in (happy, *published.not_included(happy)):
            assert includes(probe) == go.accepts(
                "included",
                leaf_hash=probe.leaf,
                index=probe.index,
                size=probe.size,
                root=probe.root,
                proof=probe.proof,
            ), probe
    refused = [
        each for happy in published.CONSISTENT[1:] for each in published.not_consistent(happy)
    ]
    for claim in (*published.CONSISTENT, *refused, *published.ODD_SIZES):
        assert extends(claim) == go.accepts(
            "grown",
            old=claim.old,
            old_root=claim.old_root,
            size=claim.new,
            root=claim.new_root,
            proof=claim.proof,
        ), claim


@pytest.mark.parametrize("size", [1, 300, 70_000])
def test_go_reads_our_tiles_and_finds_them_true(go: Foreign, size: int) -> None:
    """Section 7: ``TileHashReader`` authenticates each tile against the root; a false one fails."""
    tree = hashes(size)
    edge, tiles = tiles_over(tree, page=1000)
    index = size * 2 // 3
    known = {"size": size, "root": edge.root, "index": index}
    plain = {tile.path: data for tile, data in tiles.items()}
    answer = go.ask("read", **known, tiles=plain)

    assert data_of(answer["leaf_hash"]) == tree[index]
    assert tuple(map(data_of, answer["inclusion"])) == inclusion_proof(tree, index)
    needed = next(tile for tile in tiles if tile.level == 0 and index // 256 == tile.index)
    spoilt = plain | {needed.path: flipped(tiles[needed], 8 * 32 * (index % 256))}
    assert not go.accepts("read", **known, tiles=spoilt)


@pytest.mark.parametrize(("path", "place"), PATHS, ids=[path for path, _ in PATHS])
def test_paths_are_those_of_c2sp(go: Foreign, path: str, place: object) -> None:
    """C2SP tlog-tiles: torchwood reads and writes the same path."""
    answer = go.ask("path", path=path)

    level = getattr(place, "level", -1)
    assert answer["path"] == path
    assert (answer["level"], answer["index"], answer["width"]) == (
        level,
        getattr(place, "index", None),
        getattr(place, "width", None),
    )


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=20))
def test_entry_bundles_are_those_of_c2sp(go: Foreign, records: list[bytes]) -> None:
    """C2SP tlog-tiles, "Log entries": the same bytes, read back alike."""
    bundle = bundle_bytes(records)
    answer = go.ask("entries", entries=records, data=bundle)

    assert data_of(answer["data"]) == bundle
    assert list(map(data_of, answer["entries"])) == records


def test_go_opens_our_notes_by_either_key(go: Foreign) -> None:
    """C2SP signed-note, with two keys while one replaces the other; a stranger's opens nothing."""
    text = "a text\n\nwith an empty line\n"
    data = sign_note(text, LOG_KEY, NEXT_LOG_KEY).encode()
    for keys, known in (([LOG_KEY], 1), ([NEXT_LOG_KEY], 1), ([LOG_KEY, NEXT_LOG_KEY], 2)):
        answer = go.ask("open", data=data, keys=[key.verifier.vkey for key in keys])
        assert answer["text"] == text
        assert answer["names"] == [LOG_KEY.name] * known
        assert answer["unknown"] == 2 - known
    assert not go.accepts("open", data=data, keys=[STRANGER.verifier.vkey])
    assert not go.accepts("open", data=data.replace(b"a text", b"a Text"), keys=KEYS)


def test_we_open_the_notes_of_go(go: Foreign) -> None:
    """C2SP signed-note: its key, its text, its signature."""
    answer = go.ask("sign", name="example.net/log", text="what Go says\n")
    key = verifier_key(answer["key"])
    note = parse_note(data_of(answer["data"]))

    assert note.text == "what Go says\n"
    assert [known for known, _ in signers(note, [key])] == [key]
    assert note.encode() == data_of(answer["data"])


def test_checkpoints_with_a_seal_are_read_alike(go: Foreign) -> None:
    """C2SP tlog-checkpoint: torchwood reads ours, extension line included."""
    said = checkpoint(hashes(9), TREE.seal().line)
    answer = go.ask("checkpoint", text=said.text)

    assert (answer["origin"], answer["size"]) == (said.origin, said.size)
    assert data_of(answer["root"]) == said.root
    assert answer["extension"] == f"{TREE.seal().line}\n"
    assert answer["text"] == said.text == parse_checkpoint(said.text).text


def test_cosignatures_are_accepted_both_ways(go: Foreign) -> None:
    """C2SP tlog-cosignature: torchwood verifies our witness, and we verify a witness of theirs."""
    said = checkpoint(hashes(9), TREE.seal().line)
    answer = go.ask("open", data=cosigned(said), keys=KEYS)
    assert answer["names"] == [LOG_KEY.name, WITNESS.name]

    theirs = go.ask(
        "cosign",
        data=sign_checkpoint(said, LOG_KEY).encode(),
        keys=[LOG_KEY.verifier.vkey],
        name=WITNESS.name,
        seed=WITNESS.private.private_bytes_raw(),
    )
    assert verifier_key(theirs["key"]) == WITNESS.verifier
    opened = POLICY.open(data_of(theirs["data"]))
    assert opened.checkpoint == said
    assert opened.seen_at[WITNESS.verifier] > SEEN_AT - 10**9


@given(SIZES, st.data())
def test_proof_files_are_those_of_c2sp(go: Foreign, size: int, data: st.DataObject) -> None:
    """C2SP tlog-proof and tlog-policy: torchwood writes our file, and accepts it."""
    index = data.draw(st.integers(0, size - 1), label="index")
    tree = hashes(size)
    note = cosigned(checkpoint(tree))
    file = RecordProof(index, inclusion_proof(tree, index), note).encode()

    written = go.ask("format", leaf_hashes=tree, index=index, data=note)
    assert data_of(written["data"]) == file
    known = {"policy": policy_text(POLICY), "data": file}
    assert go.accepts("proof", **known, leaf_hash=tree[index])
    assert not go.accepts("proof", **known, leaf_hash=hashes(1, salt=1)[0])


def test_nothing_that_we_refuse_in_a_proof_file_is_true_for_c2sp(go: Foreign) -> None:
    """Section 7: each byte of a file with one bit the other way, and each cut: both refuse."""
    tree, policy = hashes(5), policy_text(POLICY)
    file = RecordProof(3, inclusion_proof(tree, 3), cosigned(checkpoint(tree))).encode()
    changed = [flipped(file, 8 * place + place % 7) for place in range(len(file))]
    for wrong in (*changed, *(file[:end] for end in range(len(file)))):
        with pytest.raises(LedgerError):
            verify_record(leaves(5)[3], parse_record_proof(wrong), POLICY)
        assert not go.accepts("proof", policy=policy, data=wrong, leaf_hash=tree[3]), wrong


def test_the_tree_of_heads_is_a_tree_like_any_other(go: Foreign) -> None:
    """ADR-0018: what a case consists of can be verified with the verifier of any log."""
    heads, seal = heads_of(LOG), TREE.seal()
    assert data_of(go.ask("build", leaf_hashes=[head.hash for head in heads])["root"]) == seal.root
    for case in "ABCDE":
        proof = prove_case(TREE, case, NOTE)
        for index, shown in enumerate(proof.shown, proof.first):
            known = {"index": index, "size": seal.count, "root": seal.root, "proof": shown.hashes}
            assert go.accepts("included", **known, leaf_hash=shown.head.hash)


def test_an_empty_log_has_no_tiles(go: Foreign) -> None:
    """RFC 6962 2.1: the root of nothing is the hash of nothing, for Go too."""
    built = go.ask("build", leaf_hashes=[])

    assert data_of(built["root"]) == Edge().root
    assert built["tiles"] == {}

"""What a bundle holds is verified by programs that others wrote: its README says how, this does it."""

import json
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from shared.ledger import leaf_hash, parse_heads_proof, policy_text
from shared.ledger.witness import parse_add_checkpoint
from tests.ledger.foreign.answers import Foreign
from tests.ledger.published import flipped
from tests.verify import g1
from tests.verify.g1 import CASE
from tests.verify.house import SERVICES, WITNESS, key_of, made, policy

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

LOGS = [f"asf/{name}" for name in SERVICES]
POLICIES = {log: policy_text(policy([log])) for log in LOGS}
"""torchwood asks every log of a policy for its signature, so it gets a policy for each."""


@pytest.fixture(scope="module")
def files(pilot: g1.House) -> Mapping[str, bytes]:
    """The bundle of the pilot round's first case."""
    return made(CASE, pilot.shown, review=(9, 20))


def test_go_verifies_every_record(go: Foreign, files: Mapping[str, bytes]) -> None:
    """C2SP tlog-proof: torchwood, with policy and leaf hash; and not for another record."""
    records = [path for path in files if path.startswith("records/")]
    assert len(records) > 40
    for path in records:
        proof = files[f"proofs{path[7:-5]}.tlog-proof"]
        known = {"policy": POLICIES[path[8:].rpartition("/")[0]], "data": proof}
        assert go.accepts("proof", **known, leaf_hash=leaf_hash(files[path])), path
        assert not go.accepts("proof", **known, leaf_hash=leaf_hash(flipped(files[path], 9)))


@pytest.mark.parametrize("log", LOGS)
def test_go_opens_every_checkpoint(go: Foreign, files: Mapping[str, bytes], log: str) -> None:
    """C2SP signed-note and tlog-cosignature: by the log's key and the witness's."""
    keys = [key_of(log).verifier.vkey, WITNESS.verifier.vkey]
    notes = [path for path in files if path.startswith(f"checkpoints/{log}/")]
    assert notes
    for path in notes:
        answer = go.ask("open", data=files[path], keys=keys)
        assert answer["ok"], path
        assert len(answer["names"]) == 2
        assert go.ask("checkpoint", text=answer["text"])["size"] == int(Path(path).stem)


def test_go_agrees_that_the_log_grew(go: Foreign, files: Mapping[str, bytes]) -> None:
    """RFC 6962 2.1.2: from each older checkpoint of the bundle."""
    growths = [path for path in files if path.startswith("consistency/")]
    assert len(growths) == 2
    for path in growths:
        wish = parse_add_checkpoint(files[path])
        old, new = (
            go.ask("checkpoint", text=note.decode().rpartition("\n\n")[0] + "\n")
            for note in (files[f"checkpoints{path[11:-7]}.note"], wish.checkpoint)
        )
        known = {"old": old["size"], "size": new["size"], "proof": wish.proof}
        roots = {"old_root": old["root"], "root": new["root"]}
        assert go.accepts("grown", **known, **roots)
        assert not go.accepts("grown", **known, old_root=new["root"], root=old["root"])


@pytest.mark.parametrize("log", LOGS)
def test_go_agrees_what_the_case_consists_of(
    go: Foreign, files: Mapping[str, bytes], log: str
) -> None:
    """ADR-0018: each head shown is in the tree that the checkpoint seals."""
    proof = parse_heads_proof(files[f"heads/{log}.heads"])
    text = proof.checkpoint.decode().rpartition("\n\n")[0] + "\n"
    line = go.ask("checkpoint", text=text)["extension"].split("\n")[0]
    _, count, root = line.split(" ")
    for index, shown in enumerate(proof.shown, proof.first):
        known = {"index": index, "size": int(count), "root": root, "proof": shown.hashes}
        assert go.accepts("included", **known, leaf_hash=shown.head.hash)


def test_sha256sum_agrees_with_the_manifest(files: Mapping[str, bytes], tmp_path: Path) -> None:
    """README, point 1: coreutils, on the files as they lie."""
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    told = json.loads(files["manifest.json"])["files"]
    lines = "".join(f"{each['sha256']}  {path}\n" for path, each in told.items())
    words = ["sha256sum", "--check", "--strict", "--quiet"]
    done = subprocess.run(words, input=lines, text=True, cwd=tmp_path, check=False)  # noqa: S603 -- coreutils
    assert done.returncode == 0
    assert set(told) == set(files) - {"manifest.json"}
    assert sha256(files["README.md"]).hexdigest() == told["README.md"]["sha256"]

"""Logs with keys, a witness and a policy, and the bundle of a case made from them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from shared.contracts.record import decode
from shared.ledger import (
    Checkpoint,
    CosigningKey,
    HeadsTree,
    Policy,
    SigningKey,
    consistency_plan,
    inclusion_plan,
    leaf_hash,
    policy_of,
    policy_text,
    private_key,
    prove_case,
    sign_checkpoint,
)
from shared.ledger.bundle import CaseInLog, Disclosed, Older, bundle_files, bundle_zip
from shared.ledger.reading import Plan
from shared.ledger.tiles import Tile
from tests.ledger.samples import SEEN_AT, tiles_over
from verify.command_line import main

PREFIX: Final = "example.org/"
SERVICES: Final = ("audit", "certificates", "intake", "notify", "review")
WITNESS: Final = CosigningKey("example.org/audit", private_key(sha256(b"a witness").digest()))
OTHER: Final = CosigningKey("example.net/eye", private_key(sha256(b"another").digest()))


def key_of(log: str, year: str = "") -> SigningKey:
    """Return the key of ``log``."""
    return SigningKey(f"{PREFIX}{log}", private_key(sha256(f"{log}{year}".encode()).digest()))


def policy(logs: Iterable[str], *, need: int = 1) -> Policy:
    """Return whom the tests believe."""
    keys = [key_of(log).verifier for log in logs]
    return policy_of(keys, [WITNESS.verifier, OTHER.verifier], need=need)


@dataclass(frozen=True, slots=True)
class Log:
    """A log of some leaves, with its trees."""

    name: str
    leaves: Sequence[bytes]

    def note(self, size: int | None = None) -> bytes:
        """Return the signed and cosigned checkpoint at ``size``; at the head without."""
        leaves = self.leaves[:size]
        edge, _ = tiles_over([leaf_hash(leaf) for leaf in leaves])
        seal = self.heads(size).seal()
        said = Checkpoint(f"{PREFIX}{self.name}", edge.size, edge.root, (seal.line,))
        note = sign_checkpoint(said, key_of(self.name))
        return note.signed_also([WITNESS.cosign(said.text, SEEN_AT)]).encode()

    def heads(self, size: int | None = None) -> HeadsTree:
        """Return the tree of its heads."""
        tree = HeadsTree()
        for leaf in self.leaves[:size]:
            record = decode(leaf)
            case = str(record.correlation_id)
            tree.learn(case, record.stream, record.version, leaf_hash(leaf))
        return tree

    def case(self, case: str, *, older: Sequence[int] = (), note: bytes | None = None) -> CaseInLog:
        """Return what it has of ``case``, with proofs from the sizes ``older``."""
        note = note or self.note()
        _, tiles = tiles_over([leaf_hash(leaf) for leaf in self.leaves])
        size = len(self.leaves)
        places = [
            place
            for place, leaf in enumerate(self.leaves, 1)
            if str(decode(leaf).correlation_id) == case
        ]
        return CaseInLog(
            self.name,
            size,
            {place: self.leaves[place - 1] for place in places},
            {place: read(inclusion_plan(place - 1, size), tiles) for place in places},
            prove_case(self.heads(), case, note),
            {at: Older(self.note(at), read(consistency_plan(at, size), tiles)) for at in older},
        )


def read(plan: Plan, tiles: Mapping[Tile, bytes]) -> tuple[bytes, ...]:
    """Return the hashes of ``plan``."""
    return plan.hashes([tiles[tile] for tile in plan.tiles])


def resealed(files: Mapping[str, bytes], **changed: bytes | None) -> dict[str, bytes]:
    """Return ``files`` with some changed, and a manifest that knows: what a forger would do.

    A name is a path; ``None`` leaves the file out.
    """
    given = {**files, **changed}
    left = {path: data for path, data in given.items() if data is not None}
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        path: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for path, data in left.items()
        if path != "manifest.json"
    }
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return left | {"manifest.json": text.encode()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test keeps what it asks ``sigill-verify`` about, and how it is answered."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def put(self, name: str, data: bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def put_bundle(self, files: Mapping[str, bytes], name: str = "bundle") -> Path:
        """Write a bundle as a folder."""
        for path, data in files.items():
            self.put(f"{name}/{path}", data)
        return self.folder / name

    def put_zip(self, files: Mapping[str, bytes]) -> Path:
        """Write a bundle as a zip."""
        return self.put("bundle.zip", bundle_zip(files))

    def put_policy(self, believed: Policy) -> Path:
        """Write a policy."""
        return self.put("policy", policy_text(believed).encode())

    def asked(self, *words: object) -> tuple[int, dict[str, Any]]:
        """Return exit code and report."""
        code = main([*map(str, words), "--json"])
        report: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return code, report

    def bundle(
        self, files: Mapping[str, bytes], believed: Policy, *words: object
    ) -> tuple[int, dict[str, Any]]:
        """Return how the bundle of ``files`` is answered."""
        return self.asked(
            "bundle", self.put_zip(files), "--policy", self.put_policy(believed), *words
        )


def made(
    case: str, logs: Iterable[Log], disclosed: Iterable[Disclosed] = (), **older: Sequence[int]
) -> dict[str, bytes]:
    """Return the files of the bundle of ``case``; ``older`` names sizes by service."""
    parts = [each.case(case, older=older.get(each.name.rpartition("/")[2], ())) for each in logs]
    return bundle_files(case, parts, disclosed)

"""Answers questions about logs with PyPI ``aics-tlog``.

Runs in an environment of its own. One JSON object a line comes in, one goes out; bytes are base64.
"""

import json
import sys
from base64 import b64decode, b64encode
from typing import Any

import aics_tlog
from aics_tlog import tiles


def build(asked: dict[str, Any]) -> dict[str, Any]:
    """Return root, tiles and bundles of a log of leaves."""
    leaves = [b64decode(leaf) for leaf in asked["leaves"]]
    made = aics_tlog.TileWriter(leaves).materialise()
    return {
        "root": text(aics_tlog.MerkleTree(leaves).root()),
        "tiles": {path: text(data) for path, data in made.items()},
    }


def included(asked: dict[str, Any]) -> dict[str, Any]:
    """Check an inclusion proof."""
    return true(
        aics_tlog.verify_inclusion(
            b64decode(asked["leaf_hash"]),
            asked["index"],
            asked["size"],
            list(map(b64decode, asked["proof"])),
            b64decode(asked["root"]),
        )
    )


def grown(asked: dict[str, Any]) -> dict[str, Any]:
    """Check a consistency proof."""
    return true(
        aics_tlog.verify_consistency(
            asked["old"],
            asked["size"],
            b64decode(asked["old_root"]),
            b64decode(asked["root"]),
            list(map(b64decode, asked["proof"])),
        )
    )


def prove(asked: dict[str, Any]) -> dict[str, Any]:
    """Make the proofs of leaf index, and of growth from old."""
    tree = aics_tlog.MerkleTree(b64decode(leaf) for leaf in asked["leaves"])
    return {
        "inclusion": list(map(text, tree.inclusion_proof(asked["index"]))),
        "consistency": list(map(text, tree.consistency_proof(asked["old"]))),
    }


def audit(asked: dict[str, Any]) -> dict[str, Any]:
    """Authenticate every tile and every bundle against the root."""
    reader = tiles.MemoryTileReader({path: b64decode(d) for path, d in asked["tiles"].items()})
    report = aics_tlog.audit_tiles(reader, asked["size"], b64decode(asked["root"]))
    return {"tiles": report.tiles, "bundles": report.bundles}


def opened(asked: dict[str, Any]) -> dict[str, Any]:
    """Check a checkpoint: signed by the log, seen by the quorum of witnesses."""
    note = aics_tlog.parse_note(b64decode(asked["data"]))
    result = aics_tlog.verify_checkpoint(
        note,
        aics_tlog.parse_vkey(asked["log"]),
        [aics_tlog.parse_vkey(key) for key in asked["witnesses"]],
        asked["quorum"],
    )
    true(result.ok)
    return {"size": result.size, "root": text(result.root or b""), "seen": result.timestamps}


def true(held: bool) -> dict[str, Any]:
    """Refuse what was not found to be so."""
    if not held:
        raise ValueError("refused")
    return {}


def text(data: bytes) -> str:
    """Return ``data`` in base64."""
    return b64encode(data).decode()


ANSWERS = {
    "build": build,
    "included": included,
    "grown": grown,
    "prove": prove,
    "audit": audit,
    "open": opened,
}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"ok": True, **ANSWERS[question["do"]](question)}
    except (ValueError, OSError) as error:
        answer = {"ok": False, "error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

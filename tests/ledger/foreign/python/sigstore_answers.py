"""Answers questions about inclusion proofs and checkpoints with PyPI ``sigstore``.

Runs in an environment of its own. One JSON object a line comes in, one goes out; bytes are base64.
"""

import json
import sys
from typing import Any

from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint
from sigstore.errors import Error
from sigstore.models import TransparencyLogEntry
from sigstore_models.rekor.v1 import TransparencyLogEntry as Entry


def included(asked: dict[str, Any]) -> dict[str, Any]:
    """Check an inclusion proof of a leaf, and that the checkpoint speaks of the same root."""
    entry = {
        "logIndex": str(asked["index"]),
        "logId": {"keyId": ""},
        "kindVersion": {"kind": "record", "version": "1"},
        "canonicalizedBody": asked["leaf"],
        "inclusionProof": {
            "logIndex": str(asked["index"]),
            "treeSize": str(asked["size"]),
            "rootHash": asked["root"],
            "hashes": asked["proof"],
            "checkpoint": {"envelope": asked["note"]},
        },
    }
    verify_merkle_inclusion(TransparencyLogEntry(Entry.from_dict(entry)))
    return {}


def checkpoint(asked: dict[str, Any]) -> dict[str, Any]:
    """Read a signed checkpoint."""
    found = SignedCheckpoint.from_text(asked["note"])
    return {
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.log_size,
        "root": found.checkpoint.log_hash,
        "extensions": found.checkpoint.other_content,
        "names": [signature.name for signature in found.signed_note.signatures],
    }


ANSWERS = {"included": included, "checkpoint": checkpoint}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"ok": True, **ANSWERS[question["do"]](question)}
    except (Error, ValueError) as error:
        answer = {"ok": False, "error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

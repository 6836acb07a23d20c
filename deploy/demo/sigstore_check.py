# pyright: basic, reportMissingImports=false
"""Check the records of a bundle with PyPI ``sigstore``: code that nobody here wrote.

Runs in an environment of its own (``foreign.py``), with nothing of this house beside it::

    python sigstore_check.py BUNDLE.zip POLICY

Each record must be in the tree of a checkpoint that its log signed with a key of the policy. Ends with
0; with 1 and the first record that is not. What sigstore does not know is left to ``sigill-verify``:
witnesses, whether the case is whole, and whether the decision follows.
"""

import sys
import zipfile
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore.errors import Error
from sigstore.models import TransparencyLogEntry
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails
from sigstore_models.rekor.v1 import TransparencyLogEntry as Entry

HEADER = "c2sp.org/tlog-proof@v1"
KEY_ID_BYTES = 32
ED25519 = 1


def keys_in(policy: str) -> dict[str, tuple[str, RekorKeyring]]:
    """Return for each log of a C2SP policy the hash of its key, and the key, by the log's name."""
    found: dict[str, tuple[str, RekorKeyring]] = {}
    for line in policy.splitlines():
        words = line.split()
        if words[:1] != ["log"]:
            continue
        name, key_hash, encoded = words[1].split("+", 2)
        kind, public = b64decode(encoded)[0], b64decode(encoded)[1:]
        if kind != ED25519:
            continue
        der = Ed25519PublicKey.from_public_bytes(public).public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        known = PublicKey(raw_bytes=b64encode(der), key_details=PublicKeyDetails.PKIX_ED25519)
        found[name] = key_hash, RekorKeyring(Keyring([known]))
    return found


def check(
    record: bytes, proof: str, position: int, keys: dict[str, tuple[str, RekorKeyring]]
) -> None:
    """Do nothing when the record at ``position`` is in a log whose checkpoint one of ``keys`` signed.

    Raises:
        Error: sigstore says no.
        ValueError: It is no proof of that record, or of a log that nobody knows.
    """
    head, _, note = proof.partition("\n\n")
    header, index, *hashes = head.split("\n")
    if header != HEADER or index != f"index {position - 1}":
        raise ValueError("no proof of this record")
    signed = SignedCheckpoint.from_text(note).checkpoint
    if signed.origin not in keys:
        raise ValueError(f"no key of {signed.origin} is known")
    key_hash, keyring = keys[signed.origin]
    root = b64encode(bytes.fromhex(signed.log_hash)).decode()
    key_id = b64encode(bytes.fromhex(key_hash).ljust(KEY_ID_BYTES, b"\0")).decode()
    entry = TransparencyLogEntry(
        Entry.from_dict(
            {
                "logIndex": str(position - 1),
                "logId": {"keyId": key_id},
                "kindVersion": {"kind": "record", "version": "1"},
                "canonicalizedBody": b64encode(record).decode(),
                "inclusionProof": {
                    "logIndex": str(position - 1),
                    "treeSize": str(signed.log_size),
                    "rootHash": root,
                    "hashes": hashes,
                    "checkpoint": {"envelope": note},
                },
            }
        )
    )
    verify_merkle_inclusion(entry)
    verify_checkpoint(keyring, entry)


def main(bundle: Path, policy: Path) -> int:
    """Check every record of ``bundle``; return how to end."""
    keys = keys_in(policy.read_text())
    with zipfile.ZipFile(bundle) as files:
        records = [path for path in files.namelist() if path.startswith("records/")]
        for path in records:
            place = path.removeprefix("records/").removesuffix(".json")
            proof = files.read(f"proofs/{place}.tlog-proof").decode()
            try:
                check(files.read(path), proof, int(place.rpartition("/")[2]), keys)
            except (Error, ValueError) as error:
                why = str(error).partition(":")[0]
                sys.stdout.write(f"refused: {place}: {why}\n")
                return 1
    sys.stdout.write(f"verified: {len(records)} records are in logs that {len(keys)} keys sign\n")
    return 0 if records else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

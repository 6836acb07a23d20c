"""The issuer's signing key: made once per data folder, readable by its owner only."""

import json
import os
from pathlib import Path

from joserfc.jwk import ECKey, KeySet

ALGORITHM = "ES256"
_CURVE = "P-256"


def signing_keys(folder: Path) -> KeySet:
    """Return the private keys kept in ``folder``, made there when there are none."""
    place = folder / "signing-keys.json"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ECKey.generate_key(_CURVE, {"alg": ALGORITHM, "use": "sig"}, auto_kid=True)
        write_secret(place, json.dumps(KeySet([key]).as_dict(private=True)))
    return KeySet.import_key_set(json.loads(place.read_text()))


def write_secret(place: Path, text: str) -> None:
    """Write ``text`` to ``place``, whole or not at all, for its owner's eyes."""
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(place)

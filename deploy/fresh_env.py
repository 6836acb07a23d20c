"""Write ``.env`` for ``docker-compose.yml``: ``.env.example``, each empty name filled with fresh bytes.

Needs nothing but Python. A file that is there stays as it is: its secrets are in use.
"""

import re
import secrets
import sys
from base64 import b64encode
from pathlib import Path

_EMPTY = re.compile(r"([A-Z_]+)=")
_KEY_BYTES = 32


def filled(example: str) -> str:
    """Return ``example`` with a fresh secret after each name that has no value."""
    return "".join(f"{_line(line)}\n" for line in example.splitlines())


def write(place: Path, example: Path) -> bool:
    """Write ``place``, for its owner's eyes; return False when it was there already."""
    try:
        place.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    place.write_text(filled(example.read_text()))
    return True


def _line(line: str) -> str:
    """Return ``line``, filled. A vault's key is 32 bytes in base64; all else goes into addresses."""
    found = _EMPTY.fullmatch(line)
    if found is None:
        return line
    if found[1].endswith("_VAULT_MASTER_KEY"):
        return f"{line}{b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"
    return f"{line}{secrets.token_hex(24)}"


if __name__ == "__main__":
    checkout = Path(__file__).resolve().parents[1]
    fresh = write(checkout / ".env", checkout / ".env.example")
    sys.stdout.write(".env: written\n" if fresh else ".env: is there, and stays as it is\n")

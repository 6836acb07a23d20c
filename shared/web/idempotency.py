"""Which command a request is: the caller's key, and a digest of what was asked."""

import re
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from shared.web.problem import Problem

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
KEY_CHARS_MAX: Final = 255
QUOTED: Final = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
BODY: Final = "sigill.body"
"""Where the strict front keeps the body it has read, in the scope of the request."""


def parse_key(value: str | None) -> str:
    """Return the caller's key: a quoted string (as the IETF draft has it) or bare.

    ``"abc"`` and ``abc`` are one key.

    Raises:
        Problem: 400 when there is none, or when it is not 1 to 255 visible ASCII characters.
    """
    key = (value or "").strip(" \t")
    if not key:
        raise Problem(400, "idempotency_key_missing")
    if key.startswith('"'):
        quoted = QUOTED.fullmatch(key)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if len(key) > KEY_CHARS_MAX or VISIBLE.fullmatch(key) is None:
        raise Problem(400, "idempotency_key_malformed")
    return key


def command_id(person: UUID, key: str) -> UUID:
    """GEN-4: return the command's id; a key counts for its own actor only."""
    return uuid5(person, key)


def digest(method: str, path: str, body: bytes) -> UUID:
    """Return the digest of what was asked: the same key with another digest is told apart."""
    asked = b"\0".join((method.encode(), path.encode(), body))
    return UUID(bytes=sha256(asked).digest()[:16])

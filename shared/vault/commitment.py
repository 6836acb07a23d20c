"""The commitment that stands in a record in place of a sealed text. Pure."""

from hashlib import sha256

import orjson

_CONTEXT = b"asf-sealed-v1\x00"


def canonical(value: str) -> bytes:
    """RFC 8785: return the canonical JSON of ``value``.

    Raises:
        TypeError: The text holds half of a character (a lone surrogate).
    """
    return orjson.dumps(value)


def commitment(event_type: str, field: str, salt: bytes, value: str) -> str:
    """Return the commitment to ``value``: 64 hexadecimal digits, meaningless without ``salt``.

    The salt is 32 bytes from chance, fresh for each value: a plain hash could be found by trying.
    """
    names = event_type.encode() + b"\x00" + field.encode() + b"\x00"
    return sha256(_CONTEXT + names + salt + canonical(value)).hexdigest()

"""What may stand in a line of a C2SP text: decimals and base64, each value in one form only.

Two texts that mean the same would be two texts to sign, so every other form is refused.
"""

import re
from base64 import b64decode, b64encode
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import HASH_BYTES, SIZE_MAX

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SHOWN_MAX: Final = 60


def decimal(text: str, what: str) -> int:
    """Return the number that ``text`` writes: ASCII digits, no leading zero, at most 2**63 - 1.

    Raises:
        MalformedError: It writes none; the message names ``what``.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > SIZE_MAX:
        raise MalformedError(f"{what} is no decimal: {text[:_SHOWN_MAX]!r}")
    return int(text)


def base64_of(data: bytes) -> str:
    """Return ``data`` in base64. RFC 4648 section 4, padded."""
    return b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """Return the bytes that ``text`` writes, in the one way in which base64 writes them.

    Raises:
        MalformedError: White space, another alphabet, missing padding, stray bits at the end.
    """
    try:
        data = b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedError(f"{what} is no base64") from error
    if base64_of(data) != text:
        raise MalformedError(f"{what} is no canonical base64")
    return data


def hash_from(text: str, what: str) -> bytes:
    """Return the SHA-256 hash that ``text`` writes in base64.

    Raises:
        MalformedError: It writes something else.
    """
    data = from_base64(text, what)
    if len(data) != HASH_BYTES:
        raise MalformedError(f"{what} has {len(data)} bytes and not {HASH_BYTES}")
    return data


def text_from(data: bytes, what: str, *, bytes_max: int) -> str:
    """Return ``data`` as text: UTF-8 without control characters but newline.

    Raises:
        MalformedError: Something else, or more than ``bytes_max``.
    """
    if len(data) > bytes_max:
        raise MalformedError(f"{what} has {len(data)} bytes, more than {bytes_max}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{what} is not UTF-8") from error
    if any(mark < " " and mark != "\n" for mark in set(text)):
        raise MalformedError(f"{what} has control characters")
    return text

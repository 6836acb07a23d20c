"""Decimals, base64, hashes, texts and JSON: each value in one form only. docs/ledger.md."""

import binascii
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

from verify.refused import MalformedError

COUNT_MAX: Final = 2**63 - 1
HASH_BYTES: Final = 32
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no integer")


_READER: Final = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number)
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def decimal(text: str) -> int:
    """Return the number that ``text`` writes without sign or leading zero.

    Raises:
        MalformedError: It writes none, or one above 2**63 - 1.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > COUNT_MAX:
        raise MalformedError(f"no decimal: {text[:40]!r}")
    return int(text)


def from_base64(text: str) -> bytes:
    """Return the bytes that ``text`` writes in canonical base64 with padding.

    Raises:
        MalformedError: It is written otherwise.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"))
    except ValueError as error:
        raise MalformedError("no base64") from error
    if b64encode(data).decode() != text:
        raise MalformedError("no canonical base64")
    return data


def hash_from(text: str) -> bytes:
    """Return the 32 bytes that ``text`` writes in base64.

    Raises:
        MalformedError: It writes something else.
    """
    data = from_base64(text)
    if len(data) != HASH_BYTES:
        raise MalformedError(f"a hash of {len(data)} bytes")
    return data


def from_hex(text: str, *, size: int) -> bytes:
    """Return the ``size`` bytes that ``text`` writes in lowercase hexadecimal.

    Raises:
        MalformedError: It writes something else.
    """
    if len(text) != 2 * size or not _HEX.fullmatch(text):
        raise MalformedError(f"no {size} bytes in hexadecimal")
    return bytes.fromhex(text)


def text_from(data: bytes, what: str) -> str:
    """Return ``data`` as text: UTF-8, and no control character but newline.

    Raises:
        MalformedError: It is something else.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{what} is not UTF-8") from error
    if _CONTROL.search(text):
        raise MalformedError(f"{what} has control characters")
    return text


def canonical_json(value: object) -> bytes:
    """RFC 8785: return the canonical bytes, for ASCII keys and integers only.

    Raises:
        MalformedError: A text with half a character, or nested too deeply.
    """
    try:
        return _WRITER.encode(value).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise MalformedError("a text with half a character, or nested too deeply") from error


def object_from(data: bytes, what: str, *, canonical: bool = True) -> Mapping[str, Any]:
    """Return the JSON object that ``data`` writes.

    Raises:
        MalformedError: It writes none, a number that is no integer, or, where it must be canonical,
            not in its canonical form (so no key twice either).
    """
    try:
        value = _READER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{what} is no JSON as it should be") from error
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is no JSON object")
    if canonical and canonical_json(cast("object", value)) != data:
        raise MalformedError(f"{what} is not in canonical form")
    return cast("dict[str, Any]", value)

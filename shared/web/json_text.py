"""JSON as strictly as it can be read: one text has one meaning for every reader (RFC 8259, 7493)."""

import json
import math
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, cast

from shared.contracts.base import INTEGER_MAX
from shared.web.problem import Problem

DEPTH_MAX: Final = 16
KEYS_MAX: Final = 2_000
KEY_CHARS_MAX: Final = 128
INTEGER_CHARS_MAX: Final = 17
"""Of the largest integer with its sign."""


def checked_json(body: bytes) -> bytes:
    """Return ``body``, with its texts in NFC; the very same bytes when they were so already.

    Raises:
        Problem: 400: it is no JSON, or JSON that two readers could understand differently:
            a key twice, NaN, Infinity, integers beyond 2^53, NUL, half a character; or it is
            nested more than ``DEPTH_MAX`` deep, or has more than ``KEYS_MAX`` keys.
    """
    try:
        text = body.decode()
        keys = _Keys()
        value: Any = json.loads(
            text,
            object_pairs_hook=keys.object_of,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise Problem(400, "json_too_deep") from error
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
        raise Problem(400, "json_malformed") from error
    normal = _normal(value, 1)
    if text.isascii() and "\\u" not in text:
        return body
    return body if normal == value else json.dumps(normal, ensure_ascii=False).encode()


class _Keys:
    """Counts the keys of one document."""

    def __init__(self) -> None:
        self.count = 0

    def object_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return the object of ``pairs``, none of which may have the key of another."""
        self.count += len(pairs)
        if self.count > KEYS_MAX or any(len(key) > KEY_CHARS_MAX for key, _ in pairs):
            raise Problem(400, "json_too_many_keys")
        found = {unicodedata.normalize("NFC", key): value for key, value in pairs}
        if len(found) < len(pairs):
            raise Problem(400, "json_duplicate_key")
        return dict(pairs)


def _refuse_constant(_: str) -> Any:
    """Refuse NaN, Infinity and -Infinity."""
    raise Problem(400, "json_not_a_number")


def _integer(digits: str) -> int:
    """Return the integer, which every reader keeps exactly."""
    if len(digits) > INTEGER_CHARS_MAX or abs(value := int(digits)) > INTEGER_MAX:
        raise Problem(400, "json_number_too_large")
    return value


def _float(digits: str) -> float:
    """Return the number, which is finite."""
    value = float(digits)
    if not math.isfinite(value):
        raise Problem(400, "json_number_too_large")
    return value


def _normal(value: Any, depth: int) -> Any:
    """Return ``value`` with its texts in NFC."""
    match value:
        case str():
            return normal_text(value)
        case dict() | list() if depth > DEPTH_MAX:
            raise Problem(400, "json_too_deep")
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return {normal_text(key): _normal(each, depth + 1) for key, each in pairs}
        case list():
            return [_normal(each, depth + 1) for each in cast("Sequence[Any]", value)]
        case _:
            return value


def normal_text(text: str) -> str:
    """Return ``text`` in NFC.

    Raises:
        Problem: 400: it holds NUL or a lone surrogate, which no text of people does.
    """
    if "\x00" in text:
        raise Problem(400, "text_malformed")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Problem(400, "text_malformed") from error
    return unicodedata.normalize("NFC", text)

"""What is wrong with a malformed request, and where. Nothing of the input is repeated."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict
from pydantic_core.core_schema import ErrorType

FAULTS_MAX: Final = 50
PLACES: Final[Mapping[str, str]] = {"path": "path", "query": "query", "header": "header"}
OUR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")

SENTENCES: Final[Mapping[str, str]] = {
    "missing": "This is required.",
    "extra_forbidden": "There is a field here that this operation does not know.",
    "string_too_short": "At least {min_length} characters are expected.",
    "string_too_long": "At most {max_length} characters are expected.",
    "too_short": "At least {min_length} items are expected.",
    "too_long": "At most {max_length} items are expected.",
    "greater_than": "A number above {gt} is expected.",
    "greater_than_equal": "A number from {ge} on is expected.",
    "less_than": "A number below {lt} is expected.",
    "less_than_equal": "A number up to {le} is expected.",
    "enum": "One of these is expected: {expected}.",
    "literal_error": "One of these is expected: {expected}.",
    "string_pattern_mismatch": "The text does not have the expected form.",
    "string_type": "A text is expected.",
    "int_type": "A whole number is expected.",
    "int_parsing": "A whole number is expected.",
    "int_from_float": "A whole number is expected.",
    "bool_type": "True or false is expected.",
    "bool_parsing": "True or false is expected.",
    "list_type": "A list is expected.",
    "uuid_type": "An identifier (UUID) is expected.",
    "uuid_parsing": "An identifier (UUID) is expected.",
    "date_parsing": "A day is expected: YYYY-MM-DD.",
    "date_type": "A day is expected: YYYY-MM-DD.",
    "date_from_datetime_parsing": "A day is expected: YYYY-MM-DD.",
    "datetime_parsing": "An instant is expected: RFC 3339.",
    "datetime_type": "An instant is expected: RFC 3339.",
    "datetime_from_date_parsing": "An instant is expected: RFC 3339.",
    "timezone_aware": "An instant with its offset is expected: RFC 3339.",
    "model_attributes_type": "An object is expected.",
}
CODES: Final[Mapping[str, str]] = {
    "date_from_datetime_parsing": "day_malformed",
    "date_parsing": "day_malformed",
    "date_type": "day_malformed",
    "datetime_from_date_parsing": "instant_malformed",
    "datetime_parsing": "instant_malformed",
    "datetime_type": "instant_malformed",
}
"""Kinds of pydantic that tell how it tried to read what our own codes name (``body``)."""

DEFAULT: Final = "The value is not valid here."
THEIRS: Final[frozenset[str]] = frozenset(get_args(ErrorType))
"""Error types of pydantic, whose messages may repeat the input; other types are our own."""


class Fault(BaseModel):
    """One fault of a request. Exactly one of ``pointer`` and ``parameter`` says where.

    Attributes:
        pointer: RFC 6901, into the body, as a URI fragment; ``#`` is the whole body.
        parameter: Where outside the body: ``path``, ``query`` or ``header``, and the name.
        code: Machine-readable kind of the fault.
    """

    model_config = ConfigDict(frozen=True)

    detail: str
    code: str
    pointer: str | None = None
    parameter: str | None = None


def faults(errors: Sequence[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Return what ``errors`` of FastAPI say, in their order, at most ``FAULTS_MAX``."""
    return tuple(_fault(error) for error in errors[:FAULTS_MAX])


def _fault(error: Mapping[str, Any]) -> Fault:
    """Return one fault. Total, whatever the validator says."""
    kind = str(error.get("type", ""))
    where: list[Any] = [*error.get("loc", ())]
    detail, code = _sentence(kind, error), CODES.get(kind, kind)
    if where and where[0] in PLACES:
        name = str(where[1]) if len(where) > 1 else ""
        return Fault(detail=detail, code=code, parameter=f"{where[0]} {name}".strip())
    return Fault(detail=detail, code=code, pointer=_pointer(kind, where[1:]))


def _sentence(kind: str, error: Mapping[str, Any]) -> str:
    """Return a sentence for a person: ours for pydantic's kinds, the validator's for ours."""
    if kind not in THEIRS:
        return str(error.get("msg", DEFAULT))
    limits: Mapping[str, Any] = error.get("ctx") or {}
    try:
        return SENTENCES.get(kind, DEFAULT).format_map(limits)
    except KeyError:
        return DEFAULT


def _pointer(kind: str, where: Sequence[Any]) -> str:
    """RFC 6901: return the place in the body, up to the last name that is ours.

    An unknown field's name and the keys of a free mapping are the caller's own words.
    """
    ours = list(where)
    if kind == "extra_forbidden":
        ours = ours[:-1]
    if ours and ours[-1] == "[key]":
        ours = ours[:-2]
    path = ""
    for part in ours:
        if not isinstance(part, int) and not OUR_NAME.fullmatch(str(part)):
            break
        path += f"/{part}"
    return f"#{path}"

"""The criteria and constants that decisions are replayed by: documents known by their SHA-256."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from verify.forms import object_from
from verify.refused import MalformedError, UntrustedError

PUBLISHED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "policy-1": "4d6f1b47515ef93d77eaed08d35c62180edab833e6af5232bf5331394c25cf95",
        "scheme-v1": "154a755c017b2d0272cf34c81e69a9a532861eded477915ff55b3e79ce2c8b57",
    }
)
"""By name, as docs/bundle.md prints them. A later one is named by whoever verifies."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """One version of the scheme, as far as rules rest on it.

    Attributes:
        codes: Each must have its result.
        emphasised: Where any nonconformity withholds approval.
        items: Ids of the items of each, by code.
    """

    codes: frozenset[str]
    emphasised: frozenset[str]
    items: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Constants:
    """One version of the constants, as far as rules rest on them."""

    comment_window_days: int
    validity_years: int


def check_published(name: str, data: bytes, published: Mapping[str, str]) -> None:
    """Return when ``data`` is the document that was published as ``name``.

    Raises:
        UntrustedError: It is another, or nobody who is trusted here knows it.
    """
    if name not in published:
        raise UntrustedError(f"{name} is not known here: say what was published, with --published")
    if sha256(data).hexdigest() != published[name]:
        raise UntrustedError(f"{name} is not the document that was published")


def criteria_from(data: bytes) -> Criteria:
    """Return the criteria in a published scheme.

    Raises:
        MalformedError: It is none.
    """
    body = object_from(data, "a scheme")
    try:
        items: dict[str, tuple[str, ...]] = {}
        for item in body["items"]:
            items[item["criterion"]] = (*items.get(item["criterion"], ()), item["item_id"])
        return Criteria(frozenset(body["criteria"]), frozenset(body["emphasised"]), items)
    except (KeyError, TypeError) as error:
        raise MalformedError("no scheme") from error


def constants_from(data: bytes) -> Constants:
    """Return the constants in a published policy.

    Raises:
        MalformedError: It is none.
    """
    body: Mapping[str, Any] = object_from(data, "a policy of constants")
    try:
        return Constants(int(body["comment_window_days"]), int(body["validity_years"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("no policy of constants") from error

"""In which language the caller wants to read: Swedish, unless English is preferred."""

import re
from typing import Annotated, Final, Literal, TypeAlias

from fastapi import Header, Response

Language: TypeAlias = Literal["sv", "en"]
RANGE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*[qQ]=([01](?:\.\d{0,3})?)\s*)?",
    re.ASCII,
)
HEADER_CHARS_MAX: Final = 512


def preferred(header: str | None) -> Language:
    """RFC 9110 section 12.5.4: return the language; what is malformed counts for nothing. Total."""
    weights: dict[str, float] = {}
    for part in (header or "")[:HEADER_CHARS_MAX].split(","):
        if (found := RANGE.fullmatch(part)) is not None:
            name, weight = found[1].lower(), float(found[2] or 1)
            weights[name] = max(weight, weights.get(name, 0.0))
    anything = weights.get("*", 0.0)
    return "en" if weights.get("en", anything) > weights.get("sv", anything) else "sv"


def language(
    response: Response,
    header: Annotated[str | None, Header(alias="Accept-Language")] = None,
) -> Language:
    """Return the language to answer in, and say so in the answer. A dependency."""
    chosen = preferred(header)
    response.headers["Content-Language"] = chosen
    response.headers["Vary"] = "Accept-Language"
    return chosen

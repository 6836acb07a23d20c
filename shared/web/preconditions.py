"""Which version the caller saw, and which there is now (RFC 9110 section 13)."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import FastAPI, Header, Request, Response

from shared.eventlog import Answer, Look
from shared.web.problem import Problem

ENTITY_TAG: Final = re.compile(r'"(\d{1,18})"', re.ASCII)
ENTITY_TAGS: Final = re.compile(
    r'\*|(?:W/)?"[\x21\x23-\x7e]*"(?:[ \t]*,[ \t]*(?:W/)?"[\x21\x23-\x7e]*")*'
)
HEADER_CHARS_MAX: Final = 1_024


def if_match(value: Annotated[str | None, Header(alias="If-Match")] = None) -> int:
    """Return the stream version the caller saw.

    Raises:
        Problem: 428 when the caller named none, 400 when it is no version of ours.
    """
    if value is None:
        raise Problem(428, "if_match_required")
    if (tag := ENTITY_TAG.fullmatch(value)) is None:
        raise Problem(400, "if_match_malformed")
    return int(tag[1])


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caller has in hand already: ``If-None-Match``, or ``None``."""

    tags: str | None

    def has(self, version: int) -> bool:
        """Return whether the caller has ``version``; tags are compared weakly."""
        if self.tags is None:
            return False
        return self.tags == "*" or f'"{version}"' in re.findall(r'"[^"]*"', self.tags)


def if_none_match(value: Annotated[str | None, Header(alias="If-None-Match")] = None) -> Seen:
    """Return what the caller has in hand already.

    Raises:
        Problem: 400 when the header holds something else than entity tags.
    """
    if value is not None and (
        len(value) > HEADER_CHARS_MAX or ENTITY_TAGS.fullmatch(value) is None
    ):
        raise Problem(400, "if_none_match_malformed")
    return Seen(value)


class Unchanged(Exception):  # noqa: N818 -- an answer, not an error
    """The caller has this version already: 304."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


def tell(response: Response, answer: Answer, *, location: str | None = None) -> None:
    """Put what became of a command into ``response``: version, position, and where it is now."""
    response.headers["ETag"] = f'"{answer.version}"'
    response.headers["Log-Position"] = str(answer.position)
    response.headers["Cache-Control"] = "no-store"
    if location is not None:
        response.headers["Location"] = location


def show(response: Response, look: Look, seen: Seen) -> None:
    """Put the version of a single resource into ``response``.

    Raises:
        Unchanged: The caller has that version already; the answer is 304 without a body.
    """
    if seen.has(look.version):
        raise Unchanged(look.version)
    response.headers["ETag"] = f'"{look.version}"'
    response.headers["Log-Position"] = str(look.position)
    response.headers["Cache-Control"] = "private, no-cache"


def render_unchanged(app: FastAPI) -> None:
    """Make ``app`` answer ``Unchanged`` with 304."""

    async def unchanged(_: Request, answer: Exception) -> Response:
        assert isinstance(answer, Unchanged)
        headers = {"ETag": f'"{answer.version}"', "Cache-Control": "private, no-cache"}
        return Response(status_code=304, headers=headers)

    app.add_exception_handler(Unchanged, unchanged)

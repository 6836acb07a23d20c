"""Lists in pages: the next one begins after the last key of this one. Never by offset."""

import re
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from shared.web.problem import Problem

POSITION: Final = re.compile(r"[0-9]{1,18}")
"""What a cursor looks like that is a number."""

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
AFTER_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is asked for.

    Attributes:
        limit: How many entries, 1 to ``LIMIT_MAX``.
        after: Key of the last entry of the page before; ``None`` for the first page.
    """

    limit: int
    after: str | None

    @property
    def fetch(self) -> int:
        """Return how many rows to select: one more than shown, to see whether a page follows."""
        return self.limit + 1


def page(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    after: Annotated[
        str | None, Query(min_length=1, max_length=AFTER_CHARS_MAX, pattern=r"^[\x21-\x7e]+$")
    ] = None,
) -> Page:
    """Return which page is asked for. A dependency."""
    return Page(limit, after)


def number_after(page: Page) -> int:
    """Return the number that the page begins after; 0 for the first page.

    Raises:
        Problem: 400: the cursor is none of ours.
    """
    if page.after is not None and not POSITION.fullmatch(page.after):
        raise Problem(400, "request_malformed")
    return int(page.after or 0)


def link_next(request: Request, response: Response, page: Page, *, after: str | None) -> None:
    """RFC 8288: put the address of the next page into ``response``; ``None``: there is none.

    The other parameters of the query stay as they are.
    """
    if after is None:
        return
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in {"limit", "after"}]
    query = urlencode([*kept, ("limit", str(page.limit)), ("after", after)])
    response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'

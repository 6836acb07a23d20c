"""Where a page ended, of which question and as of what, as the opaque text that names it in an address."""

import base64
from datetime import datetime
from typing import Final

from services.audit.queries import Place
from services.audit.views.as_of import LOGS, Vector, vector_from, vector_text
from shared.contracts.base import INTEGER_MAX, instant_text
from shared.web import Problem

BAD_REQUEST: Final = 400
CURSOR_CHARS_MAX: Final = 6_000
OTHER_QUESTION: Final = (
    "What `after` names is a page of another question: ask this one from its start."
)


def cursor_of(place: Place, as_of: Vector, question: str) -> str:
    """Return ``place`` and ``as_of`` as the opaque text that names them in an address.

    Args:
        place: Where the page ended.
        as_of: As of what it was read.
        question: Digest of what was asked; see ``check_question``.
    """
    at = instant_text(place.at)
    return encoded(f"{at}|{place.log}|{place.position}|{question}|{vector_text(as_of)}")


def place_of(cursor: str, question: str) -> tuple[Place, Vector]:
    """Return the place that ``cursor`` names, and as of what its page was read.

    Raises:
        Problem: 400: it is none of ours, or of another question than ``question``.
    """
    try:
        at, log, position, said, sizes = decoded(cursor).split("|")
        place = Place(datetime.fromisoformat(at), log, number_of(position))
        as_of = vector_from(sizes)
        ours = log in LOGS and cursor_of(place, as_of, said) == cursor
    except (ValueError, OverflowError) as error:
        raise Problem(BAD_REQUEST, "request_malformed") from error
    if not ours:
        raise Problem(BAD_REQUEST, "request_malformed")
    check_question(said, question)
    return place, as_of


def check_question(said: str, question: str) -> None:
    """AUD-1: refuse a cursor of another question: its pages would leave records out, and nobody would see it.

    Raises:
        Problem: 400: ``said``, in the cursor, is the digest of something else than ``question``.
    """
    if said != question:
        raise Problem(BAD_REQUEST, "request_malformed", OTHER_QUESTION)


def encoded(text: str) -> str:
    """Return ``text`` so that it needs no escapes in an address."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """Return the text that was encoded as ``cursor``.

    Raises:
        ValueError: It is none.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True).decode()


def number_of(cursor: str) -> int:
    """Return the position that ``cursor`` names.

    Raises:
        Problem: 400: it is none.
    """
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= INTEGER_MAX):
        raise Problem(BAD_REQUEST, "request_malformed")
    return int(cursor)

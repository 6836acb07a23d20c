"""The instant that is asked about: now, an instant of the past, or the end of a day."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Query

from shared.contracts.swedish_time import end_of_day
from shared.web import Problem
from shared.web.validation import Fault

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII
)
MOMENT: Final = timedelta(microseconds=1)
YEARS: Final = range(2018, 2200)
"""The scheme began in 2018; a day far beyond would be no day that a calendar can add to."""

FAULT: Final = Fault(
    detail="A day (YYYY-MM-DD) or an instant with its offset (RFC 3339) is expected.",
    code="instant_malformed",
    parameter="query at",
)


@dataclass(frozen=True, slots=True)
class When:
    """Which instant is asked about.

    Attributes:
        named: Whether the caller named it; else it is now.
    """

    at: datetime
    named: bool


def asked_at(now: Callable[[], datetime]) -> Callable[..., When]:
    """Return the dependency that reads ``?at=``; without it, now is meant.

    A day stands for its last instant in Sweden. A plus sign that the query has turned into a
    space is understood.
    """

    def read(
        at: Annotated[
            str | None,
            Query(
                max_length=40,
                description="A day, or an RFC 3339 instant; what is true then by all that is on "
                "record now. Without it: now.",
                examples=["2019-06-18", "2021-06-19T23:59:59+02:00"],
            ),
        ] = None,
    ) -> When:
        if at is None:
            return When(now(), named=False)
        return When(_instant(at.replace(" ", "+")), named=True)

    return read


def _instant(text: str) -> datetime:
    """Return the instant written as ``text``.

    Raises:
        Problem: 422: it is none, or lies outside all time that certificates know.
    """
    try:
        if DAY.fullmatch(text):
            day = date.fromisoformat(text)
            if day.year in YEARS:
                return end_of_day(day) - MOMENT
        elif INSTANT.fullmatch(text):
            at = datetime.fromisoformat(text)
            if at.year in YEARS:
                return at.astimezone(UTC)
    except ValueError:
        pass
    raise Problem(422, "request_malformed", errors=(FAULT,))

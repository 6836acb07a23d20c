"""The form of what people send: unknown fields are refused, and every value is what it says it is.

A number is no day and no text, a text is no number: what would have to be guessed is not taken.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.contracts.wording import shows_something

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YEARS: Final = range(1900, 2200)
"""Beyond them there is nothing to note, and no calendar to add months to (SV-7)."""


def _visible(text: str) -> str:
    """Refuse a text that says nothing."""
    if not shows_something(text):
        raise PydanticCustomError("text_blank", "A text that says something is expected.")
    return text


def _one_line(text: str) -> str:
    """Refuse what a letter or a certificate cannot show in one line: breaks, hidden marks."""
    if not text.isprintable():
        raise PydanticCustomError("text_not_printable", "One line of visible text is expected.")
    return text


def _written_day(value: Any) -> Any:
    """Refuse what is no text, or more than a day."""
    if isinstance(value, int | float) or (isinstance(value, str) and not DAY.fullmatch(value)):
        raise PydanticCustomError("day_malformed", "A day is expected: YYYY-MM-DD.")
    return value


def _written_instant(value: Any) -> Any:
    """Refuse what is no text."""
    if isinstance(value, int | float):
        raise PydanticCustomError("instant_malformed", "An instant is expected: RFC 3339.")
    return value


def check_period(first: date | datetime, last: date | datetime) -> None:
    """Refuse a period that ends before it begins; for the validators of bodies that have one."""
    if last < first:
        raise PydanticCustomError(
            "period_reversed", "A period that ends no earlier than it begins is expected."
        )


def _near(day: date | datetime) -> Any:
    """Refuse a year that nothing here lies in."""
    if day.year not in YEARS:
        first, last = YEARS.start, YEARS.stop - 1
        raise PydanticCustomError(
            "year_out_of_range",
            "A year from {first} to {last} is expected.",
            {"first": first, "last": last},
        )
    return day


Digits: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]+$", max_length=64)]
"""A number kept as text, e.g. of an organisation: ASCII digits only, leading zeros count."""

Text: TypeAlias = Annotated[str, AfterValidator(_visible)]
"""Words, in as many lines as it takes."""

Line: TypeAlias = Annotated[Text, AfterValidator(_one_line)]
"""A name or a title."""

Day: TypeAlias = Annotated[date, BeforeValidator(_written_day), AfterValidator(_near)]
"""A calendar day, in Europe/Stockholm (SV-6)."""

Moment: TypeAlias = Annotated[
    AwareDatetime, BeforeValidator(_written_instant), AfterValidator(_near)
]
"""An instant with its offset."""


class Body(BaseModel):
    """A request's body. It says neither who nor when: the edge knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

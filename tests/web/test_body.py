"""What a body may hold: each value is written as what it is, and nothing is guessed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.web import Body, Day, Line, Moment, Text
from shared.web.validation import faults


class Sent(Body):
    """One value of each kind."""

    day: Day = date(2019, 1, 1)
    moment: Moment = datetime(2019, 1, 1, tzinfo=UTC)
    line: Line = "A name"
    text: Text = "Words"


def code_of(**sent: Any) -> str:
    """Return the code of the one fault of a body."""
    with pytest.raises(ValidationError) as caught:
        Sent(**sent)
    (fault,) = faults(
        [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    )
    assert fault.pointer == f"#/{next(iter(sent))}"
    return fault.code


@pytest.mark.parametrize("day", ["1900-01-01", "2019-11-01", "2199-12-31"])
def test_a_day_is_written_as_a_day(day: str) -> None:
    """SV-8: ISO dates."""
    assert Sent.model_validate({"day": day}).day == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (0, "day_malformed"),
        (1_556_668_800, "day_malformed"),
        (True, "day_malformed"),
        ("2019-05-01T00:00:00", "day_malformed"),
        ("2019-05-01T00:00:00Z", "day_malformed"),
        ("1556668800", "day_malformed"),
        ("2019-5-1", "day_malformed"),
        ("\uff12\uff10\uff11\uff19-05-01", "day_malformed"),
        ("2019-02-30", "day_malformed"),
        ("0001-01-01", "year_out_of_range"),
        ("1899-12-31", "year_out_of_range"),
        ("2200-01-01", "year_out_of_range"),
        ("9999-12-31", "year_out_of_range"),
    ],
)
def test_nothing_else_is_taken_for_a_day(day: Any, code: str) -> None:
    """SV-7: to a day of the year 9999 no calendar can add months, and no view could show it."""
    assert code_of(day=day) == code


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (0, "instant_malformed"),
        (1.5, "instant_malformed"),
        ("2019-01-01T00:00:00", "timezone_aware"),
        ("2019-01-01T00:00:00+99:00", "instant_malformed"),
        ("0001-01-01T00:00:00+14:00", "year_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "year_out_of_range"),
    ],
)
def test_nothing_else_is_taken_for_an_instant(moment: Any, code: str) -> None:
    """SV-6: an instant says its offset, and can be told in UTC."""
    assert code_of(moment=moment) == code


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u200b", "\u00a0\u2003", "\u202e", "\ufeff"])
def test_a_text_says_something(blank: str) -> None:
    """GEN-2: what cannot be seen is no text."""
    assert code_of(text=blank) == code_of(line=blank) == "text_blank"


@pytest.mark.parametrize("hidden", ["a\nb", "a\r\nBcc: b", "\u202egnp.exe", "a\u200bb", "a\x1bb"])
def test_a_name_is_one_line_that_can_be_seen(hidden: str) -> None:
    """House: a name stands in letters, in headers of mail and on certificates."""
    assert code_of(line=hidden) == "text_not_printable"
    assert Sent(text=hidden).text == hidden

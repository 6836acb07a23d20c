"""Days and deadlines in Sweden, against the domain pages and the zone's own odd days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.swedish_time import (
    add_months,
    add_years,
    end_of_day,
    local_day,
    start_of_day,
)

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2019, 11, 1), datetime(2019, 11, 1, 23, tzinfo=UTC)),
        (date(2019, 5, 15), datetime(2019, 5, 15, 22, tzinfo=UTC)),
        (date(2021, 6, 19), datetime(2021, 6, 19, 22, tzinfo=UTC)),
        (date(2020, 1, 2), datetime(2020, 1, 2, 23, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_in_stockholm(day: date, end: datetime) -> None:
    """SV-6: 1 November 2019 ends at 23:00Z; in summer two hours before midnight UTC."""
    assert end_of_day(day) == end


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2019, 10, 31), 4, date(2020, 2, 29)),
        (date(2019, 1, 15), 4, date(2019, 5, 15)),
        (date(2018, 12, 31), 2, date(2019, 2, 28)),
        (date(2020, 3, 31), -1, date(2020, 2, 29)),
    ],
)
def test_months_are_clipped_to_the_last_day(day: date, months: int, later: date) -> None:
    """SV-7: 31 October plus four months is the last day of February."""
    assert add_months(day, months) == later


def test_two_years_after_a_leap_day_is_the_28th() -> None:
    """SV-7, CER-4: 2024-02-29 plus 2 years is 2026-02-28."""
    assert add_years(date(2024, 2, 29), 2) == date(2026, 2, 28)


@given(DAYS)
def test_a_day_is_the_instants_between_its_start_and_its_end(day: date) -> None:
    """SV-6: also on the days with 23 and 25 hours."""
    start, end = start_of_day(day), end_of_day(day)
    assert local_day(start) == local_day(end - timedelta(microseconds=1)) == day
    assert local_day(end) == day + timedelta(days=1)
    assert end - start in {timedelta(hours=h) for h in (23, 24, 25)}


@given(DAYS, st.integers(0, 60))
def test_months_never_skip_into_a_later_month(day: date, months: int) -> None:
    """SV-7: the month is the one counted to, whatever the day."""
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day

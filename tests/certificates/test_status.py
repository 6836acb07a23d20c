"""The status of a certificate is a pure function of what is on record and the instant asked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.commands.certificate import IssueCertificate
from services.certificates.decider.certificate import decider
from shared.contracts.certificate_status import Status, Validity, status, validity
from shared.contracts.certificates import CertificateIssued
from shared.contracts.swedish_time import STOCKHOLM, end_of_day, local_day
from tests.certificates.facts import ISSUED_AT, NUMBER, issued, prepared

MOMENT = timedelta(microseconds=1)
instants = st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 -- the zone is added by the strategy
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001 -- as above
    timezones=st.just(UTC),
)


def local(text: str) -> datetime:
    """Return the instant that a clock in Stockholm shows as ``text``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm"))


def issue(at: datetime) -> CertificateIssued:
    """Return what the rules make of an issue at ``at``."""
    [event] = decider.decide(IssueCertificate(NUMBER, at), decider.fold([prepared]))
    assert isinstance(event, CertificateIssued)
    return event


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2019-06-18 12:00:00", None),
        ("2019-06-19 09:59:59", None),
        ("2019-06-19 10:00:00", Status.ACTIVE),
        ("2021-06-19 23:59:59", Status.ACTIVE),
        ("2021-06-20 00:00:00", Status.EXPIRED),
        ("2029-01-01 00:00:00", Status.EXPIRED),
    ],
)
def test_a_certificate_is_active_from_its_issue_to_the_end_of_its_last_day(
    at: str, expected: Status | None
) -> None:
    """CER-5: golden scenario G1, steps 16 to 20, without any timer."""
    assert status(validity(issued), local(at)) == expected


@given(instants)
def test_validity_begins_with_the_issue_and_ends_at_local_midnight(at: datetime) -> None:
    """CER-4: around changes of the clock, leap days and midnights alike."""
    event = issue(at)
    when = validity(event)
    assert status(when, at) == Status.ACTIVE
    assert status(when, at - MOMENT) is None
    assert status(when, when.until_at - MOMENT) == Status.ACTIVE
    assert status(when, when.until_at) == Status.EXPIRED
    midnight = when.until_at.astimezone(STOCKHOLM)
    assert (midnight.hour, midnight.minute, midnight.second, midnight.microsecond) == (0, 0, 0, 0)
    assert local_day(when.until_at - MOMENT) == event.valid_until


@given(instants)
def test_valid_until_is_the_same_day_two_years_on_or_the_last_of_february(at: datetime) -> None:
    """CER-4, SV-7: 29 February becomes 28 February, and nothing else moves."""
    event = issue(at)
    first, last = event.valid_from, event.valid_until
    assert last.year == first.year + 2
    leap = (first.month, first.day) == (2, 29)
    assert (last.month, last.day) == ((2, 28) if leap else (first.month, first.day))


@given(instants, instants, st.integers(min_value=0, max_value=10**9))
def test_an_expired_certificate_never_becomes_active_again(
    issued_at: datetime, at: datetime, later_s: int
) -> None:
    """CER-7: time goes one way through the words."""
    order = [None, Status.ACTIVE, Status.EXPIRED]
    when = validity(issue(issued_at))
    after = at + timedelta(seconds=later_s)
    assert order.index(status(when, at)) <= order.index(status(when, after))


@pytest.mark.parametrize(
    ("day_of_issue", "hours"),
    [("2019-03-31", 23), ("2019-10-27", 25), ("2019-06-19", 24)],
)
def test_a_day_has_the_length_that_the_swedish_clock_gives_it(
    day_of_issue: str, hours: int
) -> None:
    """SV-6: on the days of the change of clocks the last day is an hour shorter or longer."""
    day = datetime.fromisoformat(day_of_issue).date()
    length = end_of_day(day) - end_of_day(day - timedelta(days=1))
    assert length == timedelta(hours=hours)
    last = Validity(from_at=ISSUED_AT, until_at=end_of_day(day))
    assert status(last, local(f"{day_of_issue} 23:59:59.999999")) in {Status.ACTIVE, None}
    assert status(last, local(f"{day + timedelta(days=1)} 00:00:00")) != Status.ACTIVE

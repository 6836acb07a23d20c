"""ADR-0030: in its own log a service knows every event, or a newer release of it said it."""

import pytest

from shared.contracts.catalogue import NewerVersionError, event_heard, event_recorded, reading
from shared.contracts.record import Record, decode
from tests.verify.synthetic import CASE, event_of, record


@pytest.fixture
def known() -> Record:
    """A record of notify, of a type and version that are known."""
    said = event_of("asf/notify", CASE)
    return decode(record("asf/notify", "notification-1", 1, None, said, CASE))


def test_what_is_not_known_in_the_own_log_is_a_newer_releases(known: Record) -> None:
    """ADR-0030: a type as well as a version, whoever of the service reads it."""
    own = reading("notify")
    for newer in (known._replace(type="NotificationPraised"), known._replace(schema=99)):
        for read in (own, event_recorded):
            with pytest.raises(NewerVersionError, match=newer.type):
                read(newer)


def test_what_others_say_and_is_not_known_leads_to_nothing(known: Record) -> None:
    """ADR-0025: nobody owes anything on a fact that they have never heard of."""
    strange = known._replace(type="NotificationPraised")
    assert reading("intake")(strange) is event_heard(strange) is None
    with pytest.raises(NewerVersionError):
        reading("intake")(known._replace(schema=99))

"""The register, what holders hold, and what will expire."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel

from services.certificates.commands.certificate import ExpireCertificate
from services.certificates.views.expiry import expire, expiry, expiry_keys
from services.certificates.views.holding import Holding, holding, holding_keys
from services.certificates.views.register import (
    RegisterEntry,
    published,
    register_entry,
    register_keys,
)
from shared.contracts.base import Event
from shared.contracts.certificate_status import Status
from shared.contracts.certificates_public import Holder
from shared.decider import Asked
from shared.eventlog.views import Due
from tests.certificates.facts import (
    ALFA,
    CERTIFICATE,
    CONSENTED_AT,
    ENDED_AT,
    ISSUED_AT,
    NUMBER,
    agreed,
    cleared,
    expired,
    granted,
    issued,
    listed,
    prepared,
    unlisted,
)

KEY = str(CERTIFICATE)


def entry_after(*events: Event) -> RegisterEntry:
    """Return the entry of the register after ``events``."""
    entry = None
    for event in events:
        entry = register_entry(entry, event, KEY)
    assert entry is not None
    return entry


def holding_after(*events: Event) -> Holding:
    """Return the holding after ``events``."""
    kept = None
    for event in events:
        kept = holding(kept, event, KEY)
    assert kept is not None
    return kept


def test_the_register_begins_with_the_issue_and_not_with_the_intent() -> None:
    """K-14: what is pending stands in no register."""
    assert register_keys(prepared) == ()
    assert register_keys(issued) == (KEY,)


def test_a_name_stands_in_public_under_consent_and_not_otherwise() -> None:
    """CER-10, CER-19: and leaves again when consent is withdrawn."""
    holder = Holder(
        organisation_number=ALFA, organisation_name="Alfa ekonomisk förening", scheme="v1"
    )
    assert published(entry_after(issued)).holder is None
    assert published(entry_after(issued, listed)).holder == holder
    assert published(entry_after(issued, listed, unlisted)).holder is None


def test_what_is_published_is_true_of_its_own_instant() -> None:
    """CER-11: status, validity and instant belong together."""
    first = published(entry_after(issued))
    assert (first.number, first.status, first.valid) == (NUMBER, Status.ACTIVE, True)
    assert (first.at, first.valid_from_at, first.valid_until_at) == (ISSUED_AT, ISSUED_AT, ENDED_AT)
    assert published(entry_after(issued, listed)).at == CONSENTED_AT
    last = published(entry_after(issued, listed, expired))
    assert (last.status, last.valid, last.at) == (Status.EXPIRED, False, ENDED_AT)


def test_a_late_timer_turns_no_clock_back() -> None:
    """GEN-5: consent was given after the end, and the end was recorded after that."""
    after = listed.model_copy(update={"given_at": ENDED_AT + timedelta(hours=1)})
    waiting = published(entry_after(issued, after))
    assert (waiting.status, waiting.at) == (Status.EXPIRED, after.given_at)
    assert published(entry_after(issued, after, expired)) == waiting


def test_a_holder_sees_what_is_pending() -> None:
    """CER-3: prepared, and waiting for agreement and fee."""
    pending = holding_after(prepared)
    assert (pending.number, pending.validity, pending.listed) == (None, None, False)
    held = holding_after(prepared, issued, listed)
    assert held.validity is not None
    assert (held.number, held.validity.until_at, held.listed) == (NUMBER, ENDED_AT, True)
    assert holding_after(prepared, issued, listed, unlisted).listed is False


def test_what_will_expire_is_due_at_the_end_of_its_last_day() -> None:
    """PM-13: and the row leaves when the end is on record."""
    due = expiry(None, issued, KEY)
    assert due == Due(at=ENDED_AT, key=KEY, kind="expiry", stream=f"certificate-{KEY}")
    assert expire(due) == Asked(f"certificate-{KEY}", ExpireCertificate(at=ENDED_AT))
    assert expiry(due, expired, KEY) is None


@pytest.mark.parametrize("keys", [register_keys, holding_keys, expiry_keys])
@pytest.mark.parametrize("event", [granted, agreed, cleared])
def test_an_issuance_concerns_no_view(
    keys: Callable[[Event], tuple[str, ...]], event: Event
) -> None:
    """House: process managers are nobody's list."""
    assert keys(event) == ()


def test_each_view_hears_of_what_changes_it() -> None:
    """House: an event that a view must know and does not hear would be lost for ever."""
    everything = (prepared, issued, listed, unlisted, expired)
    assert [bool(register_keys(e)) for e in everything] == [False, True, True, True, True]
    assert [bool(holding_keys(e)) for e in everything] == [True, True, True, True, False]
    assert [bool(expiry_keys(e)) for e in everything] == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("evolve", "history"),
    [
        (register_entry, (issued, listed, unlisted, expired)),
        (holding, (prepared, issued, listed, unlisted)),
        (expiry, (issued, expired)),
    ],
)
def test_replaying_the_same_event_changes_nothing(
    evolve: Callable[[BaseModel | None, Event, str], BaseModel | None], history: tuple[Event, ...]
) -> None:
    """House: a page may be applied again after a crash."""
    document = None
    for event in history:
        document = evolve(document, event, KEY)
        assert evolve(document, event, KEY) == document


@pytest.mark.parametrize("evolve", [register_entry, holding])
def test_an_event_before_its_opening_stops_the_view(
    evolve: Callable[[BaseModel | None, Event, str], BaseModel | None],
) -> None:
    """House: our mistake; the view calls for help and does not skip."""
    with pytest.raises(AssertionError, match="before"):
        evolve(None, listed, KEY)

"""An application as it is read."""

from datetime import date
from functools import reduce

import pytest

from services.intake.views.application import ApplicationRow, applications
from shared.contracts.base import Event
from shared.contracts.intake import (
    ApplicationDeferred,
    ApplicationRejected,
    DeferralCode,
    GroupPlaceTaken,
    IndependenceReviewFlagged,
    InvoiceSettled,
    PlaceAccepted,
    PlaceOffered,
    PreCertificationFailed,
    WaitingListJoined,
)
from tests.intake import facts
from tests.intake.facts import APPLICATION, LATER, MONDAY, ROUND

KEY = str(APPLICATION)
place = PlaceOffered(
    round_id=ROUND, application_id=APPLICATION, stands_until=LATER, offered_at=LATER
)
waits = WaitingListJoined(round_id=ROUND, application_id=APPLICATION, joined_at=LATER)
accepted = PlaceAccepted(
    round_id=ROUND, application_id=APPLICATION, signatory_id=facts.SIGNATORY, accepted_at=LATER
)
settled = InvoiceSettled(
    invoice_id=facts.INVOICE,
    application_id=APPLICATION,
    organisation_number=facts.ALFA,
    settled_at=LATER,
)
in_group = GroupPlaceTaken(application_id=APPLICATION, group_id=facts.GROUP, taken_at=LATER)
flagged = IndependenceReviewFlagged(application_id=APPLICATION, flagged_at=MONDAY)
failed = PreCertificationFailed(
    application_id=APPLICATION, reason="Skäl.", language="sv", evidence=(), decided_at=MONDAY
)
decided = {
    "application_id": APPLICATION,
    "organisation_number": facts.ALFA,
    "round_id": ROUND,
    "screener_id": facts.LEADER,
    "reason": "Skäl.",
    "language": "sv",
    "evidence": (),
}
deferred = ApplicationDeferred(
    codes=(DeferralCode.TRAINING,),
    return_on=date(2020, 5, 1),
    actions="Gå kursen.",
    deferred_at=LATER,
    **decided,
)
rejected = ApplicationRejected(rejected_at=LATER, **decided)
whole: tuple[Event, ...] = (
    *facts.drafted,
    flagged,
    failed,
    facts.passed,
    *facts.in_screening[len(facts.drafted) :],
    facts.admitted,
    place,
    accepted,
    facts.has_document,
    facts.signed,
    facts.countersigned,
    facts.issued,
    settled,
    facts.enrolled,
    in_group,
)


def after(*events: Event) -> ApplicationRow:
    """Return the row after ``events``, each of which concerns it."""
    row: ApplicationRow | None = None
    for event in events:
        assert applications.keys(event) == (KEY,)
        row = applications.evolve(row, event, KEY)
    assert row is not None
    return row


def test_the_row_follows_an_application_from_interest_to_group() -> None:
    """Q-075: where it stands and since when; no words, no names of people."""
    row = after(*whole)
    shown = row.application
    assert (shown.status, row.place, row.fee) == ("enrolled", "accepted", "settled")
    assert (shown.precertification, shown.flagged) == ("passed", True)
    assert shown.sections == ("organisation", "definition", "operation", "prospects", "readiness")
    assert (shown.signatory_id, shown.hours_per_month) == (facts.SIGNATORY, 20)
    assert (shown.group_id, shown.agreement, shown.has_document) == (facts.GROUP, "1", True)
    text = row.model_dump_json()
    assert "Kontaktperson" not in text
    assert "Skäl" not in text


@pytest.mark.parametrize("event", whole)
def test_replaying_an_event_changes_nothing(event: Event) -> None:
    """House: at least once is enough."""
    upto = whole[: whole.index(event) + 1]
    assert after(*upto, event) == after(*upto)


@pytest.mark.parametrize(
    ("events", "outcome"), [((deferred,), "deferred"), ((rejected,), "rejected")]
)
def test_a_no_is_shown_as_the_no_that_it_is(events: tuple[Event, ...], outcome: str) -> None:
    """Q-076: deferred is not rejected."""
    shown = after(*facts.in_screening, *events).application
    assert shown.status == outcome
    assert shown.decision is not None
    assert shown.decision.outcome == outcome


def test_a_place_may_have_to_be_waited_for() -> None:
    """RND-5: in order of admission."""
    assert after(*facts.is_admitted, waits).place == "waiting"


def test_an_event_before_the_interest_stops_the_view() -> None:
    """House: our mistake calls for help, and is not skipped."""
    for event in (facts.told, place):
        with pytest.raises(AssertionError, match="before InterestRegistered"):
            applications.evolve(None, event, KEY)


def test_events_of_other_matters_concern_no_application() -> None:
    """House: a view reads what it needs."""
    assert applications.keys(facts.opened) == ()
    row = after(facts.interested)
    assert applications.evolve(row, facts.opened, KEY) == row


def test_the_row_is_its_json() -> None:
    """House: what is stored is read back the same."""
    row = reduce(lambda r, e: applications.evolve(r, e, KEY), whole, None)
    assert row is not None
    assert ApplicationRow.model_validate_json(row.model_dump_json()) == row

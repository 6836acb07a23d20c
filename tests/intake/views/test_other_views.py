"""Rounds, deadlines, groups, invoices, surveys and costs as they are read."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.commands.round import CloseRound
from services.intake.views.cost import cost
from services.intake.views.group import groups
from services.intake.views.invoice import invoices
from services.intake.views.round import rounds
from services.intake.views.round_deadline import round_deadlines
from services.intake.views.survey import survey_document
from shared.contracts.base import Event
from shared.contracts.intake import (
    GroupSizeDeviationApproved,
    GroupStarted,
    InvoiceSettled,
    OrganisationInvited,
    PaymentRegistered,
    PlaceAccepted,
    PlaceOffered,
    RoundStarted,
    SupervisorAssigned,
    TrainerAssigned,
    WaitingListJoined,
)
from shared.contracts.survey import SURVEY_V1
from shared.decider import Asked
from shared.eventlog.views import View
from tests.intake import facts
from tests.intake.facts import ALFA, DEADLINE, GROUP, INVOICE, LATER, PAYMENT, ROUND, application

invited = OrganisationInvited(
    round_id=ROUND, application_id=application(1), organisation_number=ALFA, invited_at=LATER
)


def offered(number: int) -> PlaceOffered:
    """Return the fact that one of several was offered a place."""
    return PlaceOffered(
        round_id=ROUND, application_id=application(number), stands_until=LATER, offered_at=LATER
    )


accepted = PlaceAccepted(
    round_id=ROUND, application_id=application(1), signatory_id=facts.SIGNATORY, accepted_at=LATER
)
waits = WaitingListJoined(round_id=ROUND, application_id=application(3), joined_at=LATER)
whole_round: tuple[Event, ...] = (
    *facts.is_open,
    invited,
    facts.closed,
    offered(1),
    offered(2),
    waits,
    accepted,
    RoundStarted(round_id=ROUND, started_at=LATER),
)
whole_group: tuple[Event, ...] = (
    facts.formed,
    *facts.members(3),
    GroupSizeDeviationApproved(
        group_id=GROUP, members=3, reason="Pilot.", language="sv", evidence=(), approved_at=LATER
    ),
    SupervisorAssigned(
        group_id=GROUP, supervisor_id=facts.SUPERVISOR, application_ids=(), assigned_at=LATER
    ),
    TrainerAssigned(
        group_id=GROUP, trainer_id=facts.TRAINER, application_ids=(), assigned_at=LATER
    ),
    GroupStarted(
        group_id=GROUP,
        round_id=ROUND,
        application_ids=(),
        supervisor_ids=(),
        trainer_ids=(),
        started_at=LATER,
    ),
)
whole_invoice: tuple[Event, ...] = (
    facts.issued,
    PaymentRegistered(
        invoice_id=INVOICE,
        payment_id=PAYMENT,
        application_id=facts.APPLICATION,
        paid_ore=375_000,
        paid_on=date(2018, 12, 14),
        registered_at=LATER,
    ),
    InvoiceSettled(
        invoice_id=INVOICE,
        application_id=facts.APPLICATION,
        organisation_number=ALFA,
        settled_at=LATER,
    ),
)
every_view = pytest.mark.parametrize(
    ("view", "key", "events"),
    [
        (rounds, str(ROUND), whole_round),
        (groups, str(GROUP), whole_group),
        (invoices, str(INVOICE), whole_invoice),
    ],
    ids=["rounds", "groups", "invoices"],
)


def after(view: View[Any], key: str, *events: Event) -> Any:
    """Return the document after ``events``, each of which concerns it."""
    document = None
    for event in events:
        assert view.keys(event) == (key,)
        document = view.evolve(document, event, key)
    return document


@every_view
def test_replaying_an_event_changes_nothing(
    view: View[Any], key: str, events: tuple[Event, ...]
) -> None:
    """House: at least once is enough."""
    for n in range(1, len(events) + 1):
        assert after(view, key, *events[:n], events[n - 1]) == after(view, key, *events[:n])


@every_view
def test_an_event_before_the_opening_stops_the_view(
    view: View[Any], key: str, events: tuple[Event, ...]
) -> None:
    """House: our mistake calls for help, and is not skipped."""
    with pytest.raises(AssertionError, match="before"):
        view.evolve(None, events[1], key)


@every_view
def test_a_document_is_its_json_and_others_concern_it_not(
    view: View[Any], key: str, events: tuple[Event, ...]
) -> None:
    """House: what is stored is read back the same."""
    document = after(view, key, *events)
    assert view.document.model_validate_json(document.model_dump_json()) == document
    assert view.keys(facts.interested) == ()


def test_a_round_shows_terms_deadline_and_places() -> None:
    """Q-126, SV-6: the deadline is an instant, the rest are days and numbers."""
    shown = after(rounds, str(ROUND), *whole_round)
    assert (shown.status, shown.deadline_at, shown.scheme) == ("running", DEADLINE, "v1")
    assert shown.invited == (application(1),)
    assert [offer.accepted for offer in shown.offers] == [True, False]
    assert shown.waiting == (application(3),)


@pytest.mark.parametrize(
    ("count", "status"), [(1, "draft"), (4, "announced"), (5, "open"), (7, "closed")]
)
def test_a_round_goes_through_its_stages(count: int, status: str) -> None:
    """RND-3: draft, announced, open, closed."""
    assert after(rounds, str(ROUND), *whole_round[:count]).status == status


def test_a_group_shows_everyone_in_it() -> None:
    """GRP-4: members in the order of joining, people ascending."""
    shown = after(groups, str(GROUP), *whole_group)
    assert [m.application_id for m in shown.members] == [application(n) for n in range(3)]
    assert (shown.supervisor_ids, shown.trainer_ids) == ((facts.SUPERVISOR,), (facts.TRAINER,))
    assert (shown.deviations, shown.status) == ((3,), "running")


def test_an_invoice_shows_what_is_owed_and_paid() -> None:
    """INV-1: both sums; part paid until all has come."""
    shown = after(invoices, str(INVOICE), *whole_invoice)
    assert (shown.net_ore, shown.vat_ore, shown.gross_ore) == (300_000, 75_000, 375_000)
    assert (shown.paid_ore, shown.status) == (375_000, "settled")
    assert after(invoices, str(INVOICE), *whole_invoice[:2]).status == "part_paid"


def test_a_round_is_due_to_close_from_its_opening_to_its_closing() -> None:
    """GEN-6: the row says the deadline, and leaves when the round is closed."""
    view = round_deadlines.view
    assert view.keys(facts.plan) == ()
    assert view.keys(facts.opened) == view.keys(facts.closed) == (str(ROUND),)
    due = view.evolve(None, facts.opened, str(ROUND))
    assert due is not None
    assert (due.at, due.kind) == (DEADLINE, "round_deadline")
    assert round_deadlines.command(due) == Asked(f"round-{ROUND}", CloseRound(DEADLINE))
    assert view.evolve(due, facts.closed, str(ROUND)) is None


def test_the_cost_is_shown_before_and_with_vat_and_own_hours_apart() -> None:
    """G2, T4: 3,680 SEK before VAT, 4,600 with it."""
    shown = cost(fee_ore=300_000, sis_document_ore=68_000, vat_percent=25, own_hours=80)
    assert (shown.total.net_ore, shown.total.gross_ore) == (368_000, 460_000)
    assert (shown.fee.gross_ore, shown.sis_document.gross_ore) == (375_000, 85_000)
    assert shown.own_hours == 80


def test_a_survey_shows_answers_what_is_missing_and_their_history() -> None:
    """Q-072: each section's latest answers, and where every earlier set stands."""
    first = facts.answered("readiness")
    again = facts.answered("readiness", screen=False)
    shown = survey_document((facts.interested, first, again), SURVEY_V1)
    (section,) = shown.sections
    assert section.answers["screen"] is False
    assert section.versions == (2, 3)
    assert "organisation_number" in shown.missing
    assert "screen" not in shown.missing
    assert survey_document((), SURVEY_V1).missing == SURVEY_V1.missing(())


def test_the_advice_of_a_survey_decides_nothing() -> None:
    """Q-074, process 6: a high wage ratio and every no are worth a talk; nothing else is."""
    doubtful = facts.survey(
        wage_ratio_tenths=26, closed_financial_year=False, profit_reinvested=False
    )
    shown = survey_document(doubtful, SURVEY_V1)
    assert shown.advice == ("profit_reinvested", "closed_financial_year", "wage_ratio_tenths")
    assert survey_document(facts.survey(wage_ratio_tenths=25), SURVEY_V1).advice == ()
    assert survey_document((), SURVEY_V1).advice == ()


def test_instants_of_a_round_are_utc() -> None:
    """SV-6: 2018-12-07 24:00 in Stockholm is 23:00Z."""
    assert datetime(2018, 12, 7, 23, 0, tzinfo=UTC) == DEADLINE

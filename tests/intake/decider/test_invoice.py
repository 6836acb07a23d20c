"""Invoices: whole öre, the round's fee, numbers without gaps."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.intake.commands.invoice import (
    IssueInvoice,
    Line,
    LineKind,
    RegisterPayment,
    TakeInvoiceNumber,
)
from services.intake.commands.money import vat
from services.intake.decider import invoiceseries
from services.intake.decider.invoice import decider
from shared.contracts.intake import InvoiceNumberTaken, InvoiceSettled, PaymentRegistered
from shared.testing import Scenario
from tests.intake.facts import ALFA, APPLICATION, INVOICE, LATER, OTHER_APPLICATION, PAYMENT, issued

invoice = Scenario(decider)
series = Scenario(invoiceseries.decider)

FEE = Line(LineKind.CERTIFICATION_FEE, 300_000)
DOCUMENT = Line(LineKind.SIS_DOCUMENT, 68_000)
issue = IssueInvoice(
    invoice_id=INVOICE,
    application_id=APPLICATION,
    organisation_number=ALFA,
    number=1,
    lines=(FEE,),
    fee_ore=300_000,
    vat_percent=25,
    at=LATER,
)
settled = InvoiceSettled(
    invoice_id=INVOICE, application_id=APPLICATION, organisation_number=ALFA, settled_at=LATER
)


def pay(ore: int, payment_id: UUID = PAYMENT) -> RegisterPayment:
    """Return the wish to register ``ore``."""
    return RegisterPayment(payment_id, ore, date(2018, 12, 10), LATER)


def paid(ore: int, payment_id: UUID = PAYMENT) -> PaymentRegistered:
    """Return the fact that ``ore`` arrived."""
    return PaymentRegistered(
        invoice_id=INVOICE,
        payment_id=payment_id,
        application_id=APPLICATION,
        paid_ore=ore,
        paid_on=date(2018, 12, 10),
        registered_at=LATER,
    )


@pytest.mark.parametrize(
    ("net", "percent", "expected"),
    [(300_000, 25, 75_000), (2, 25, 1), (1, 25, 0), (68_000, 25, 17_000), (5, 10, 1), (4, 12, 0)],
)
def test_vat_is_whole_ore_rounded_half_up(net: int, percent: int, expected: int) -> None:
    """INV-1, SV-5: per line."""
    assert vat(net, percent) == expected


def test_the_fee_of_the_round_is_invoiced_before_and_with_vat() -> None:
    """INV-1, INV-3, G2: 300,000 + 75,000 öre."""
    invoice.when(issue).then(issued)
    invoice.given(issued).when(issue).then_nothing()


def test_vat_is_computed_on_each_line() -> None:
    """INV-1: two lines of 2 öre carry 1 öre each."""
    halves = replace(issue, lines=(replace(FEE, net_ore=2), replace(FEE, net_ore=2)), fee_ore=4)
    invoice.when(halves).then(issued.model_copy(update={"net_ore": 4, "vat_ore": 2}))


def test_the_sis_document_is_never_invoiced() -> None:
    """INV-3, G2: SIS sells it; also when the fee has been invoiced before."""
    both = replace(issue, lines=(FEE, DOCUMENT))
    invoice.when(both).then_refused("third_party_cost")
    invoice.given(issued).when(replace(issue, lines=(DOCUMENT,))).then_refused("third_party_cost")


def test_no_other_sum_than_the_round_s_fee_is_invoiced() -> None:
    """INV-3: neither more nor less, nor before the fee is set."""
    other = replace(issue, lines=(replace(FEE, net_ore=299_999),))
    invoice.when(other).then_refused("fee_not_from_round")
    invoice.when(replace(issue, fee_ore=None)).then_refused("fee_not_from_round")


def test_an_invoice_follows_an_admission() -> None:
    """Q-006: nobody pays for an interest."""
    invoice.when(replace(issue, organisation_number=None)).then_refused("application_not_admitted")


def test_the_fee_is_invoiced_once() -> None:
    """GEN-4: another sum for the same application is another matter."""
    other = replace(issue, lines=(replace(FEE, net_ore=1),), fee_ore=1)
    invoice.given(issued).when(other).then_refused("invoice_exists")


def test_an_invoice_is_settled_when_all_of_it_is_paid() -> None:
    """CER-3: to the last öre; parts add up."""
    given = invoice.given(issued)
    given.when(pay(374_999)).then(paid(374_999))
    given.when(pay(375_000)).then(paid(375_000), settled)
    rest = pay(1, OTHER_APPLICATION)
    given.given(paid(374_999)).when(rest).then(paid(1, OTHER_APPLICATION), settled)


def test_where_nothing_is_owed_nothing_is_waited_for() -> None:
    """CER-3: an invoice of nothing is settled as it is issued; no payment could do it."""
    free = replace(issue, lines=(replace(FEE, net_ore=0),), fee_ore=0)
    nothing = issued.model_copy(update={"net_ore": 0, "vat_ore": 0})
    invoice.when(free).then(nothing, settled)
    invoice.given(nothing, settled).when(free).then_nothing()


def test_money_is_noted_when_it_has_arrived() -> None:
    """CER-3, SV-6: a payment of tomorrow, by the calendar in Sweden, settles nothing today."""
    given = invoice.given(issued)
    tomorrow = replace(pay(375_000), paid_on=date(2018, 12, 11))
    given.when(tomorrow).then_refused("payment_not_arrived")
    late = LATER.replace(hour=23)
    assert given.when(replace(tomorrow, at=late)).refusal is None


def test_a_payment_is_registered_once() -> None:
    """GEN-4: the same payment heard twice is one payment."""
    invoice.given(issued, paid(1)).when(pay(1)).then_nothing()
    done = invoice.given(issued, paid(375_000), settled)
    done.when(pay(375_000)).then_nothing()
    done.when(pay(1, OTHER_APPLICATION)).then_refused("invoice_settled")


def test_nothing_is_paid_on_an_invoice_that_does_not_exist() -> None:
    """GEN-4: there is nothing to pay."""
    invoice.when(pay(1)).then_refused("invoice_not_found")


def test_numbers_run_without_gaps_and_repeats() -> None:
    """INV-2: each invoice the next one."""
    first = InvoiceNumberTaken(number=1, invoice_id=INVOICE, taken_at=LATER)
    take = TakeInvoiceNumber(1, INVOICE, LATER)
    series.when(take).then(first)
    series.given(first).when(take).then_nothing()
    other = TakeInvoiceNumber(1, APPLICATION, LATER)
    series.given(first).when(other).then_refused("invoice_number_taken")
    series.given(first).when(replace(other, number=3)).then_refused("invoice_number_taken")
    following = invoiceseries.decider.fold((first,)).following
    assert series.given(first).when(replace(other, number=following)).refusal is None
    second = first.model_copy(update={"number": 2})
    assert invoiceseries.decider.fold((second, first)).following == 3

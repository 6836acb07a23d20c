"""The rules of an invoice: whole öre, the round's fee, nobody else's costs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.intake.commands.invoice import (
    InvoiceCommand,
    IssueInvoice,
    LineKind,
    RegisterPayment,
)
from services.intake.commands.money import vat
from shared.contracts.intake import (
    InvoiceEvent,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRegistered,
)
from shared.contracts.swedish_time import local_day
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an invoice must remember in order to decide.

    Attributes:
        paid_ore: With VAT, of all payments.
    """

    issued: InvoiceIssued | None = None
    payments: frozenset[UUID] = frozenset()
    paid_ore: int = 0
    settled: bool = False


def decide(command: InvoiceCommand, invoice: Invoice) -> tuple[InvoiceEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case IssueInvoice():
            return _issue(command, invoice)
        case RegisterPayment():
            return _register_payment(command, invoice)
        case _:
            assert_never(command)


def evolve(invoice: Invoice, event: InvoiceEvent) -> Invoice:
    """Return the invoice after ``event``. Total: never raises."""
    match event:
        case InvoiceIssued():
            return replace(invoice, issued=event)
        case PaymentRegistered():
            return replace(
                invoice,
                payments=invoice.payments | {event.payment_id},
                paid_ore=invoice.paid_ore + event.paid_ore,
            )
        case InvoiceSettled():
            return replace(invoice, settled=True)
        case _:
            assert_never(event)


decider = Decider(initial=Invoice(), decide=decide, evolve=evolve)


def _issue(command: IssueInvoice, invoice: Invoice) -> tuple[InvoiceEvent, ...]:
    """INV-1 to INV-3: an admitted ASF is invoiced for the fee of its round, and for that only."""
    if command.organisation_number is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_not_admitted",
            "An invoice follows an admission to a round.",
        )
    if any(line.kind is LineKind.SIS_DOCUMENT for line in command.lines):
        raise Refusal(
            RefusalKind.CONFLICT,
            "third_party_cost",
            "The SIS document is sold by SIS; its price is shown and never invoiced.",
        )
    net_ore = sum(line.net_ore for line in command.lines)
    if net_ore != command.fee_ore:
        raise Refusal(
            RefusalKind.CONFLICT, "fee_not_from_round", "The sum is not the fee of the round."
        )
    if invoice.issued is not None:
        if invoice.issued.net_ore == net_ore:
            return ()
        raise Refusal(
            RefusalKind.CONFLICT, "invoice_exists", "The fee has been invoiced with another sum."
        )
    issued = InvoiceIssued(
        invoice_id=command.invoice_id,
        application_id=command.application_id,
        organisation_number=command.organisation_number,
        number=command.number,
        net_ore=net_ore,
        vat_ore=sum(vat(line.net_ore, command.vat_percent) for line in command.lines),
        issued_at=command.at,
    )
    return (issued,) if net_ore else (issued, _settled(issued, command.at))


def _register_payment(command: RegisterPayment, invoice: Invoice) -> tuple[InvoiceEvent, ...]:
    """CER-3, SV-5: money is noted as it comes; when all of it has come, the fee gate is met."""
    issued = invoice.issued
    if issued is None:
        raise Refusal(RefusalKind.NOT_FOUND, "invoice_not_found", "There is no such invoice.")
    if command.payment_id in invoice.payments:
        return ()
    if invoice.settled:
        raise Refusal(RefusalKind.CONFLICT, "invoice_settled", "The whole invoice is paid.")
    if command.paid_on > local_day(command.at):
        raise Refusal(
            RefusalKind.CONFLICT, "payment_not_arrived", "Money is noted when it has arrived."
        )
    payment = PaymentRegistered(
        invoice_id=issued.invoice_id,
        payment_id=command.payment_id,
        application_id=issued.application_id,
        paid_ore=command.paid_ore,
        paid_on=command.paid_on,
        registered_at=command.at,
    )
    if invoice.paid_ore + command.paid_ore < issued.net_ore + issued.vat_ore:
        return (payment,)
    return (payment, _settled(issued, command.at))


def _settled(issued: InvoiceIssued, at: datetime) -> InvoiceSettled:
    """CER-3: the fee gate is met when nothing is owed, also where nothing ever was."""
    return InvoiceSettled(
        invoice_id=issued.invoice_id,
        application_id=issued.application_id,
        organisation_number=issued.organisation_number,
        settled_at=at,
    )

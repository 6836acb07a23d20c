"""An invoice as it is read: what is owed and what is paid, in whole öre (SV-5)."""

from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Distinct, Event, Instant
from shared.contracts.intake import (
    InvoiceEvent,
    InvoiceIssued,
    InvoiceSettled,
    PaymentRegistered,
)
from shared.eventlog.views import View


class InvoiceDocument(BaseModel):
    """One invoice.

    Attributes:
        gross_ore: With VAT.
        paid_ore: Of all payments so far.
        payment_ids: Ascending.
    """

    model_config = ConfigDict(frozen=True)

    invoice_id: UUID
    application_id: UUID
    organisation_number: str
    number: int
    net_ore: int
    vat_ore: int
    gross_ore: int
    status: Literal["issued", "part_paid", "settled"] = "issued"
    paid_ore: int = 0
    payment_ids: Distinct[UUID] = ()
    issued_at: Instant
    settled_at: Instant | None = None


def invoice_document(document: InvoiceDocument | None, event: InvoiceEvent) -> InvoiceDocument:
    """Return the invoice after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, InvoiceIssued):
        return document or InvoiceDocument(
            invoice_id=event.invoice_id,
            application_id=event.application_id,
            organisation_number=event.organisation_number,
            number=event.number,
            net_ore=event.net_ore,
            vat_ore=event.vat_ore,
            gross_ore=event.net_ore + event.vat_ore,
            issued_at=event.issued_at,
        )
    assert document is not None, f"{type(event).__name__} before InvoiceIssued"
    match event:
        case PaymentRegistered():
            if event.payment_id in document.payment_ids:
                return document
            return document.model_copy(
                update={
                    "status": "part_paid",
                    "paid_ore": document.paid_ore + event.paid_ore,
                    "payment_ids": tuple(sorted((*document.payment_ids, event.payment_id))),
                }
            )
        case InvoiceSettled():
            return document.model_copy(update={"status": "settled", "settled_at": event.settled_at})
        case _:
            assert_never(event)


def _evolve(document: InvoiceDocument | None, event: Event, _key: str) -> InvoiceDocument:
    """Return the invoice after ``event``, which is one of an invoice."""
    assert isinstance(event, InvoiceEvent)
    return invoice_document(document, event)


def _keys(event: Event) -> tuple[str, ...]:
    """Return the invoice that ``event`` is of; ``()`` for the events of other streams."""
    return (str(event.invoice_id),) if isinstance(event, InvoiceEvent) else ()


invoices = View(name="invoices", version=1, document=InvoiceDocument, keys=_keys, evolve=_evolve)

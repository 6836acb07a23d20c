"""What may be asked of an invoice, and of the series of invoice numbers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class LineKind(StrEnum):
    """What a line of an invoice is for."""

    CERTIFICATION_FEE = "certification_fee"
    SIS_DOCUMENT = "sis_document"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in whole öre before VAT."""

    kind: LineKind
    net_ore: int


@dataclass(frozen=True, slots=True)
class IssueInvoice:
    """Invoice an admitted ASF for the round's fee.

    Attributes:
        organisation_number: Of the application; ``None`` when it is not admitted to a round.
            Looked up at the edge, like fee and VAT.
        number: The one that the series gives it in the same append (INV-2).
        fee_ore: The round's fee before VAT; ``None`` while it is not set.
    """

    invoice_id: UUID
    application_id: UUID
    organisation_number: str | None
    number: int
    lines: tuple[Line, ...]
    fee_ore: int | None
    vat_percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RegisterPayment:
    """Register money that arrived, in whole öre with VAT; at least one."""

    payment_id: UUID
    paid_ore: int
    paid_on: date
    at: datetime


InvoiceCommand = IssueInvoice | RegisterPayment


@dataclass(frozen=True, slots=True)
class TakeInvoiceNumber:
    """Give the next number of the series to one invoice.

    Attributes:
        number: The next one, as the caller saw it.
    """

    number: int
    invoice_id: UUID
    at: datetime


InvoiceSeriesCommand = TakeInvoiceNumber

"""Invoice numbers: one series, without gaps or repeats (INV-2)."""

from dataclasses import dataclass
from uuid import UUID

from services.intake.commands.invoice import TakeInvoiceNumber
from shared.contracts.intake import InvoiceNumberTaken
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class InvoiceSeries:
    """How far the series has come.

    Attributes:
        last: The number that was taken last, and by whom; ``None`` before the first.
    """

    last: tuple[int, UUID] | None = None

    @property
    def following(self) -> int:
        """Return the number that is taken next; the first is 1."""
        return self.last[0] + 1 if self.last else 1


def decide(command: TakeInvoiceNumber, series: InvoiceSeries) -> tuple[InvoiceNumberTaken, ...]:
    """INV-2: return that the next number was taken; ``()`` when this invoice took it just now.

    Raises:
        Refusal: It is not the next number any more: look again, and ask for the one after.
    """
    if series.last == (command.number, command.invoice_id):
        return ()
    if command.number != series.following:
        raise Refusal(
            RefusalKind.CONFLICT, "invoice_number_taken", "Another invoice took this number."
        )
    return (
        InvoiceNumberTaken(
            number=command.number, invoice_id=command.invoice_id, taken_at=command.at
        ),
    )


def evolve(series: InvoiceSeries, event: InvoiceNumberTaken) -> InvoiceSeries:
    """Return the series after ``event``. Total: never raises; numbers only rise."""
    if series.last is not None and series.last[0] > event.number:
        return series
    return InvoiceSeries((event.number, event.invoice_id))


decider = Decider(initial=InvoiceSeries(), decide=decide, evolve=evolve)

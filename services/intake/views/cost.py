"""What taking part in a round costs: all of it, before and with VAT, own time apart (Q-060, T4)."""

from pydantic import BaseModel, ConfigDict

from services.intake.commands.money import vat


class Sum(BaseModel):
    """An amount in whole öre."""

    model_config = ConfigDict(frozen=True)

    net_ore: int
    vat_ore: int
    gross_ore: int


class Cost(BaseModel):
    """What a round costs one ASF.

    Attributes:
        fee: To SKOOPI; this is what the invoice says.
        sis_document: To SIS, which sells it: shown here and never invoiced (INV-3).
        own_hours: What preparation usually takes; no part of the sums.
    """

    model_config = ConfigDict(frozen=True)

    currency: str = "SEK"
    fee: Sum
    sis_document: Sum
    total: Sum
    own_hours: int


def cost(*, fee_ore: int, sis_document_ore: int, vat_percent: int, own_hours: int) -> Cost:
    """Q-062, T4: return the whole cost; both sums are given before VAT. Total."""
    fee, document = _sum(fee_ore, vat_percent), _sum(sis_document_ore, vat_percent)
    total = Sum(
        net_ore=fee.net_ore + document.net_ore,
        vat_ore=fee.vat_ore + document.vat_ore,
        gross_ore=fee.gross_ore + document.gross_ore,
    )
    return Cost(fee=fee, sis_document=document, total=total, own_hours=own_hours)


def _sum(net_ore: int, percent: int) -> Sum:
    """Return the amount with its VAT (INV-1)."""
    added = vat(net_ore, percent)
    return Sum(net_ore=net_ore, vat_ore=added, gross_ore=net_ore + added)

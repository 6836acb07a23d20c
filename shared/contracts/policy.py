"""The constants that SKOOPI may change, as versioned data (process.md, section 6)."""

from typing import Final

from shared.contracts.base import Value


class Policy(Value):
    """One version of the constants; every record names the version that applied (GEN-2).

    Attributes:
        group_size_min: With ``group_size_max``, inclusive (GRP-1).
        fee_ore: Of the first rounds, before VAT.
        sis_document_ore: SIS's own price before VAT; shown, never invoiced (INV-3).
        deadline_reminder_days: Days before the deadline, descending.
        offer_days: How long an offer or a place stands.
    """

    version: str
    preparation_months: int
    validity_years: int
    group_size_min: int
    group_size_max: int
    fee_ore: int
    sis_document_ore: int
    vat_percent: int
    place_days: int
    screening_overdue_days: int
    review_overdue_days: int
    deadline_reminder_days: tuple[int, ...]
    comment_window_days: int
    look_back_months: int


POLICY_V1: Final = Policy(
    version="1",
    preparation_months=4,
    validity_years=2,
    group_size_min=5,
    group_size_max=6,
    fee_ore=300_000,
    sis_document_ore=68_000,
    vat_percent=25,
    place_days=14,
    screening_overdue_days=30,
    review_overdue_days=60,
    deadline_reminder_days=(30, 14, 7, 1),
    comment_window_days=10,
    look_back_months=24,
)

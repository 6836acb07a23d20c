"""The statements of audit: the mirror grows, is looked over, and is read in every direction."""

from services.audit.queries.index import Index, Listing
from services.audit.queries.mirror import (
    POSITIONS,
    QUERY_TIMEOUT_S,
    Held,
    Kept,
    Listed,
    Mirror,
    Mirrored,
    MirrorState,
)
from services.audit.queries.reading import HISTORY, IN_ORDER, Archive, visible
from services.audit.queries.shapes import (
    BEGINNING,
    EVER,
    NEVER,
    Cell,
    Histories,
    HistoryRow,
    Order,
    Place,
    Span,
    TooLong,
    Wanted,
    pages,
    whole,
)
from services.audit.views.as_of import LOGS

__all__ = [
    "BEGINNING",
    "EVER",
    "HISTORY",
    "IN_ORDER",
    "LOGS",
    "NEVER",
    "POSITIONS",
    "QUERY_TIMEOUT_S",
    "Archive",
    "Cell",
    "Held",
    "Histories",
    "HistoryRow",
    "Index",
    "Kept",
    "Listed",
    "Listing",
    "Mirror",
    "MirrorState",
    "Mirrored",
    "Order",
    "Place",
    "Span",
    "TooLong",
    "Wanted",
    "pages",
    "visible",
    "whole",
]

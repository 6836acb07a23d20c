"""The index of a mirror that was there before it: listed record by record, until all are."""

import asyncio
from typing import Final

from services.audit.queries import Index, Listing
from services.audit.settings import Settings
from services.audit.views.facets import keys_of
from services.audit.views.parts import parts_of
from shared.contracts.record import decode
from shared.process import Parts
from shared.telemetry import get_logger

PAGE: Final = 500

_logger = get_logger(__name__)


async def list_what_is_not(parts: Parts[Settings]) -> None:
    """List what the index lacks, then wait to be stopped. Safe to repeat; several may run.

    Until it is done a history is not answered: one that leaves something out says nothing true.
    """
    index, listed = Index(parts.pool), 0
    while await list_some(index):
        listed += PAGE
        _logger.info("audit.index_grows", records=listed)
    await asyncio.Event().wait()


async def list_some(index: Index) -> bool:
    """List one page of what the index lacks; return whether there was any."""
    waiting = await index.unlisted(PAGE)
    listings: list[Listing] = []
    for each in waiting:
        record = decode(each.leaf)
        listings.append(
            Listing(
                each.log,
                each.position,
                record.recorded_at,
                record.effective_at,
                keys_of(record),
                parts_of(record),
            )
        )
    await index.list(listings)
    return bool(waiting)

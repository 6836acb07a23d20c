"""Whose cases an answer shows: each reading is remembered there, for the firm concerned to see."""

import asyncio
from collections.abc import Collection
from typing import Final
from uuid import UUID

from shared.web import Edge, Reader

AT_ONCE: Final = 50
"""Entries that are written together."""


async def remember_shown(
    edge: Edge, by: Reader, operation: str, *, stream: str, cases: Collection[UUID]
) -> None:
    """Keep in the access log of each of ``cases`` that it was shown, before it is (House: ADR-0023)."""
    entries = [edge.remember(by, operation, stream=stream, case=case) for case in sorted({*cases})]
    for first in range(0, len(entries), AT_ONCE):
        await asyncio.gather(*entries[first : first + AT_ONCE])

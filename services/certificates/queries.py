"""The statements of certificates: the public register, the count, and what each holder holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.certificates.views.holding import Holding
from services.certificates.views.register import RegisterEntry
from shared.contracts.base import instant_text

QUERY_TIMEOUT_S: Final = 10.0
ENTRIES_READ_MAX: Final = 1_000

LISTED = """
SELECT document FROM register
WHERE listed AND from_at <= $1 AND number > $2
  AND ($3::text IS NULL OR organisation_number = $3)
ORDER BY number LIMIT $4
"""
VALID = """
SELECT count(*) AS count, min(until_at) AS ends_at FROM register
WHERE from_at <= $1 AND until_at > $1
"""
HELD = """
SELECT key, document FROM holding WHERE organisation_number = $1 AND key > $2 ORDER BY key LIMIT $3
"""
ENTRIES = "SELECT key, position, document FROM register WHERE key > $1 ORDER BY key LIMIT $2"


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry of the register, and the position of the last event in it."""

    key: str
    position: int
    entry: RegisterEntry


async def listed_entries(
    pool: Any, *, at: datetime, after: str, organisation_number: str | None, limit: int
) -> tuple[RegisterEntry, ...]:
    """Return certificates issued by ``at`` whose holders are listed now, by number.

    Args:
        pool: Of connections.
        at: The instant asked about.
        after: The number of the last one before them; ``""`` for the first page.
        organisation_number: Only those of this firm; ``None`` for all.
        limit: At most so many.
    """
    rows = await pool.fetch(
        LISTED, instant_text(at), after, organisation_number, limit, timeout=QUERY_TIMEOUT_S
    )
    return tuple(RegisterEntry.model_validate_json(row["document"]) for row in rows)


async def count_valid(pool: Any, *, at: datetime) -> tuple[int, datetime | None]:
    """CER-5: return how many certificates are valid at ``at``, and when the first of them ends."""
    row = await pool.fetchrow(VALID, instant_text(at), timeout=QUERY_TIMEOUT_S)
    ends_at = row["ends_at"]
    return row["count"], None if ends_at is None else datetime.fromisoformat(ends_at)


async def held_by(
    pool: Any, organisation_number: str, *, after: str, limit: int
) -> tuple[tuple[str, Holding], ...]:
    """Return what a firm holds, with its keys, after the key ``after``, at most ``limit``."""
    rows = await pool.fetch(HELD, organisation_number, after, limit, timeout=QUERY_TIMEOUT_S)
    return tuple((row["key"], Holding.model_validate_json(row["document"])) for row in rows)


async def whole_register(pool: Any) -> dict[str, KeptEntry]:
    """Return every entry of the register, by key. O(number of certificates)."""
    found: dict[str, KeptEntry] = {}
    after = ""
    while True:
        rows = await pool.fetch(ENTRIES, after, ENTRIES_READ_MAX, timeout=QUERY_TIMEOUT_S)
        for row in rows:
            after = row["key"]
            entry = RegisterEntry.model_validate_json(row["document"])
            found[after] = KeptEntry(after, row["position"], entry)
        if len(rows) < ENTRIES_READ_MAX:
            return found

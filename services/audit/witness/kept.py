"""What the witness keeps for ever: every checkpoint that it cosigned, and what speaks against a log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.eventlog.connection import Pool
from shared.ledger.errors import DisprovedError
from shared.ledger.note import parse_note

QUERY_TIMEOUT_S: Final = 10.0

_COLUMNS: Final = "log, origin, size, note, cosigned_at"
_PUBLISH: Final = """
    INSERT INTO witness_checkpoint (log, origin, size, note, cosigned_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (log, size) DO NOTHING
"""
_LATEST: Final = f"""
    SELECT {_COLUMNS} FROM witness_checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1
"""  # noqa: S608 -- our own words
_AT: Final = f"SELECT {_COLUMNS} FROM witness_checkpoint WHERE log = $1 AND size = $2"  # noqa: S608 -- our own words
_SIZES: Final = """
    SELECT size FROM witness_checkpoint WHERE log = $1 AND size < $2 ORDER BY size DESC LIMIT $3
"""
_ANY: Final = "SELECT EXISTS (SELECT FROM witness_checkpoint)"
_KEEP: Final = """
    INSERT INTO witness_evidence (finding_id, log, document) VALUES ($1, $2, $3)
        ON CONFLICT (finding_id) DO NOTHING
"""
_EVIDENCE: Final = "SELECT document FROM witness_evidence WHERE finding_id = $1"


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that audit cosigned.

    Attributes:
        log: As its records name it, e.g. ``asf/review``.
        origin: As the note names it.
        note: With the signatures of the log and of the witness, byte for byte.
    """

    log: str
    origin: str
    size: int
    note: bytes
    cosigned_at: datetime


class Kept:
    """The tables of the witness.

    Args:
        pool: Of connections whose search path begins with the service's schema.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def publish(self, published: Published) -> None:
        """Keep a cosigned checkpoint. Safe to repeat.

        Raises:
            DisprovedError: Another text was cosigned at this size.
        """
        await self._pool.execute(
            _PUBLISH,
            published.log,
            published.origin,
            published.size,
            published.note,
            published.cosigned_at,
            timeout=QUERY_TIMEOUT_S,
        )
        there = await self.at(published.log, published.size)
        if there is None or parse_note(there.note).text != parse_note(published.note).text:
            raise DisprovedError(f"two checkpoints of {published.origin} at {published.size}")

    async def latest(self, log: str) -> Published | None:
        """Return what was cosigned last of ``log``; ``None``: nothing yet."""
        return _published(await self._pool.fetchrow(_LATEST, log, timeout=QUERY_TIMEOUT_S))

    async def at(self, log: str, size: int) -> Published | None:
        """Return the checkpoint of exactly ``size``; ``None``: none was cosigned."""
        return _published(await self._pool.fetchrow(_AT, log, size, timeout=QUERY_TIMEOUT_S))

    async def sizes(self, log: str, *, below: int, limit: int) -> tuple[int, ...]:
        """Return sizes below ``below`` that were cosigned, the largest first."""
        rows = await self._pool.fetch(_SIZES, log, below, limit, timeout=QUERY_TIMEOUT_S)
        return tuple(row["size"] for row in rows)

    async def any(self) -> bool:
        """Return whether anything was ever cosigned."""
        return bool(await self._pool.fetchval(_ANY, timeout=QUERY_TIMEOUT_S))

    async def keep_evidence(self, finding_id: UUID, log: str, document: bytes) -> None:
        """Keep what speaks against ``log``. The first document of a finding stays."""
        await self._pool.execute(_KEEP, finding_id, log, document, timeout=QUERY_TIMEOUT_S)

    async def evidence(self, finding_id: UUID) -> bytes | None:
        """Return the document of a finding; ``None``: it has none."""
        found: bytes | None = await self._pool.fetchval(
            _EVIDENCE, finding_id, timeout=QUERY_TIMEOUT_S
        )
        return found


def _published(row: Any) -> Published | None:
    """Return the checkpoint in ``row``."""
    return None if row is None else Published(**row)

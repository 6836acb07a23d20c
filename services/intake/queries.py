"""The SELECTs of intake. Keyset paging: a page begins after the key of the last one's end.

A key that the reader may not know of begins nowhere, as one that there is not (SOD-14).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.intake.views.application import ApplicationRow, Status
from services.intake.views.group import GroupDocument
from services.intake.views.invoice import InvoiceDocument
from services.intake.views.round import RoundDocument
from shared.contracts.base import instant_text

QUERY_TIMEOUT_S = 5.0

APPLICATIONS = """
SELECT document FROM applications
WHERE ($1::text IS NULL OR (registered_at, key) > (
        SELECT registered_at, key FROM applications
        WHERE key = $1
          AND ($2::text IS NULL OR organisation_number = $2)
          AND ($5::text IS NULL OR screener_id = $5)))
  AND ($2::text IS NULL OR organisation_number = $2)
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR round_id = $4)
  AND ($5::text IS NULL OR screener_id = $5)
ORDER BY registered_at, key
LIMIT $6
"""
ROUNDS = """
SELECT document FROM rounds
WHERE status <> 'draft'
  AND ($1::text IS NULL OR (opens_on, key) > (SELECT opens_on, key FROM rounds WHERE key = $1))
  AND ($2::text IS NULL OR (status IN ('announced', 'open') AND deadline_at > $2))
ORDER BY opens_on, key
LIMIT $3
"""
NEXT_ROUND = """
SELECT code FROM rounds
WHERE status IN ('announced', 'open') AND kind <> 'pilot' AND deadline_at > $1 AND key <> $2
ORDER BY opens_on, key
LIMIT 1
"""
GROUPS = """
SELECT document FROM groups
WHERE ($1::text IS NULL OR (formed_at, key) > (SELECT formed_at, key FROM groups WHERE key = $1))
  AND ($2::text IS NULL OR round_id = $2)
ORDER BY formed_at, key
LIMIT $3
"""
SUPERVISORS = """
SELECT DISTINCT jsonb_array_elements_text(document -> 'supervisor_ids') AS person_id FROM groups
WHERE document -> 'members' @> jsonb_build_array(jsonb_build_object('organisation_number', $1::text))
"""
INVOICES = """
SELECT document FROM invoices
WHERE ($1::text IS NULL OR number > (
        SELECT number FROM invoices
        WHERE key = $1 AND ($2::text IS NULL OR organisation_number = $2)))
  AND ($2::text IS NULL OR organisation_number = $2)
  AND ($3::text IS NULL OR application_id = $3)
ORDER BY number
LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFilter:
    """Which applications are asked for; ``None`` asks for any."""

    organisation_number: str | None = None
    status: Status | None = None
    round_id: UUID | None = None
    screener_id: UUID | None = None


class Lists(Protocol):
    """What the edge asks the views. ``after`` is a key; ``None`` begins at the beginning."""

    async def applications(
        self, wanted: ApplicationFilter, *, after: str | None, limit: int
    ) -> tuple[ApplicationRow, ...]:
        """Return applications in the order of their registration, at most ``limit``."""
        ...

    async def rounds(
        self, *, coming_at: datetime | None, after: str | None, limit: int
    ) -> tuple[RoundDocument, ...]:
        """Return rounds that are announced or later, by their opening day, at most ``limit``.

        With ``coming_at``: only those that applications can still reach after that instant.
        """
        ...

    async def next_round(self, *, at: datetime, but: UUID) -> str | None:
        """Return the code of the next open or announced round but one; ``None``: there is none."""
        ...

    async def groups(
        self, *, round_id: UUID | None, after: str | None, limit: int
    ) -> tuple[GroupDocument, ...]:
        """Return groups in the order in which they were formed, at most ``limit``."""
        ...

    async def supervisors_of(self, organisation_number: str) -> frozenset[UUID]:
        """Return everyone who supports or supported the organisation, in whichever round."""
        ...

    async def invoices(
        self,
        *,
        organisation_number: str | None,
        application_id: UUID | None,
        after: str | None,
        limit: int,
    ) -> tuple[InvoiceDocument, ...]:
        """Return invoices by number, at most ``limit``."""
        ...


class PostgresLists:
    """The lists, from the tables that the views keep.

    Args:
        pool: Of connections whose search path begins with the views' schema.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def applications(
        self, wanted: ApplicationFilter, *, after: str | None, limit: int
    ) -> tuple[ApplicationRow, ...]:
        """Return applications; see ``Lists``."""
        rows = await self._pool.fetch(
            APPLICATIONS,
            after,
            wanted.organisation_number,
            wanted.status,
            _text(wanted.round_id),
            _text(wanted.screener_id),
            limit,
            timeout=QUERY_TIMEOUT_S,
        )
        return tuple(ApplicationRow.model_validate_json(row["document"]) for row in rows)

    async def rounds(
        self, *, coming_at: datetime | None, after: str | None, limit: int
    ) -> tuple[RoundDocument, ...]:
        """Return rounds; see ``Lists``."""
        at = None if coming_at is None else instant_text(coming_at)
        rows = await self._pool.fetch(ROUNDS, after, at, limit, timeout=QUERY_TIMEOUT_S)
        return tuple(RoundDocument.model_validate_json(row["document"]) for row in rows)

    async def next_round(self, *, at: datetime, but: UUID) -> str | None:
        """Return a code; see ``Lists``."""
        found = await self._pool.fetchval(
            NEXT_ROUND, instant_text(at), str(but), timeout=QUERY_TIMEOUT_S
        )
        return None if found is None else str(found)

    async def groups(
        self, *, round_id: UUID | None, after: str | None, limit: int
    ) -> tuple[GroupDocument, ...]:
        """Return groups; see ``Lists``."""
        rows = await self._pool.fetch(
            GROUPS, after, _text(round_id), limit, timeout=QUERY_TIMEOUT_S
        )
        return tuple(GroupDocument.model_validate_json(row["document"]) for row in rows)

    async def supervisors_of(self, organisation_number: str) -> frozenset[UUID]:
        """Return people; see ``Lists``."""
        rows = await self._pool.fetch(SUPERVISORS, organisation_number, timeout=QUERY_TIMEOUT_S)
        return frozenset(UUID(row["person_id"]) for row in rows)

    async def invoices(
        self,
        *,
        organisation_number: str | None,
        application_id: UUID | None,
        after: str | None,
        limit: int,
    ) -> tuple[InvoiceDocument, ...]:
        """Return invoices; see ``Lists``."""
        rows = await self._pool.fetch(
            INVOICES,
            after,
            organisation_number,
            _text(application_id),
            limit,
            timeout=QUERY_TIMEOUT_S,
        )
        return tuple(InvoiceDocument.model_validate_json(row["document"]) for row in rows)


def _text(value: UUID | None) -> str | None:
    """Return an identifier as the tables have it; ``None`` asks for any."""
    return None if value is None else str(value)

"""The SELECTs of notify. Keyset paging: a page begins after the key of the last one's end."""

from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from services.notify.views import NotificationRow, NotificationState
from shared.contracts.base import instant_text

QUERY_TIMEOUT_S: Final = 5.0

DUE = """
SELECT key FROM notification_list
WHERE due_at IS NOT NULL AND due_at <= $1
ORDER BY due_at, key
LIMIT $2
"""
OVERDUE = "SELECT count(*) FROM notification_list WHERE due_at IS NOT NULL AND due_at <= $1"
LISTED = """
SELECT document FROM notification_list
WHERE key > $1 AND ($2::text IS NULL OR application_id = $2) AND ($3::text IS NULL OR state = $3)
ORDER BY key
LIMIT $4
"""


class Letters(Protocol):
    """What the edge asks of the letters."""

    async def letters(
        self,
        *,
        application_id: UUID | None,
        state: NotificationState | None,
        after: UUID | None,
        limit: int,
    ) -> tuple[NotificationRow, ...]:
        """Return letters by their id, at most ``limit``; ``None`` asks for any."""
        ...


class Lists:
    """The list of letters, from the table that the view keeps.

    Args:
        pool: Of connections whose search path begins with the views' schema.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def due(self, *, at: datetime, limit: int) -> tuple[UUID, ...]:
        """Return the letters that are due at ``at``, longest due first, at most ``limit``."""
        rows = await self._pool.fetch(DUE, instant_text(at), limit, timeout=QUERY_TIMEOUT_S)
        return tuple(UUID(row["key"]) for row in rows)

    async def overdue(self, *, at: datetime) -> int:
        """Return how many letters are due at ``at``."""
        count: int = await self._pool.fetchval(OVERDUE, instant_text(at), timeout=QUERY_TIMEOUT_S)
        return count

    async def letters(
        self,
        *,
        application_id: UUID | None,
        state: NotificationState | None,
        after: UUID | None,
        limit: int,
    ) -> tuple[NotificationRow, ...]:
        """Return a page of letters. See ``Letters``."""
        case = None if application_id is None else str(application_id)
        begin = "" if after is None else str(after)
        rows = await self._pool.fetch(LISTED, begin, case, state, limit, timeout=QUERY_TIMEOUT_S)
        return tuple(NotificationRow.model_validate_json(row["document"]) for row in rows)

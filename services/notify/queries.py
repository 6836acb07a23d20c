"""The SELECTs of notify."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.views import NotificationRow
from shared.contracts.base import instant_text

QUERY_TIMEOUT_S = 5.0

DUE = """
SELECT key FROM notification_list
WHERE due_at IS NOT NULL AND due_at <= $1
ORDER BY due_at, key
LIMIT $2
"""
LISTED = """
SELECT document FROM notification_list
WHERE key > $1 AND ($2::text IS NULL OR application_id = $2) AND ($3::text IS NULL OR state = $3)
ORDER BY key
LIMIT $4
"""


async def due_notifications(pool: Any, *, at: datetime, limit: int) -> tuple[UUID, ...]:
    """Return the letters that are due at ``at``, longest due first, at most ``limit``."""
    rows = await pool.fetch(DUE, instant_text(at), limit, timeout=QUERY_TIMEOUT_S)
    return tuple(UUID(row["key"]) for row in rows)


async def notifications(
    pool: Any, *, after: str, application_id: UUID | None, state: str | None, limit: int
) -> tuple[NotificationRow, ...]:
    """Return letters after the key ``after``, ascending by key, at most ``limit``."""
    case = None if application_id is None else str(application_id)
    rows = await pool.fetch(LISTED, after, case, state, limit, timeout=QUERY_TIMEOUT_S)
    return tuple(NotificationRow.model_validate_json(row["document"]) for row in rows)

"""Is a view what its log says? Folds the log anew beside it and compares, byte for byte."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from shared.eventlog.connection import Pool
from shared.eventlog.projector import STATEMENT_TIMEOUT_S, Pages, apply, table
from shared.eventlog.projector_fold import concerns
from shared.eventlog.views import View

DIFFERENCES_SHOWN_MAX: Final = 20
COMPARE_TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A view held against its log.

    Attributes:
        position: At which both sides stood.
        documents: How many the view has.
        differing: Keys whose documents differ, ascending, ``DIFFERENCES_SHOWN_MAX`` at most.
    """

    view: str
    position: int
    documents: int
    differing: tuple[str, ...]


async def compare(pool: Pool, pages: Pages, schema: str, view: View[Any]) -> Comparison:
    """Return how the live table of ``view`` compares with a fold of the log to its position.

    Reads one snapshot of the view; writes a temporary table and nothing else.

    Raises:
        LookupError: The view is not kept in this version.
        Exception: Whatever the view raises at an event that it cannot take.
    """
    live = table(schema, view.name)
    async with (
        pool.acquire(timeout=STATEMENT_TIMEOUT_S) as connection,
        asyncio.timeout(COMPARE_TIMEOUT_S),
        connection.transaction(isolation="repeatable_read"),
    ):
        target = await connection.fetchval(
            f'SELECT position FROM "{schema}".view_state'  # noqa: S608 -- our own name
            " WHERE name = $1 AND place = 'live' AND version = $2",
            view.name,
            view.version,
        )
        if target is None:
            raise LookupError(f"no view {view.name} in version {view.version}")
        await connection.execute(
            "CREATE TEMPORARY TABLE rebuilt (key text PRIMARY KEY, position bigint NOT NULL,"
            " document jsonb NOT NULL) ON COMMIT DROP"
        )
        position = 0
        while position < target:
            page = (await pages.after(position)).until(target)
            found = concerns(view, page, position)
            changes = await apply(connection, "pg_temp.rebuilt", view, found)
            if changes.failure is not None:
                raise changes.failure.error
            position = changes.position
        differing = await connection.fetch(
            "SELECT DISTINCT key FROM ("  # noqa: S608 -- our own name
            f" (SELECT key, position, document::text FROM {live}"
            "  EXCEPT SELECT key, position, document::text FROM pg_temp.rebuilt)"
            " UNION ALL"
            " (SELECT key, position, document::text FROM pg_temp.rebuilt"
            f"  EXCEPT SELECT key, position, document::text FROM {live})"
            ") AS difference ORDER BY key LIMIT $1",
            DIFFERENCES_SHOWN_MAX,
        )
        documents = await connection.fetchval(f"SELECT count(*) FROM {live}")  # noqa: S608 -- our own name
    return Comparison(view.name, target, documents, tuple(row["key"] for row in differing))

"""Views, kept: the service's own log folded into tables, a page at a time.

Documents and checkpoint are written in one transaction, so a projector can be killed anywhere. The
checkpoint's row is the lease: whoever locks it at the position that was read may write the next
page, and any number of workers may try. A new version of a view is built beside the old one (in the
schema ``<service>_next``) and swapped in when it has caught up. Nothing here has an effect outside
its tables, and all of it can be made anew from the log; so its commits do not wait for the disk.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import asyncpg
from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.record import Record, decode
from shared.crash import crash_point
from shared.eventlog import Stored
from shared.eventlog.connection import UNABLE, AnyConnection, Pool
from shared.eventlog.projector_fold import Changes, Concerns, Failure, Page, Placed, concerns, fold
from shared.eventlog.views import View
from shared.telemetry import get_logger

PAGE_RECORDS_MAX: Final = 500
PAGES_KEPT_MAX: Final = 8
STATEMENT_TIMEOUT_S: Final = 10.0
SWAP_PAUSE_S: Final = 5.0
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,50}")

DATABASE_AWAY: Final = (
    *UNABLE,
    asyncpg.TransactionRollbackError,
)
"""What a database does that restarts, fails over or is not there: ask again later."""

_log = get_logger("projector")


class ViewStopped(Exception):  # noqa: N818 -- an answer to the supervisor
    """A view met an event that it cannot take. It stays where it is until it is mended."""

    def __init__(self, view: str, failure: Failure) -> None:
        super().__init__(f"{view} stopped at {failure.position}: {failure.reason}")
        self.view = view
        self.failure = failure


class Tailed(Protocol):
    """A log that can be read in the order of its positions."""

    async def tail(self, after: int, *, limit: int) -> tuple[Stored, ...]:
        """Return at most ``limit`` records with ``position > after``, in order, dense (L3)."""
        ...


class Pages:
    """Pages of a log, decoded once for all the views that read them.

    Args:
        event_of: Return the event of a record; ``None`` for a type that is not known.
    """

    def __init__(self, log: Tailed, event_of: Callable[[Record], Event | None]) -> None:
        self._log = log
        self._event_of = event_of
        self._kept: OrderedDict[int, Page] = OrderedDict()
        self._reading = asyncio.Lock()

    async def after(self, position: int) -> Page:
        """Return at most ``PAGE_RECORDS_MAX`` events after ``position``; empty at the head.

        A page that is remembered may end before the head: ask again after its last position.
        """
        async with self._reading:
            if (page := self._kept.get(position)) is not None:
                return page
            records = await self._log.tail(position, limit=PAGE_RECORDS_MAX)
            page = _decoded(records, self._event_of)
            if page.placed and page.failure is None:
                self._kept[position] = page
                if len(self._kept) > PAGES_KEPT_MAX:
                    self._kept.popitem(last=False)
            return page


def _decoded(records: Sequence[Stored], event_of: Callable[[Record], Event | None]) -> Page:
    """Return ``records`` as events, up to the first that cannot be read."""
    placed: list[Placed] = []
    for stored in records:
        try:
            placed.append(Placed(stored.position, event_of(decode(stored.leaf))))
        except NewerVersionError as error:
            return Page(tuple(placed), Failure(stored.position, str(error), error))
        except ValueError as error:
            return Page(tuple(placed), Failure(stored.position, "a record that is none", error))
    return Page(tuple(placed))


@dataclass(frozen=True, slots=True)
class Build:
    """One table of a view, and how far it is.

    Attributes:
        place: ``live`` is read from; ``next`` is being built beside it.
    """

    view: View[Any]
    schema: str
    place: str
    position: int

    @property
    def table(self) -> str:
        """Return the name of the table, with its schema, ready for SQL."""
        return table(self.schema, self.view.name, self.place)


def table(schema: str, view: str, place: str = "live") -> str:
    """Return the name of the table of ``view`` in ``place``, ready for SQL.

    Raises:
        ValueError: One of the names is none of ours.
    """
    if not (NAME.fullmatch(schema) and NAME.fullmatch(view)):
        raise ValueError(f"no name for a table: {schema}.{view}")
    return f'"{schema}_next"."{view}"' if place == "next" else f'"{schema}"."{view}"'


@dataclass(frozen=True, slots=True)
class Projector:
    """Keeps the views of one service.

    Attributes:
        pool: As the application's role.
        schema: The service's; the views' tables and ``view_state`` stand in it.
        swap_pause_s: After a swap that could not have the table; readers go first meanwhile.
    """

    pool: Pool
    pages: Pages
    schema: str
    swap_pause_s: float = SWAP_PAUSE_S
    _swap_at_s: dict[str, float] = field(default_factory=dict[str, float])

    async def advance(self, view: View[Any]) -> bool:
        """Apply one page to each table of ``view``; swap in what has caught up.

        Returns:
            Whether something was applied, so that there may be more; ``False`` also when
            another worker has the view, or when it is kept in a version not ours.

        Raises:
            ViewStopped: The view cannot take an event; what stood before it is applied.
        """
        moved = False
        for build in await self._builds(view):
            page = await self.pages.after(build.position)
            applied = await self._apply_page(build, page)
            moved = moved or applied
            if build.place == "next" and len(page.placed) < PAGE_RECORDS_MAX:
                moved = await self._swap(build) or moved
        return moved

    async def _builds(self, view: View[Any]) -> tuple[Build, ...]:
        """Return the tables of ``view`` in our version, the live one first."""
        rows = await self.pool.fetch(
            f'SELECT place, position FROM "{self.schema}".view_state'  # noqa: S608 -- our own name
            " WHERE name = $1 AND version = $2 ORDER BY place",
            view.name,
            view.version,
            timeout=STATEMENT_TIMEOUT_S,
        )
        return tuple(Build(view, self.schema, row["place"], row["position"]) for row in rows)

    async def _apply_page(self, build: Build, page: Page) -> bool:
        """Apply ``page`` to ``build`` in one transaction, if nobody else is at it."""
        found = concerns(build.view, page, build.position)
        if not found.keys and found.failure is None:
            return found.position > build.position and await self._pass_over(build, found)
        async with (
            self.pool.acquire(timeout=STATEMENT_TIMEOUT_S) as connection,
            asyncio.timeout(STATEMENT_TIMEOUT_S),
            connection.transaction(),
        ):
            if not await self._leased(connection, build):
                return False
            changes = await apply(connection, build.table, build.view, found)
            await self._checkpoint(connection, build, changes)
            crash_point("view.applied")
        if changes.failure is not None:
            raise ViewStopped(build.view.name, changes.failure) from changes.failure.error
        return True

    async def _pass_over(self, build: Build, found: Concerns) -> bool:
        """Write how far ``build`` is now, if nobody else is at it: nothing concerned it."""
        done = await self.pool.execute(
            f'UPDATE "{self.schema}".view_state'  # noqa: S608 -- our own name
            " SET position = $5, stopped_position = NULL, stopped_reason = NULL"
            f" WHERE (name, place) IN ({self._lease})",
            *_stand(build),
            found.position,
            timeout=STATEMENT_TIMEOUT_S,
        )
        return bool(done == "UPDATE 1")

    async def _leased(self, connection: AnyConnection, build: Build) -> bool:
        """Return whether the view stands where we read it; then nobody else moves it."""
        return await connection.fetchrow(self._lease, *_stand(build)) is not None

    @property
    def _lease(self) -> str:
        """Return how a view is locked where it stands, for a commit that does not wait for the disk."""
        return (
            f'SELECT name, place FROM "{self.schema}".view_state,'  # noqa: S608 -- our own name
            " set_config('synchronous_commit', 'off', true)"
            " WHERE name = $1 AND place = $2 AND version = $3 AND position = $4"
            " FOR UPDATE OF view_state SKIP LOCKED"
        )

    async def _checkpoint(self, connection: AnyConnection, build: Build, changes: Changes) -> None:
        """Write how far ``build`` is now, and where it stopped."""
        failure = changes.failure
        await connection.execute(
            f'UPDATE "{self.schema}".view_state'  # noqa: S608 -- our own name
            " SET position = $3, stopped_position = $4, stopped_reason = $5"
            " WHERE name = $1 AND place = $2",
            build.view.name,
            build.place,
            changes.position,
            failure and failure.position,
            failure and failure.reason,
        )

    async def _swap(self, build: Build) -> bool:
        """Put ``build`` in the place of the live table; ``False`` when it must wait."""
        name, version = build.view.name, build.view.version
        clock_s = asyncio.get_running_loop().time
        if clock_s() < self._swap_at_s.get(name, 0.0):
            return False
        try:
            swapped = await self.pool.fetchval(
                f'SELECT "{self.schema}".swap_view($1, $2)',
                name,
                version,
                timeout=STATEMENT_TIMEOUT_S,
            )
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            _log.warning("view.swap_waits", view=name, version=version)
            self._swap_at_s[name] = clock_s() + self.swap_pause_s
            return False
        if swapped:
            _log.info("view.swapped", view=name, version=version)
        return bool(swapped)


def _stand(build: Build) -> tuple[str, str, int, int]:
    """Return what a lease is asked for: which table of which view, and where it stands."""
    return (build.view.name, build.place, build.view.version, build.position)


async def apply(connection: AnyConnection, name: str, view: View[Any], found: Concerns) -> Changes:
    """Fold ``found`` into the table ``name``, set-based; return what changed. Three round trips.

    The caller's transaction makes it whole.
    """
    kept = await _documents(connection, name, view, found.keys)
    changes = fold(view, kept, found)
    written = {key: doc for key, doc in changes.documents.items() if doc is not None}
    gone = [key for key, doc in changes.documents.items() if doc is None and key in kept]
    if gone:
        await connection.execute(f"DELETE FROM {name} WHERE key = ANY($1::text[])", gone)  # noqa: S608 -- our own name
    if written:
        await connection.execute(
            f"INSERT INTO {name} (key, position, document)"  # noqa: S608 -- our own name
            " SELECT key, position, document::jsonb"
            " FROM unnest($1::text[], $2::bigint[], $3::text[]) AS page (key, position, document)"
            " ON CONFLICT (key) DO UPDATE"
            " SET position = excluded.position, document = excluded.document",
            list(written),
            [changes.positions[key] for key in written],
            [doc.model_dump_json() for doc in written.values()],
        )
    return changes


async def _documents(
    connection: AnyConnection, name: str, view: View[Any], keys: Sequence[str]
) -> Mapping[str, BaseModel]:
    """Return the documents of ``keys`` that exist, by key."""
    if not keys:
        return {}
    rows = await connection.fetch(
        f"SELECT key, document::text AS document FROM {name} WHERE key = ANY($1::text[])",  # noqa: S608 -- our own name
        list(keys),
    )
    return {row["key"]: view.document.model_validate_json(row["document"]) for row in rows}

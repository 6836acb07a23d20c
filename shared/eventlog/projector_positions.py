"""How far the views are, for readers that want to see what they have just written."""

import asyncio
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

from shared.eventlog.connection import Pool
from shared.eventlog.projector import STATEMENT_TIMEOUT_S

PAUSES_S: Final = (0.005, 0.01, 0.02, 0.03)
"""Between two looks at a view that somebody waits for; the last one is repeated."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A view that met an event which it cannot take."""

    view: str
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of a view.

    Attributes:
        place: ``live`` is read from; ``next`` is being built beside it.
    """

    view: str
    place: str
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Positions:
    """Asks the database, since views are often kept by another process.

    Attributes:
        wait_ms: How long ``reached`` waits at most.
    """

    pool: Pool
    schema: str
    wait_ms: int

    async def applied(self, view: str) -> int:
        """Return the position up to which ``view`` is applied. One round trip.

        Raises:
            LookupError: There is no such view.
        """
        position = await self.pool.fetchval(
            f'SELECT position FROM "{self.schema}".view_state'  # noqa: S608 -- our own name
            " WHERE name = $1 AND place = 'live'",
            view,
            timeout=STATEMENT_TIMEOUT_S,
        )
        if position is None:
            raise LookupError(f"no view {view}")
        return int(position)

    async def reached(self, view: str, position: int) -> bool:
        """Return whether ``view`` has applied ``position``, after waiting ``wait_ms`` at most."""
        try:
            async with asyncio.timeout(self.wait_ms / 1_000):
                for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
                    if await self.applied(view) >= position:
                        return True
                    await asyncio.sleep(pause_s)
        except TimeoutError:
            pass
        return False

    async def kept(self) -> tuple[Kept, ...]:
        """Return every table of every view, by name, the live one first. One round trip."""
        rows = await self.pool.fetch(
            "SELECT name, place, version, position"  # noqa: S608 -- our own name
            f' FROM "{self.schema}".view_state ORDER BY name, place',
            timeout=STATEMENT_TIMEOUT_S,
        )
        return tuple(Kept(*row) for row in rows)

    async def stopped(self) -> tuple[Stopped, ...]:
        """Return the views that stopped at an event, by name; ``()`` when all is well."""
        rows = await self.pool.fetch(
            "SELECT name, stopped_position, stopped_reason"  # noqa: S608 -- our own name
            f' FROM "{self.schema}".view_state WHERE stopped_position IS NOT NULL ORDER BY name',
            timeout=STATEMENT_TIMEOUT_S,
        )
        return tuple(
            Stopped(row["name"], row["stopped_position"], row["stopped_reason"]) for row in rows
        )

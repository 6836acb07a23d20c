"""The watch beside the mirror: positions that stay away while later ones are here (L3).

Records come from several partitions, so a position may be late without being lost. A window of
the log is looked at until nothing in it has changed for the time that patience allows; what is
missing then is reported, and the watch goes on behind it. Time is that of the wall: a clock that
is moved, or stands still, makes nothing late.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from services.audit.consumers.reporting import report
from services.audit.policy import Range, missing_in, when_missing
from services.audit.queries import LOGS, Mirror
from services.audit.settings import Settings
from shared.process import Parts

SCAN_MAX: Final = 10_000
"""Positions that are looked at in one go: what a window holds at most."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a log in which positions are missing.

    Attributes:
        until: Its last position. Fixed when the gaps are first seen, so that new records, whose
            own neighbours may be late, do not keep it open.
        missing: Ascending.
        since_s: When ``missing`` was last seen to change.
    """

    until: int
    missing: tuple[Range, ...]
    since_s: float


@dataclass(slots=True)
class Watch:
    """What the watch remembers: a window per log, and up to where all is kept or reported.

    Attributes:
        elapsed_s: A clock that nobody moves.
    """

    parts: Parts[Settings]
    mirror: Mirror
    elapsed_s: Callable[[], float] = monotonic
    _windows: dict[str, Window] = field(default_factory=dict[str, Window])

    async def round(self) -> None:
        """Look over what is new in each log, and report what has been away for too long."""
        checked = await self.mirror.checked()
        for log in LOGS:
            await self._look_over(log, checked.get(log, 0))

    async def _look_over(self, log: str, after: int) -> None:
        """Look over ``log`` after the position ``after``, a window at a time."""
        while True:
            here = await self.mirror.positions(log, after=after, limit=SCAN_MAX)
            if not here:
                return
            known = self._windows.get(log)
            until = here[-1] if known is None else min(here[-1], known.until)
            missing = missing_in(here, after=after, until=until)
            if missing and not await self._lost(log, known, until, missing):
                if missing[0].first - 1 > after:
                    await self.mirror.check(log, missing[0].first - 1)
                return
            await self.mirror.check(log, until)
            self._windows.pop(log, None)
            after = until

    async def _lost(
        self, log: str, known: Window | None, until: int, missing: tuple[Range, ...]
    ) -> bool:
        """Return whether ``missing`` has been away for too long; then it is on record."""
        now_s = self.elapsed_s()
        if known is None or known.missing != missing:
            self._windows[log] = known = Window(until, missing, now_s)
        if now_s - known.since_s < self.parts.settings.gap_patience_ms / 1_000:
            return False
        for gap in missing:
            await report(self.parts, when_missing(log, gap.first, self.parts.now()))
            await self.mirror.keep_gap(log, gap)
        return True


async def watch_for_gaps(parts: Parts[Settings]) -> None:
    """Watch for as long as the process lives. A loop of the role ``worker``; several may run."""
    watch = Watch(parts, Mirror(parts.pool))
    while True:
        await watch.round()
        await asyncio.sleep(parts.settings.gap_poll_interval_ms / 1_000)

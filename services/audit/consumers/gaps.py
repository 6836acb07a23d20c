"""The watch beside the mirror: positions that stay away while later ones are here (L3).

Records come from several partitions, so a position may be late without being lost. A window of
the log is looked at until nothing in it has changed for the time that patience allows, and until
audit has read all that was on the topic by then: what waits for a member that takes over from one
that died is late, not lost. What is missing still is reported, and the watch goes on behind it.
Time is that of the wall: a clock that is moved, or stands still, makes nothing late.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final, Protocol

from services.audit.consumers.reporting import report
from services.audit.policy import Range, missing_in, when_missing
from services.audit.queries import LOGS, Mirror
from services.audit.settings import Settings
from shared.kafka import KAFKA_FAILURES, Brokers, Place, ends_of, events_topic, has_read
from shared.process import Parts
from shared.telemetry import get_logger

SCAN_MAX: Final = 10_000
"""Positions that are looked at in one go: what a window holds at most."""


_logger = get_logger(__name__)


class Topics(Protocol):
    """What the watch asks of Kafka, by the service whose topic it is."""

    async def ends(self, service: str) -> Mapping[Place, int] | None:
        """Return where each partition ends now; ``None`` while nobody answers."""
        ...

    async def read(self, service: str, until: Mapping[Place, int]) -> bool:
        """Return whether the mirror surely has everything before ``until``."""
        ...


@dataclass(frozen=True, slots=True)
class KafkaTopics:
    """The topics, and how far the groups of the mirror are in them.

    While Kafka does not answer nothing is concluded: what is on it may still come.
    """

    brokers: Brokers

    async def ends(self, service: str) -> Mapping[Place, int] | None:
        """Return where each partition ends now; ``None`` while nobody answers."""
        try:
            return await ends_of(self.brokers, events_topic(service).name)
        except KAFKA_FAILURES as error:
            _logger.warning("audit.watch_waits", exc_info=error)
            return None

    async def read(self, service: str, until: Mapping[Place, int]) -> bool:
        """Return whether the mirror surely has everything before ``until``: an offset follows its effect."""
        try:
            return await has_read(self.brokers, mirror_group(service), until)
        except KAFKA_FAILURES as error:
            _logger.warning("audit.watch_waits", exc_info=error)
            return False


def mirror_group(service: str) -> str:
    """Return the name of the group that mirrors the log of ``service``."""
    return f"audit.mirror_{service}"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a log in which positions are missing.

    Attributes:
        until: Its last position. Fixed when the gaps are first seen, so that new records, whose
            own neighbours may be late, do not keep it open.
        missing: Ascending.
        since_s: When ``missing`` was last seen to change.
        ends: Where the topic ended when patience was over; ``None`` before.
        read: Whether the mirror had everything before ``ends``, when its positions were read last.
    """

    until: int
    missing: tuple[Range, ...]
    since_s: float
    ends: Mapping[Place, int] | None = None
    read: bool = False


@dataclass(slots=True)
class Watch:
    """What the watch remembers: a window per log, and up to where all is kept or reported.

    Attributes:
        elapsed_s: A clock that nobody moves.
    """

    parts: Parts[Settings]
    mirror: Mirror
    topics: Topics
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
            known = await self._known(log)
            here = await self.mirror.positions(log, after=after, limit=SCAN_MAX)
            if not here:
                return
            until = here[-1] if known is None else min(here[-1], known.until)
            missing = missing_in(here, after=after, until=until)
            if missing and not await self._lost(log, known, until, missing):
                if missing[0].first - 1 > after:
                    await self.mirror.check(log, missing[0].first - 1)
                return
            await self.mirror.check(log, until)
            self._windows.pop(log, None)
            after = until

    async def _known(self, log: str) -> Window | None:
        """Return the window that is open; asked before the mirror is, so that nothing comes between."""
        known = self._windows.get(log)
        if known is None or known.ends is None or known.read:
            return known
        self._windows[log] = known = replace(
            known, read=await self.topics.read(_service_of(log), known.ends)
        )
        return known

    async def _lost(
        self, log: str, known: Window | None, until: int, missing: tuple[Range, ...]
    ) -> bool:
        """Return whether ``missing`` has been away for too long; then it is on record."""
        now_s = self.elapsed_s()
        if known is None or known.missing != missing:
            self._windows[log] = known = Window(until, missing, now_s)
        if now_s - known.since_s < self.parts.settings.gap_patience_ms / 1_000:
            return False
        if known.ends is None:
            self._windows[log] = replace(known, ends=await self.topics.ends(_service_of(log)))
        if not known.read:
            return False
        for gap in missing:
            await report(self.parts, when_missing(log, gap.first, self.parts.now()))
            await self.mirror.keep_gap(log, gap)
        return True


def _service_of(log: str) -> str:
    """Return the service whose log it is."""
    return log.removeprefix("asf/")


async def watch_for_gaps(parts: Parts[Settings]) -> None:
    """Watch for as long as the process lives. A loop of the role ``worker``; several may run."""
    watch = Watch(parts, Mirror(parts.pool), KafkaTopics(parts.settings.brokers))
    while True:
        await watch.round()
        await asyncio.sleep(parts.settings.gap_poll_interval_ms / 1_000)

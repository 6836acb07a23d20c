"""What ``/readyz`` says: the database, the schema, views, relay, consumers and loops, by name.

Not being ready is a report, not a refusal: commands are taken while Kafka is away.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from shared.eventlog.connection import Pool
from shared.eventlog.migrate import LOG_SCHEMA_VERSION, schema_version
from shared.eventlog.projector_positions import Positions
from shared.eventlog.views import View
from shared.kafka import Consumer
from shared.process.loops import Loop
from shared.relay import Relay, Sealer
from shared.telemetry import Metric, measure
from shared.web import Check

ASK_TIMEOUT_S: Final = 1.5


@dataclass(slots=True)
class Stall:
    """Notices that something which has work to do does not move. Asked again and again.

    Attributes:
        after_s: Who has work and has not moved for so long is stalled.
    """

    after_s: float
    _mark: Any = None
    _since_s: float = field(default=0.0)

    def seen(self, mark: Any, *, busy: bool) -> bool:
        """Return whether ``mark`` is what it was ``after_s`` ago although there was work."""
        now_s = asyncio.get_running_loop().time()
        if not busy or mark != self._mark:
            self._mark, self._since_s = mark if busy else None, now_s
        return busy and now_s - self._since_s > self.after_s


@dataclass(frozen=True, slots=True)
class Views:
    """Watches the views of a service, whichever process keeps them."""

    pool: Pool
    positions: Positions
    views: tuple[View[Any], ...]
    stalled_after_s: float
    stalls: dict[str, Stall] = field(default_factory=dict[str, Stall])

    async def ready(self) -> bool:
        """Return whether no view has stopped or stalled. Three round trips."""
        if await self.positions.stopped():
            return False
        found = await self.lags()
        stalled = [
            self.stalls.setdefault(name, Stall(self.stalled_after_s)).seen(position, busy=lag > 0)
            for name, (position, lag) in found.items()
        ]
        return not any(stalled)

    async def lags(self) -> Mapping[str, tuple[int, int]]:
        """Return each view's position, and how many events it is behind the log, by name."""
        known = {
            each.view: each.position for each in await self.positions.kept() if each.place == "live"
        }
        head = await self.pool.fetchval("SELECT pos FROM log.log_head", timeout=ASK_TIMEOUT_S)
        here = {view.name: known.get(view.name, 0) for view in self.views}
        return {name: (position, max(0, head - position)) for name, position in here.items()}

    async def measure(self, log: str) -> None:
        """Measure how far each view is behind the log called ``log``."""
        for name, (_, lag) in (await self.lags()).items():
            measure(Metric.VIEW_LAG_EVENTS, lag, view=name, log=log)

    async def schema(self) -> bool:
        """Return whether the database is what this program was written for."""
        async with self.pool.acquire(timeout=ASK_TIMEOUT_S) as connection:
            version = await schema_version(connection)
        known = {(each.view, each.version) for each in await self.positions.kept()}
        return version == LOG_SCHEMA_VERSION and all(
            (view.name, view.version) in known for view in self.views
        )

    async def database(self) -> bool:
        """Return whether the database answers."""
        return bool(await self.pool.fetchval("SELECT true", timeout=ASK_TIMEOUT_S))


def checks(
    *,
    stopping: asyncio.Event,
    views: Views,
    loops: Iterable[Loop],
    relays: Iterable[Relay],
    sealers: Iterable[Sealer],
    consumers: Iterable[Consumer],
) -> Mapping[str, Check]:
    """Return what a process is asked, by the name that ``/readyz`` gives when it does not hold."""
    found: dict[str, Check] = {
        "stopping": _now(lambda: not stopping.is_set()),
        "database": views.database,
        "schema": views.schema,
        "views": views.ready,
    }
    for loop in loops:
        found[loop.name] = _now(partial(_well, loop))
    for relay in relays:
        found[f"relay {relay.output.topic}"] = _now(
            partial(_sends, relay, Stall(views.stalled_after_s))
        )
    for sealer in sealers:
        found[f"ledger {sealer.origin}"] = _now(
            partial(seals, sealer, Stall(views.stalled_after_s))
        )
    for consumer in consumers:
        name = f"consumer {consumer.book.consumer}"
        found[name] = _now(partial(_hears, consumer, Stall(views.stalled_after_s)))
    return found


def _well(loop: Loop) -> bool:
    """Return whether a loop does its work."""
    return loop.well


def _sends(relay: Relay, stall: Stall) -> bool:
    """Return whether a relay moves when it has something to send."""
    health = relay.health
    return not stall.seen(health.position, busy=health.leading and health.lag_events > 0)


def seals(sealer: Sealer, stall: Stall) -> bool:
    """Return whether a log is signed for, and its ledger moves when there is something to seal."""
    health = sealer.health
    stalled = stall.seen(health.size, busy=health.leading and health.lag_events > 0)
    return health.refused is None and not stalled


def _hears(consumer: Consumer, stall: Stall) -> bool:
    """Return whether a consumer polls, or has not been away for long."""
    return not stall.seen("away", busy=not consumer.health.polling)


def _now(holds: Callable[[], bool]) -> Check:
    """Return ``holds`` as a check."""

    async def check() -> bool:
        return holds()

    return check

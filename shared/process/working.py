"""The loops of a worker and of a relay: views, timers, consumers, background, outputs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from shared.contracts.catalogue import event_recorded, reading
from shared.eventlog import LogBusy, OutcomeUnknown, StreamMoved
from shared.eventlog.postgres import PostgresLog
from shared.eventlog.projector import Pages, Projector, ViewStopped
from shared.eventlog.reader import LogReader, Schema, open_reader
from shared.eventlog.timers import Timers
from shared.eventlog.views import View
from shared.kafka import (
    Book,
    Brokers,
    Consumer,
    Patience,
    RecordSubscription,
    effect_of,
    events_topic,
)
from shared.ledger.store import LOGS
from shared.process.compose import Opened
from shared.process.loops import Loop, cancelled_at_stop, rest
from shared.process.readiness import Views
from shared.process.service import Parts, Service
from shared.process.settings import ServiceSettings
from shared.relay import Output, Relay, Sealer, origin_of
from shared.telemetry import Metric, get_logger, measure

S = TypeVar("S", bound=ServiceSettings)

MEASURE_INTERVAL_S: Final = 5.0
AGAIN: Final = (StreamMoved, LogBusy, OutcomeUnknown)
"""Answers of the log after which a policy's command is put once more."""

_log = get_logger("process")


@dataclass(frozen=True, slots=True)
class Work(Generic[S]):
    """What a worker does for one service."""

    service: Service[S]
    opened: Opened[S]
    views: Views
    brokers: Brokers
    stopping: asyncio.Event

    def loops(self) -> tuple[Loop, ...]:
        """Return the loops that keep views and timers, measure, and do what the service adds."""
        parts, settings = self.opened.parts, self.opened.parts.settings
        log = self.opened.log
        projector = Projector(parts.pool, Pages(log, event_recorded), parts.name)
        poll_s = settings.view_poll_interval_ms / 1_000
        timers = Timers(
            pool=parts.pool,
            schema=parts.name,
            timers=self.service.timers,
            handler=parts.handler,
            actor=parts.actor,
            now=parts.now,
        )
        found = [
            self._loop(f"view {view.name}", partial(follow, projector, log, view, poll_s))
            for view in self.service.every_view
        ]
        if self.service.timers:
            interval_s = settings.timer_poll_interval_ms / 1_000
            found.append(self._loop("timers", partial(carry, timers, interval_s)))
        found.append(self._loop("measuring", partial(observe, self.views, timers, log.name)))
        for work in self.service.background:
            name = f"background {getattr(work, '__name__', 'loop')}"
            found.append(self._loop(name, cancelled_at_stop(partial(work, parts))))
        return tuple(found)

    def consumers(self) -> tuple[Consumer, ...]:
        """Return one member for each thing that the service hears."""
        parts = self.opened.parts
        return tuple(
            Consumer(
                brokers=self.brokers,
                book=Book(parts.pool, heard.group, heard.topic),
                effect=effect_of(
                    heard,
                    put=parts.handler.put,
                    actor=parts.actor,
                    event_of=reading(parts.name),
                ),
                client_id=f"{heard.group}.{parts.new_id()}",
                patience=Patience(again=AGAIN),
                stopping=self.stopping,
                as_is=isinstance(heard, RecordSubscription) and heard.as_is,
            )
            for heard in self.service.subscriptions(parts)
        )

    def _loop(self, name: str, body: Callable[[Loop], Awaitable[None]]) -> Loop:
        """Return a loop that ends when the process is told to."""
        return Loop(name, body, self.stopping)


async def follow(
    projector: Projector, log: PostgresLog, view: View[Any], poll_s: float, loop: Loop
) -> None:
    """Keep ``view`` at the head of the log. One that stops waits for people; it never skips."""
    head = 0
    while not loop.stopping.is_set():
        try:
            while await projector.advance(view) and not loop.stopping.is_set():
                loop.beat()
        except ViewStopped as stopped:
            _log.error(
                "view.stopped",
                view=view.name,
                position=stopped.failure.position,
                why=stopped.failure.reason,
                exc_info=stopped.failure.error,
            )
            loop.halted = True
            await loop.stopping.wait()
            return
        loop.beat()
        head = await log.wait(head, timeout_s=poll_s)


async def carry(timers: Timers, interval_s: float, loop: Loop) -> None:
    """Turn what is due into commands, again and again."""
    while not loop.stopping.is_set():
        await timers.round()
        loop.beat()
        await rest(loop.stopping, interval_s)


async def observe(views: Views, timers: Timers, log: str, loop: Loop) -> None:
    """Measure how far views are behind and what is overdue, at intervals."""
    while not loop.stopping.is_set():
        await views.measure(log)
        for timer, rows in (await timers.overdue()).items():
            measure(Metric.TIMERS_OVERDUE, rows, timer=timer)
        loop.beat()
        await rest(loop.stopping, MEASURE_INTERVAL_S)


@asynccontextmanager
async def log_readers(
    service: Service[S], settings: S
) -> AsyncGenerator[Mapping[Schema, LogReader], None]:
    """Yield the two logs of the service to read from: whoever relays and whoever seals share them."""
    dsn = settings.relay_dsn.get_secret_value()
    async with (
        open_reader(dsn, service=service.name) as events,
        open_reader(dsn, service=service.name, schema="access") as accesses,
    ):
        yield {"log": events, "access": accesses}


def relays(
    service: Service[S],
    brokers: Brokers,
    parts: Parts[S],
    reader: LogReader,
    stopping: asyncio.Event,
) -> tuple[Relay, ...]:
    """Return the relay of the log itself and of each further output of the service."""
    settings = parts.settings
    outputs = (Output(events_topic(service.name).name), *service.outputs)
    return tuple(
        Relay(
            reader=reader,
            dsn=settings.relay_dsn.get_secret_value(),
            brokers=brokers,
            output=output,
            now=parts.now,
            idle_s=settings.relay_poll_interval_ms / 1_000,
            stopping=stopping,
        )
        for output in outputs
    )


def sealers(
    service: Service[S],
    settings: S,
    readers: Mapping[Schema, LogReader],
    stopping: asyncio.Event,
    *,
    simulated: bool,
) -> tuple[Sealer, ...]:
    """Return who seals the log of the service, and its access log."""
    return tuple(
        Sealer(
            reader=readers[log],
            dsn=settings.relay_dsn.get_secret_value(),
            log=log,
            origin=origin_of(
                service.name, log, prefix=settings.ledger_origin_prefix, simulated=simulated
            ),
            folder=settings.ledger_folder / service.name / log,
            interval_s=settings.ledger_interval_ms / 1_000,
            stopping=stopping,
        )
        for log in LOGS
    )

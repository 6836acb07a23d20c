"""The roles of a process, from its start to its end. Architecture, section 4."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, Literal, TypeAlias, TypeVar

from shared.kafka import Consumer
from shared.process.compose import Opened, open_when_there
from shared.process.door import Door
from shared.process.end import end_in_time, hear_of_the_end
from shared.process.erasing import erased_back
from shared.process.loaded import leave_what_is_loaded
from shared.process.loops import Loop, keep_all
from shared.process.readiness import Views, checks
from shared.process.restored import NAME, watch
from shared.process.service import Service
from shared.process.settings import ServiceSettings
from shared.process.working import Work, log_readers, relays, sealers
from shared.relay import Relay, Sealer
from shared.telemetry import get_logger
from shared.web import add_health, bare_app

S = TypeVar("S", bound=ServiceSettings)

Role: TypeAlias = Literal["api", "worker", "relay", "all"]

CLOSE_S: Final = 1.5
"""How long a door is waited for that nothing has come through yet, or that took its time."""

_log = get_logger("process")


async def serve(service: Service[S], settings: S, role: Role) -> None:
    """Be ``role`` of ``service`` until SIGTERM, then end within the drain and the grace.

    Raises:
        Exception: A mistake of ours; the process is to end with it.
    """
    stopping = asyncio.Event()
    grace_s = settings.shutdown_grace_ms / 1_000
    within_s = settings.drain_ms / 1_000 + grace_s
    hear_of_the_end(stopping, within_s)
    port = settings.http_port if role in {"api", "all"} else settings.health_port
    door = Door(host=settings.http_host, port=port, grace_s=grace_s) if port is not None else None
    async with asyncio.TaskGroup() as group:
        if door is not None:
            group.create_task(door.run())
        working = group.create_task(_work(service, settings, role, door, stopping))
        await end_in_time(working, stopping, within_s)
        if door is not None:
            await door.close(CLOSE_S)
    _log.info("process.ended", service=service.name, role=role)


async def _work(
    service: Service[S], settings: S, role: Role, door: Door | None, stopping: asyncio.Event
) -> None:
    """Open what is needed, do the work of ``role``, and close it; the door before the rest."""
    async with AsyncExitStack() as stack:
        opened = await open_when_there(stack, service, settings, role=role, stopping=stopping)
        if opened is not None:
            await _be(stack, service, opened, role, door, stopping)
        if door is not None:
            await door.close(CLOSE_S)


async def _be(
    stack: AsyncExitStack,
    service: Service[S],
    opened: Opened[S],
    role: Role,
    door: Door | None,
    stopping: asyncio.Event,
) -> None:
    """Do the work of ``role`` until told to stop."""
    parts = opened.parts
    settings = parts.settings
    brokers = settings.brokers
    views = Views(
        parts.pool, parts.positions, service.every_view, settings.stalled_after_ms / 1_000
    )
    loops = [_watching(opened, stopping)]
    consumers: tuple[Consumer, ...] = ()
    sending: tuple[Relay, ...] = ()
    sealing: tuple[Sealer, ...] = ()
    if role in {"worker", "all"}:
        work = Work(service, opened, views, brokers, stopping)
        loops += work.loops()
        consumers = work.consumers()
    if role in {"relay", "all"}:
        readers = await stack.enter_async_context(log_readers(service, settings))
        sending = relays(service, brokers, parts, readers["log"], stopping)
        simulated = opened.log.simulated
        sealing = sealers(service, settings, readers, stopping, simulated=simulated)
    asked = checks(
        stopping=stopping,
        views=views,
        loops=loops,
        relays=sending,
        sealers=sealing,
        consumers=consumers,
    )
    if role != "relay":
        asked = {**asked, **service.checks(parts)}
    if door is not None:
        app = service.api(parts) if role in {"api", "all"} else bare_app()
        add_health(app, asked)
        await stack.enter_async_context(app.router.lifespan_context(app))
        door.app = app
    leave_what_is_loaded()
    _log.info("process.works", service=service.name, role=role, simulated=opened.log.simulated)
    loops += [_alone(f"consumer {c.book.consumer}", c, stopping) for c in consumers]
    loops += [_alone(f"relay {r.output.topic}", r, stopping) for r in sending]
    loops += [_alone(f"ledger {s.origin}", s, stopping) for s in sealing]
    drain_s, grace_s = settings.drain_ms / 1_000, settings.shutdown_grace_ms / 1_000
    if door is not None:
        loops.append(Loop("door", partial(_close, door, drain_s, grace_s), stopping))
    await keep_all(loops, stopping=stopping, grace_s=drain_s + grace_s)


def _watching(opened: Opened[S], stopping: asyncio.Event) -> Loop:
    """Return the loop that notices a restore; it looks as often as anything here is held to be well."""
    parts = opened.parts
    settings = parts.settings
    back = partial(erased_back, parts.pool, parts.name, settings.ledger_folder)
    body = partial(watch, back, parts.name, settings.stalled_after_ms / 1_000)
    return Loop(NAME, body, stopping)


async def _close(door: Door, drain_s: float, grace_s: float, loop: Loop) -> None:
    """Close the door a while after readiness went off: balancers are slow to hear."""
    await loop.stopping.wait()
    await asyncio.sleep(drain_s)
    await door.close(grace_s)


def _alone(name: str, part: Consumer | Relay | Sealer, stopping: asyncio.Event) -> Loop:
    """Return the loop of a part that waits for the world itself, and knows when to stop."""

    async def body(_: Loop) -> None:
        await part.run()

    return Loop(name, body, stopping)

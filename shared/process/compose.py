"""Opens what a process needs, in order, and closes it in the opposite one."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from shared import clock
from shared.auth import Authenticator
from shared.eventlog import Handler
from shared.eventlog.access import open_access_log
from shared.eventlog.connection import UnsafeServer, open_pool
from shared.eventlog.postgres import PostgresLog, WrongSchema, open_log
from shared.eventlog.projector_positions import Positions
from shared.ids import new_id
from shared.process.erasing import ErasedIsBack, require_erased
from shared.process.erasure_ledger import LedgerBroken
from shared.process.loops import PAUSE_FIRST_S, PAUSE_MAX_S, of_the_world, rest
from shared.process.service import Parts, Service, actor_of
from shared.process.settings import ServiceSettings
from shared.telemetry import get_logger
from shared.vault import PostgresShelf, Vault

S = TypeVar("S", bound=ServiceSettings)

_log = get_logger("process")


class SimulatedClock(Exception):  # noqa: N818 -- an answer to the operator
    """The clock is simulated and the database is not: its records would pass for real ones."""


@dataclass(frozen=True, slots=True)
class Opened(Generic[S]):
    """The parts of a process, and its log as the loops of a worker need it."""

    parts: Parts[S]
    log: PostgresLog


@asynccontextmanager
async def opened(
    service: Service[S], settings: S, *, role: str, now: Callable[[], datetime] = clock.now
) -> AsyncGenerator[Opened[S], None]:
    """Yield the parts of ``service``; on leaving, queued commands get their answers first.

    Raises:
        WrongSchema: The database has not been migrated for this program.
        UnsafeServer: The server would lose what it acknowledges.
        SimulatedClock: See there.
        ErasedIsBack: A restore brought back what was erased.
        LedgerBroken: The ledger of erasures cannot be read.
    """
    name, dsn = service.name, settings.database_dsn.get_secret_value()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(dsn, name=f"{name} {role}", connections_max=settings.database_connections_max)
        )
        vault = Vault(PostgresShelf(pool), master_key=settings.master_key)
        log = await stack.enter_async_context(
            open_log(dsn, service=name, pool=pool, vault=vault, now=now)
        )
        if clock.simulated() and not log.simulated:
            raise SimulatedClock(f"{log.name} takes real time only; unset {clock.SETTING}")
        await require_erased(pool, name, settings.ledger_folder)
        access = await stack.enter_async_context(
            open_access_log(dsn, service=name, pool=pool, now=now)
        )
        parts = Parts(
            name=name,
            settings=settings,
            actor=actor_of(name),
            handler=Handler(log, service.deciders, access, now),
            log=log,
            access=access,
            vault=vault,
            authenticator=Authenticator(settings.issuer_url, settings.audience or name, now),
            pool=pool,
            positions=Positions(pool, name, settings.wait_for_position_ms),
            now=now,
            new_id=new_id,
        )
        await parts.positions.kept()
        yield Opened(parts, log)


async def open_when_there(
    stack: AsyncExitStack,
    service: Service[S],
    settings: S,
    *,
    role: str,
    stopping: asyncio.Event,
) -> Opened[S] | None:
    """Return the parts as soon as the database is there and migrated; ``None``: told to stop first.

    Services start in any order, so a database that is not there yet is waited for; so is an
    erasure that must be applied to what was restored.
    """
    pause_s = PAUSE_FIRST_S
    while not stopping.is_set():
        try:
            return await stack.enter_async_context(opened(service, settings, role=role))
        except (WrongSchema, UnsafeServer, ErasedIsBack, LedgerBroken) as error:
            _log.error("process.database_unfit", service=service.name, why=str(error))
        except Exception as error:
            if not of_the_world(error):
                raise
            _log.warning("process.database_away", service=service.name, exc_info=error)
        await rest(stopping, pause_s)
        pause_s = min(2 * pause_s, PAUSE_MAX_S)
    return None

"""Loops that are kept going: begun again when the world fails, ended when told to stop.

What the world does (a database that restarts, a broker that is away) is waited for, with a growing
pause, and shows in readiness. Our own mistakes are not: they end the process, loudly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import asyncpg
import httpx2

from shared.auth import IssuerUnreachable
from shared.auth.service_token import TokenUnavailable
from shared.eventlog import LogBusy, OutcomeUnknown, StreamMoved
from shared.eventlog.projector import DATABASE_AWAY
from shared.kafka import KAFKA_FAILURES
from shared.telemetry import get_logger

PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 10.0
CUT_AGAIN_S: Final = 0.2
CUT_OFF_S: Final = 1.0
"""How long those whose time is up have to end, and to say so to whom they leave."""

STEADY_S: Final = 5.0
"""Who has run so long without failing is well again."""

NOT_MIGRATED: Final[tuple[type[Exception], ...]] = (
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
)
"""What a database says that ``migrate`` has not been at yet: services start in any order."""

WORLD: Final[tuple[type[Exception], ...]] = (
    *DATABASE_AWAY,
    *KAFKA_FAILURES,
    *NOT_MIGRATED,
    StreamMoved,
    LogBusy,
    OutcomeUnknown,
    IssuerUnreachable,
    TokenUnavailable,
    httpx2.HTTPError,
)
"""What is no fault of ours: ask again later."""

_log = get_logger("process")


@dataclass(slots=True)
class Loop:
    """One loop of a process.

    Attributes:
        body: Runs until ``stopping`` is set, which it looks at itself.
        stopping: Set once, when the process is told to stop.
        halted: Whether it waits for people: what it met is our mistake, and it must not skip.
    """

    name: str
    body: Callable[["Loop"], Awaitable[None]]
    stopping: asyncio.Event
    halted: bool = False
    _failed: bool = False
    _begun_s: float = field(default=0.0)

    def beat(self) -> None:
        """Take note that a round went well."""
        self._failed = False

    @property
    def well(self) -> bool:
        """Return whether it does its work."""
        now_s = asyncio.get_running_loop().time()
        return not self.halted and (not self._failed or now_s - self._begun_s > STEADY_S)

    async def run(self) -> None:
        """Run the body until told to stop; begin it again whenever the world fails.

        A mistake of ours ends the process, as if it had been told to end: in time, whatever hangs.

        Raises:
            Exception: What the body raised, when that was our mistake.
            RuntimeError: The body ended by itself.
        """
        pause_s = PAUSE_FIRST_S
        while not self.stopping.is_set():
            self._begun_s = asyncio.get_running_loop().time()
            try:
                await self._until_told()
            except Exception as error:
                if not of_the_world(error):
                    _log.error("process.loop_broke", loop=self.name, exc_info=error)
                    self.stopping.set()
                    raise
                _log.warning("process.loop_failed", loop=self.name, exc_info=error)
            else:
                return
            lasted_s = asyncio.get_running_loop().time() - self._begun_s
            pause_s = PAUSE_FIRST_S if lasted_s > STEADY_S else min(2 * pause_s, PAUSE_MAX_S)
            self._failed, self._begun_s = True, float("inf")
            await rest(self.stopping, pause_s)

    async def _until_told(self) -> None:
        """Run the body, which ends when told to, and not before."""
        await self.body(self)
        if not self.stopping.is_set():
            raise RuntimeError(f"{self.name} ended by itself")


def of_the_world(error: BaseException) -> bool:
    """Return whether ``error``, or everything in it, is no fault of ours."""
    if isinstance(error, BaseExceptionGroup):
        several = cast("BaseExceptionGroup[BaseException]", error)
        return all(of_the_world(each) for each in several.exceptions)
    return isinstance(error, WORLD)


async def rest(stopping: asyncio.Event, seconds: float) -> bool:
    """Return whether ``stopping`` was set within ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True


async def cut_off(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel ``tasks``, again and again, until they have ended or ``CUT_OFF_S`` is over.

    Once is not enough: whoever is cancelled while a database says nothing waits for it again, to roll
    back, and then to give the connection back.
    """
    left = {task for task in tasks if not task.done()}
    until_s = asyncio.get_running_loop().time() + CUT_OFF_S
    while left and asyncio.get_running_loop().time() < until_s:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CUT_AGAIN_S)


def cancelled_at_stop(work: Callable[[], Awaitable[None]]) -> Callable[[Loop], Awaitable[None]]:
    """Return ``work``, which knows nothing of stopping, as the body of a loop."""

    async def run_work() -> None:
        await work()

    async def body(loop: Loop) -> None:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(run_work())
            told = group.create_task(loop.stopping.wait())
            await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            told.cancel()

    return body


async def keep_all(loops: Sequence[Loop], *, stopping: asyncio.Event, grace_s: float) -> None:
    """Run ``loops`` until ``stopping`` is set; what has not ended ``grace_s`` later is cancelled.

    Raises:
        ExceptionGroup: A loop met a mistake of ours; the others are cancelled.
    """
    async with asyncio.TaskGroup() as group:
        tasks = {group.create_task(loop.run()): loop.name for loop in loops}
        await stopping.wait()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in (task for task in tasks if not task.done()):
            _log.warning("process.loop_cancelled", loop=tasks[task])
        await cut_off(tasks)

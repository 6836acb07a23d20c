"""How a process ends: told at any time, within a limit, and with its stack on record when it hangs."""

import asyncio
import faulthandler
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, Final, cast

from shared.process.loops import cut_off
from shared.telemetry import get_logger

ENDING: Final = (signal.SIGTERM, signal.SIGINT)

WATCHDOG_S: Final = 5.0
"""How long after drain and grace a process that still hangs is ended, with its stack on record."""

CLOSING_S: Final = 2.0
"""How long after drain and grace what is open may take to be closed; then it is cut off."""

_log = get_logger("process")


def hear_of_the_end(stopping: asyncio.Event, within_s: float) -> None:
    """Set ``stopping`` at SIGTERM, and see to it that the process ends.

    The handler is Python's own and not the loop's, so that it is heard while the loop hangs; the
    watchdog is a clock that Python cannot hold up, and shows where it hung. It is set once: whoever
    says it again and again does not put the end off.
    """
    loop = asyncio.get_running_loop()

    def told(_number: int, _frame: FrameType | None) -> None:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        faulthandler.dump_traceback_later(within_s + WATCHDOG_S, exit=True)
        loop.call_soon_threadsafe(stopping.set)

    for number in ENDING:
        signal.signal(number, told)


async def end_in_time(working: asyncio.Task[Any], stopping: asyncio.Event, within_s: float) -> None:
    """Return when ``working`` has ended, after ``stopping`` was set; what takes longer is cut off.

    Cut off are all tasks but this one: a group passes only the first cancellation on to its own.
    """
    await stopping.wait()
    await asyncio.wait((working,), timeout=within_s + CLOSING_S)
    if not working.done():
        _log.warning("process.cut_off")
        this = cast("asyncio.Task[Any]", asyncio.current_task())
        await cut_off(asyncio.all_tasks() - {this})


async def unless_stopped(stopping: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool:
    """Return what ``work`` returns; ``False``: told to stop first, and it is cancelled."""
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        told = group.create_task(stopping.wait())
        await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        told.cancel()
    return not working.cancelled() and working.result()

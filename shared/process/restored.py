"""ERA-1: a restore behind a running process is noticed by what it brought back. House: ADR-0024.

At start a process looks for erased keys once. This looks again and again, since whoever restores a
database may forget to stop what serves from it.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias
from uuid import UUID

from shared.process.erasing import ErasedIsBack, require_none
from shared.process.erasure_ledger import LedgerBroken
from shared.process.loops import Loop, rest
from shared.telemetry import get_logger

NAME: Final = "erasures"

Back: TypeAlias = Callable[[], Awaitable[frozenset[UUID]]]
"""Return which keys are there although they were erased; raise ``LedgerBroken``."""

_log = get_logger("process")


async def watch(back: Back, service: str, pause_s: float, loop: Loop) -> None:
    """Look for erased keys every ``pause_s``, until told to stop.

    A key that is there at two looks in a row is back: an erasure that is under way leaves it there for
    less. A ledger that cannot be read makes the process unready, for as long as that is so.

    Raises:
        ErasedIsBack: The process is to end; it does not begin again before the key has gone.
    """
    before = frozenset[UUID]()
    while not await rest(loop.stopping, pause_s):
        try:
            found = await back()
            require_none(found & before, service)
        except (ErasedIsBack, LedgerBroken) as unfit:
            _log.error("process.database_unfit", service=service, why=str(unfit))
            if isinstance(unfit, ErasedIsBack):
                raise
            loop.halted = True
        else:
            before, loop.halted = found, False
        loop.beat()

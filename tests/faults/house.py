"""A house that can be hurt: its processes killed, frozen, crashed at a point, told another time.

It runs the services of this checkout, or those of a copy of it that holds a planted bug.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from deploy.local.house import House
from deploy.local.processes import Launch, Record, module
from deploy.local.settings import CHECKOUT
from deploy.local.stack import Stack
from shared.crash import SETTING

READY_S: Final = 60.0
ENDED_S: Final = 15.0
POLL_S: Final = 0.05
SERVICE_CLOCK: Final = "SIGILL_CLOCK"


class FaultyHouse(House):
    """The services of one stack, to be hurt."""

    def __init__(self, stack: Stack, clocks: dict[str, Path], *, code: Path = CHECKOUT) -> None:
        """Know the services; start nothing.

        Args:
            stack: The parts they use.
            clocks: The clock's file of each service.
            code: Where ``services`` and ``shared`` lie.
        """
        super().__init__(stack)
        self._clocks = clocks
        self._code = code
        self._over = False

    def environment(self, service: str) -> dict[str, str]:
        """Return what is said to ``service``: its own clock, and no traces."""
        return {**super().environment(service), SERVICE_CLOCK: str(self._clocks[service])}

    def stop(self) -> None:
        """Stop every service, for good."""
        self._over = True
        super().stop()

    def running(self, process: str) -> Record | None:
        """Return the record of a process while it runs."""
        return self.stack.processes.running(process)

    def how_ended(self, process: str) -> str:
        """Return how a process ended that does not run: ``ended by SIGSEGV``; ``ended``, if unknown."""
        return self.stack.processes.how_ended(process)

    def revive(self, process: str, *, crash_at: str | None = None) -> None:
        """Start a process that does not run, perhaps to die at a point; wait for nothing.

        Once the house is stopped nothing starts in it: a fault may still be under way in a thread.
        """
        if self._over:
            return
        launch = self._planned(process)
        if crash_at is not None:
            launch = replace(launch, env={**launch.env, SETTING: crash_at})
        self.stack.processes.start(process, launch)

    def second(self, service: str, role: str) -> str:
        """Start another process of a service in one role beside the first; return its name."""
        name = f"{service}-second-{role}"
        launch = replace(self._planned(service), argv=module(f"services.{service}.main", role))
        self.stack.processes.start(name, replace(launch, ports={}))
        return name

    def signal(self, process: str, number: signal.Signals) -> None:
        """Send a signal to a process, or to a part of the stack, if it runs."""
        if (record := self.running(process)) is not None:
            os.kill(record.pid, number)

    def ends(self, process: str, within_s: float = ENDED_S) -> bool:
        """Return whether a process ends in time."""
        return _until(lambda: self.running(process) is None, within_s)

    def starts(self, process: str) -> None:
        """Return when a process is ready, or has ended before, or takes too long."""
        _until(lambda: self.running(process) is None or self.ready(process), READY_S)

    def becomes_ready(self, process: str, within_s: float = READY_S) -> bool:
        """Return whether a process says in time that it is ready."""
        return _until(lambda: self.ready(process), within_s)

    def _asking(self, services: Sequence[str], words: Sequence[str], *, at_once: bool) -> Launch:
        """Return how a command of each service is run: from the code that is under test."""
        return replace(super()._asking(services, words, at_once=at_once), cwd=self._code)

    def _planned(self, process: str) -> Launch:
        """Return how ``process`` is started: from the code that is under test."""
        return replace(super()._planned(process), cwd=self._code)


def _until(holds: Callable[[], bool], within_s: float) -> bool:
    """Return whether ``holds`` becomes true in time."""
    until = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_S)
    return True

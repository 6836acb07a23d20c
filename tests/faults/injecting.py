"""Does what a plan says to a running house, and heals it again: every fault ends.

Only processes that this stack has started are touched, each by its record.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final

from shared.eventlog.connection import connect
from tests.faults.clock import Clocks
from tests.faults.house import READY_S, FaultyHouse
from tests.faults.plan import Fault
from tests.faults.topic_faults import copy_the_last
from tests.system.rewinding import begin_anew

CRASHES_WITHIN_S: Final = 8.0
CLOCK_OF_ONE_S: Final = 2.0
PAST_THE_DEADLINE: Final = timedelta(days=61)
"""Beyond the application deadline of the round that the load applies to: a timer closes it."""

USURPED_S: Final = 3.0
"""How long who was asleep and who took over run side by side."""

SEVER_EACH_S: Final = 0.1
STILL_S: Final = 0.5
"""After which nothing of a relay that stands still is on its way any more."""
MAIL_AWAY: Final = "451 4.3.0 Try again later"
STREAMS: Final = "certificates-streams"


@dataclass(slots=True)
class Injector:
    """Hurts a house.

    Attributes:
        ready_s: How long all processes together may take to be ready when all is healed.
        done: How many faults of each kind were felt; of crashes also by point.
        disturbed: See ``Seen.disturbed``.
    """

    house: FaultyHouse
    clocks: Clocks
    say: Callable[[str], None]
    ready_s: float = READY_S
    done: Counter[str] = field(default_factory=Counter[str])
    disturbed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    async def inject(self, fault: Fault) -> None:
        """Do one fault, and return when it is over: what was ended has been started again."""
        self.say(f"  {fault}")
        self.disturbed.add((fault.kind, fault.target))
        self.done[fault.kind] += 1
        match fault.kind:
            case "kill":
                await asyncio.to_thread(self._kill, fault.target)
            case "crash":
                await asyncio.to_thread(self._crash, fault)
            case "term":
                await asyncio.to_thread(self._term, fault.target)
            case "freeze":
                await self._freeze(fault)
            case "usurp":
                await self._usurp(fault)
            case "postgres":
                await asyncio.to_thread(self._postgres)
            case "sever":
                await self._sever(fault.target, fault.seconds)
            case "kafka":
                await self._kafka(fault.seconds)
            case "clock" | "clock_of_one":
                await self._clock(fault)
            case "offsets":
                await self._offsets(fault.target)
            case "copy":
                await self._copy(fault)
            case "mail":
                self.house.stack.mail.reply_with(MAIL_AWAY)
                await asyncio.sleep(fault.seconds)
                self.house.stack.mail.reply_with(None)

    async def _clock(self, fault: Fault) -> None:
        """Move all clocks for good, or one of them for a while."""
        by = timedelta(seconds=fault.seconds)
        if fault.kind == "clock":
            self.clocks.move(by)
            return
        self.clocks.move_one(fault.target, by)
        await asyncio.sleep(CLOCK_OF_ONE_S)
        self.clocks.agree()

    async def heal(self) -> None:
        """Take every fault back: everything runs, on one clock, and the mail is taken."""
        self.clocks.agree()
        self.house.stack.mail.reply_with(None)
        await asyncio.to_thread(self._all_run)

    def _all_run(self) -> None:
        """Start whatever has ended, and wait until it is ready."""
        for part in ("postgres", "kafka"):
            if self.house.running(part) is None:
                self.house.stack.restart(part)
        for process in self.house.processes():
            if self.house.running(process) is None:
                self.house.revive(process)
        until = monotonic() + self.ready_s
        for process in self.house.processes():
            if not self.house.becomes_ready(process, max(0.0, until - monotonic())):
                words = self.house.stack.processes.last_words(process)
                self.say(f"  {process} does not become ready:\n{words}")

    def _kill(self, process: str) -> None:
        """End a process as a crash would, and start it again."""
        self.house.kill(process)
        self.house.revive(process)
        self.house.starts(process)

    def _crash(self, fault: Fault) -> None:
        """Start a process anew so that it dies at a point; then start it again."""
        process = fault.target
        self.house.kill(process)
        if fault.point == "timer.asked":
            self.clocks.move(PAST_THE_DEADLINE)
        self.house.revive(process, crash_at=f"{fault.point}:{fault.times}")
        self.house.starts(process)
        if self.house.ends(process, CRASHES_WITHIN_S):
            self.done[f"crash at {fault.point}"] += 1
        else:
            self.house.kill(process)
        self.house.revive(process)
        self.house.starts(process)

    def _term(self, process: str) -> None:
        """Stop a process in good order, and start it again."""
        self.house.stack.processes.stop(process)
        self.house.revive(process)
        self.house.starts(process)

    async def _freeze(self, fault: Fault) -> None:
        """Let a process stand still for a while."""
        self.house.signal(fault.target, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self.house.signal(fault.target, signal.SIGCONT)

    async def _usurp(self, fault: Fault) -> None:
        """Let a process stand still until others have taken over all that it led; then wake it."""
        seconds = [
            await asyncio.to_thread(self.house.second, fault.target, role)
            for role in ("relay", "worker")
        ]
        await self._freeze(fault)
        await asyncio.sleep(USURPED_S)
        for name in seconds:
            await asyncio.to_thread(self.house.stack.processes.stop, name)

    async def _copy(self, fault: Fault) -> None:
        """Repeat the end of a topic while its relay stands still: nothing comes in between."""
        self.house.signal(fault.target, signal.SIGSTOP)
        try:
            await asyncio.sleep(STILL_S)
            await copy_the_last(self.house.stack.kafka_bootstrap, fault.target, fault.times)
        finally:
            self.house.signal(fault.target, signal.SIGCONT)

    def _postgres(self) -> None:
        """Stop the database server at once: no checkpoint, no goodbye; and start it again."""
        self.house.signal("postgres", signal.SIGQUIT)
        self.house.ends("postgres")
        self.house.stack.restart("postgres")

    async def _sever(self, service: str, seconds: float) -> None:
        """Cut every connection of a service to its database, for a while."""
        until = monotonic() + seconds
        async with connect(self.house.stack.postgres_admin_dsn, name="faults") as connection:
            while monotonic() < until:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = $1 AND pid <> pg_backend_pid()",
                    service,
                )
                await asyncio.sleep(SEVER_EACH_S)

    async def _kafka(self, seconds: float) -> None:
        """Let the broker be away for a while."""
        await asyncio.to_thread(self.house.stack.processes.stop, "kafka")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.house.stack.restart, "kafka")

    async def _offsets(self, service: str) -> None:
        """Let all consumers of a service begin at the first offset again."""
        await asyncio.to_thread(self.house.stack.processes.stop, service)
        await begin_anew(self.house.stack.kafka_bootstrap, service)
        await asyncio.to_thread(self.house.revive, service)
        await asyncio.to_thread(self.house.starts, service)

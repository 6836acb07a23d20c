"""Does what a plan says to a running house, and heals it again: every fault ends.

Only processes that this stack has started are touched, each by its record.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import asyncpg

from deploy.local.part import wait_for
from deploy.local.postgres import Postgres
from shared.eventlog.connection import connect
from tests.faults.clock import Clocks
from tests.faults.disk import NO_SPACE, bounded, fill
from tests.faults.ending import AT, TOWARDS
from tests.faults.house import READY_S, FaultyHouse
from tests.faults.plan import PROCESSES, STREAMS, Fault
from tests.faults.topic_faults import (
    BEHIND_WITHIN_S,
    NobodyBehindError,
    copy_the_last,
    shorten,
)
from tests.system.rewinding import begin_anew

CRASHES_WITHIN_S: Final = 8.0
CLOCK_OF_ONE_S: Final = 2.0
PAST_THE_DEADLINE: Final = timedelta(days=61)
"""Beyond the application deadline of the round that the load applies to: a timer closes it."""

USURPED_S: Final = 3.0
"""How long who was asleep and who took over run side by side."""

SEVER_EACH_S: Final = 0.05
SEVERED: Final = 0.3
"""How likely a connection is hit by one cut."""

FILL_EACH_S: Final = 0.1
SEGMENTS_MAX: Final = 20
ROOM_S: Final = 2.0
"""How long the house goes on where there was no room, before its data move back."""

STILL_S: Final = 0.5
"""After which nothing of a relay that stands still is on its way any more."""

SUPERVISED_S: Final = 1.0
"""How often a supervisor looks whether what it runs has ended."""

TOLD_LATER: Final = frozenset({"crash", "retention"})
"""Kinds of which only their end tells whether they were felt."""

TOLD_WITHIN_S: Final = 30.0
"""Within which a process that is told to end has ended: grace and watchdog, on a busy machine."""

WATCHDOG: Final = b"\nTimeout ("
"""How Python's own watchdog begins what it says, and then it ends the process."""

MAIL_AWAY: Final = "451 4.3.0 Try again later"


@dataclass(slots=True)
class Injector:
    """Hurts a house.

    Attributes:
        ready_s: How long all processes together may take to be ready when all is healed.
        behind_within_s: How long a service may take to be behind on a topic.
        done: How many faults of each kind were felt; of crashes also by point. What was not felt is
            counted under a name that says so.
        disturbed: See ``Seen.disturbed``.
        unheeded: What the house did not do about a fault although it must, in words.
    """

    house: FaultyHouse
    clocks: Clocks
    say: Callable[[str], None]
    ready_s: float = READY_S
    behind_within_s: float = BEHIND_WITHIN_S
    done: Counter[str] = field(default_factory=Counter[str])
    disturbed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    unheeded: list[str] = field(default_factory=list[str])

    async def inject(self, fault: Fault) -> None:
        """Do one fault, and return when it is over: what was ended has been started again."""
        self.say(f"  {fault}")
        self.disturbed.add((fault.kind, fault.target))
        if fault.kind not in TOLD_LATER:
            felt = fault.target not in PROCESSES or self.house.running(fault.target) is not None
            self.done[fault.kind if felt else f"{fault.kind} of what did not run"] += 1
        match fault.kind:
            case "kill" | "crash" | "term":
                await asyncio.to_thread(self._end, fault)
            case "freeze":
                await self._freeze(fault)
            case "usurp":
                await self._usurp(fault)
            case "postgres":
                await asyncio.to_thread(self._postgres)
            case "disk_full":
                await asyncio.to_thread(self._disk_full, fault.seconds)
            case "sever":
                await self._sever(fault.target, fault.seconds)
            case "kafka":
                await self._kafka(fault.seconds)
            case "clock" | "clock_of_one":
                await self._clock(fault)
            case "offsets" | "copy" | "retention":
                await self._topics(fault)
            case "mail":
                self.house.stack.mail.reply_with(MAIL_AWAY)
                await asyncio.sleep(fault.seconds)
                self.house.stack.mail.reply_with(None)

    def _end(self, fault: Fault) -> None:
        """End a process in one way or another, and start it again."""
        match fault.kind:
            case "crash":
                self._crash(fault)
            case "term":
                self._term(fault.target)
            case _:
                self._kill(fault.target)

    async def _topics(self, fault: Fault) -> None:
        """Do something to what is on a topic, or to who has read how much of it."""
        match fault.kind:
            case "offsets":
                await self._offsets(fault.target)
            case "copy":
                await self._copy(fault)
            case _:
                await self._shorten(fault.target)

    async def _shorten(self, hearing: str) -> None:
        """Delete what is on a topic before a service has heard it; or say that it had heard all."""
        try:
            unheeded = await shorten(self.house, hearing, behind_within_s=self.behind_within_s)
        except NobodyBehindError as error:
            self._not_felt("retention", str(error))
        else:
            self.done["retention"] += 1
            self.unheeded += [] if unheeded is None else [unheeded]

    def _not_felt(self, kind: str, why: str) -> None:
        """Say that a fault was begun, and that nobody felt it."""
        self.done[f"{kind} not felt"] += 1
        self.say(f"  {kind} was not felt: {why}")

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
        for part in ("postgres", *self._brokers()):
            if self.house.running(part) is None:
                self.house.stack.restart(part)
        for process in self.house.processes():
            if self.house.running(process) is None:
                self.say(f"  {process} {self.house.how_ended(process)}, and is started again")
                self.house.revive(process)
        until = monotonic() + self.ready_s
        for process in self.house.processes():
            if not self._becomes_ready(process, until):
                words = self.house.stack.processes.last_words(process)
                how = "" if self.house.running(process) else f", {self.house.how_ended(process)}"
                self.say(f"  {process} does not become ready{how}:\n{words}")

    def _becomes_ready(self, process: str, until: float) -> bool:
        """Return whether a process is ready in time; the streams are started again when they end.

        The library ends them when Kafka was away for too long; whatever runs them starts them again.
        """
        while not self.house.becomes_ready(process, SUPERVISED_S):
            if monotonic() > until:
                return False
            if process == STREAMS and self.house.running(process) is None:
                self.done[f"{STREAMS} ended by itself"] += 1
                self.house.revive(process)
        return True

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
        self.done[f"{TOWARDS}{fault.point}"] += 1
        self.house.revive(process, crash_at=f"{fault.point}:{fault.times}")
        self.house.starts(process)
        if self.house.ends(process, CRASHES_WITHIN_S):
            self.done["crash"] += 1
            self.done[f"{AT}{fault.point}"] += 1
        else:
            self._not_felt("crash", f"{process} did not come to {fault.point} in time")
            self.house.kill(process)
        self.house.revive(process)
        self.house.starts(process)

    def _term(self, process: str) -> None:
        """Tell a process to end, which it does by itself, and start it again."""
        words = self.house.stack.processes.log_file(process)
        before = words.stat().st_size
        self.house.signal(process, signal.SIGTERM)
        if not self.house.ends(process, TOLD_WITHIN_S):
            self.unheeded.append(f"{process} was told to end, and did not")
            self.house.stack.processes.stop(process)
        elif WATCHDOG in words.read_bytes()[before:]:
            self.unheeded.append(f"{process} was told to end, and its watchdog had to end it")
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
        try:
            await self._freeze(fault)
            await asyncio.sleep(USURPED_S)
        finally:
            for name in seconds:
                await asyncio.to_thread(self.house.stack.processes.stop, name)

    async def _copy(self, fault: Fault) -> None:
        """Repeat the end of a topic while its relay stands still: nothing comes in between."""
        self.house.signal(fault.target, signal.SIGSTOP)
        try:
            await asyncio.sleep(STILL_S)
            self.done["records copied"] += await copy_the_last(
                self.house.stack.kafka_bootstrap, fault.target, fault.times
            )
        finally:
            self.house.signal(fault.target, signal.SIGCONT)

    def _postgres(self) -> None:
        """Stop the database server at once: no checkpoint, no goodbye; and start it again."""
        self.house.signal("postgres", signal.SIGQUIT)
        self.house.ends("postgres")
        self.house.stack.restart("postgres")

    def _disk_full(self, seconds: float) -> None:
        """Leave no byte where the database server writes, for a while, and then until it gives up."""
        postgres, server = Postgres(self.house.stack.settings), self.house.stack.processes
        server.stop("postgres", gently=postgres.stop_signal)
        words = server.log_file("postgres")
        with bounded(postgres.home):
            self.house.stack.restart("postgres")
            before = words.read_text(errors="replace")
            ballast = postgres.home / "ballast"
            try:
                until = monotonic() + seconds
                while monotonic() < until:
                    fill(ballast)
                    sleep(FILL_EACH_S)
                wait_for(self._out_of_log(ballast))
            finally:
                ballast.unlink(missing_ok=True)
            said = words.read_text(errors="replace").removeprefix(before)
            self.done["disk_full: refused"] += "could not extend file" in said
            self.done["disk_full: server gave up"] += "PANIC" in said
            if NO_SPACE not in said:
                self.unheeded.append("the disk was full, and the database server did not notice")
            self.house.stack.restart("postgres")
            sleep(ROOM_S)
            server.stop("postgres", gently=postgres.stop_signal)
        self.house.stack.restart("postgres")

    async def _out_of_log(self, ballast: Path) -> None:
        """Have the server begin segment after segment of its log until it cannot."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with connect(self.house.stack.postgres_admin_dsn, name="faults") as connection:
                for _ in range(SEGMENTS_MAX):
                    await connection.execute("SELECT pg_logical_emit_message(false, 'faults', 'x')")
                    await connection.execute("SELECT pg_switch_wal()")
                    fill(ballast)

    async def _sever(self, service: str, seconds: float) -> None:
        """Cut connections of a service to its database, some at a time, for a while.

        Cut all at once they never leave a consumer in the middle of an effect: it ends its session first.
        """
        until = monotonic() + seconds
        async with connect(self.house.stack.postgres_admin_dsn, name="faults") as connection:
            while monotonic() < until:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = $1 AND pid <> pg_backend_pid() AND random() < $2",
                    *(service, SEVERED),
                )
                await asyncio.sleep(SEVER_EACH_S)

    async def _kafka(self, seconds: float) -> None:
        """Let a broker be away for a while; of three one in turns, every second time frozen."""
        turn, brokers = self.done["kafka"], self._brokers()
        name = brokers[turn % len(brokers)]
        if len(brokers) > 1 and turn % 2:
            await self._freeze(Fault("freeze", name, seconds=seconds))
            return
        await asyncio.to_thread(self.house.stack.processes.stop, name)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.house.stack.restart, name)

    def _brokers(self) -> list[str]:
        """Return the names of the brokers."""
        return [part for part in self.house.stack.parts if part.startswith("kafka")]

    async def _offsets(self, service: str) -> None:
        """Let all consumers of a service begin at the first offset again."""
        await asyncio.to_thread(self.house.stack.processes.stop, service)
        await begin_anew(self.house.stack.kafka_bootstrap, service)
        await asyncio.to_thread(self.house.revive, service)
        await asyncio.to_thread(self.house.starts, service)

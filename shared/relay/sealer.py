"""From the log to its ledger: page by page behind the log, by one leader. House: ADR-0019.

Order makes it safe. First the tiles, together with the checkpoint of the lease; then the signer,
which remembers before it lets go; then the signed checkpoint. Wherever that is cut off, the next
leader reads the log anew, comes to the same bytes, and goes on. Whoever was dismissed without
noticing writes nothing: each transaction holds the lease's epoch.
"""

import asyncio
import errno
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncpg

from shared.crash import crash_point
from shared.eventlog import Stored
from shared.ledger.checkpoint import Checkpoint
from shared.ledger.errors import DisprovedError, LedgerError
from shared.ledger.growing import Growing
from shared.ledger.hashes import leaf_hash
from shared.ledger.proving import consistency
from shared.ledger.signer import Signer, SignerBusyError, signer_in
from shared.ledger.store import Kept, Log, Store
from shared.ledger.tiles import TILE_WIDTH, Tile
from shared.relay.lease import QUERY_TIMEOUT_S, SILENCE_S, Lease, LeaseLost, leading, waited
from shared.relay.outages import SIGNS_OF_LIFE, DatabaseAway, both, database, wait_s
from shared.relay.relay import Reader
from shared.telemetry import Metric, get_logger, measure

T = TypeVar("T")

PAGE_MAX = 250
IDLE_S = 1.0
INTERVAL_S = 2.0
REFUSALS: tuple[type[Exception], ...] = (LedgerError, asyncpg.RestrictViolationError)
"""The log or the ledger is not what was signed for. Nobody but people can help."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The signer's disk is full: for whoever else might lead it is the same, so the leader waits."""

log = get_logger(__name__)


@dataclass(slots=True)
class SealHealth:
    """How the ledger of one log fares, for readiness.

    Attributes:
        size: Of the last signed checkpoint.
        lag_events: In the log and not yet under a signed checkpoint, as last seen.
        refused: Why the log is not signed for any more; ``None``: it is.
    """

    leading: bool = False
    size: int = 0
    lag_events: int = 0
    refused: str | None = None


@dataclass(slots=True)
class Sealer:
    """One process's part in sealing one log.

    Attributes:
        dsn: Of the service's database, as the role ``<service>_relay``.
        origin: Of the log, as it will stand in every checkpoint.
        folder: Of the signer; the same for every process that may seal this log.
        interval_s: Between two checkpoints, at least.
        stopping: Set it, and the sealer finishes what it writes and gives the lease back.
    """

    reader: Reader
    dsn: str = field(repr=False)
    log: Log
    origin: str
    folder: Path
    interval_s: float = INTERVAL_S
    idle_s: float = IDLE_S
    silence_s: float = SILENCE_S
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    health: SealHealth = field(default_factory=SealHealth)
    _again: int = field(default=0, init=False)
    _room: bool = field(default=True, init=False)

    @property
    def output(self) -> str:
        """Return under what name the lease is held."""
        return f"ledger of {self.log}"

    async def run(self) -> None:
        """Lead when nobody else does, and seal, until ``stopping`` is set.

        Outages of the database are waited for. A refusal is not: it stays, and says so.
        """
        failed = 0
        while not self.stopping.is_set():
            try:
                async with (
                    database(),
                    leading(
                        self.dsn,
                        self.output,
                        standing_by=lambda: self._measure_lag(0),
                        stopping=self.stopping,
                        silence_s=self.silence_s,
                    ) as lease,
                ):
                    if lease is not None:
                        failed = 0
                        await self._lead(lease)
            except REFUSALS as error:
                await self._refuse(error)
            except (LeaseLost, DatabaseAway, SignerBusyError) as error:
                log.warning("ledger.stepped_down", log=self.origin, exc_info=error)
                failed += 1
                await waited(self.stopping, wait_s(failed))
            finally:
                self.health.leading = False

    async def _refuse(self, error: Exception) -> None:
        """Say that this log is not signed for any more, until told to stop."""
        self.health.refused = str(error)
        log.error("ledger.refused", log=self.origin, why=str(error))
        while not self.stopping.is_set():
            measure(Metric.LEDGER_REFUSED, 1, log=self.origin)
            await waited(self.stopping, self.silence_s / SIGNS_OF_LIFE)

    async def _lead(self, lease: Lease) -> None:
        """Seal while the lease is ours, and show the server that we are alive."""
        self.health.leading = True
        over = asyncio.Event()
        await both(self._seal_until_stopped(lease, over), self._keep(lease, over))

    async def _keep(self, lease: Lease, over: asyncio.Event) -> None:
        """Confirm the lease, note the lag and read some of the past again, at intervals.

        Raises:
            DisprovedError: The log is shorter than it was, or another: changed while we lead.
        """
        while True:
            signed = self.health.size  # before the log is asked, which goes on meanwhile
            async with database(), asyncio.timeout(QUERY_TIMEOUT_S):
                head = await self.reader.head()
            if head < signed:
                raise DisprovedError(f"the log had {signed} records and has {head}")
            if signed:
                await self._read_again(lease, signed)
            self.health.lag_events = max(0, head - self.health.size)
            self._measure_lag(self.health.lag_events)
            measure(Metric.LEDGER_REFUSED, 0, log=self.origin)
            if await waited(over, self.silence_s / SIGNS_OF_LIFE):
                return
            async with database():
                await lease.confirm()

    def _measure_lag(self, lag_events: int) -> None:
        """Measure how much is not sealed, as far as this process answers for it."""
        measure(Metric.LEDGER_LAG_EVENTS, lag_events, log=self.origin)

    async def _read_again(self, lease: Lease, signed: int) -> None:
        """Hold the next records of the past against their tile: the log goes round, tile by tile.

        Raises:
            DisprovedError: A record, or a tile, is not what it was.
        """
        first = self._again if self._again < signed else 0
        tile = Tile(0, first // TILE_WIDTH, min(TILE_WIDTH, signed - first))
        async with self._ledger(lease) as store:
            kept = await store.tile(tile)
        async with database(), asyncio.timeout(QUERY_TIMEOUT_S):
            page = await self.reader.tail(first, limit=tile.width)
        if kept != b"".join(leaf_hash(each.leaf) for each in page):
            raise DisprovedError(f"records {first + 1} to {first + tile.width} are not as sealed")
        self._again = first + TILE_WIDTH

    async def _seal_until_stopped(self, lease: Lease, over: asyncio.Event) -> None:
        """Take up what was sealed before, then seal what is appended."""
        async with self._ledger(lease) as store:
            latest = await store.latest()
        signer = await self._signer(begun=latest is not None)
        if signer is not None:
            growing = await self._resumed(lease, signer, latest)
            log.info("ledger.leads", log=self.origin, epoch=lease.epoch, size=growing.size)
            await self._follow(lease, signer, growing)
        over.set()

    async def _signer(self, *, begun: bool) -> Signer | None:
        """Return the signer, as soon as its folder has room for it; ``None``: told to stop first."""
        opening = partial(signer_in, self.folder, self.origin, begun=begun)
        while (signer := await self._with_room(opening)) is None:
            if await waited(self.stopping, self.interval_s):
                break
        return signer

    async def _with_room(self, work: Callable[[], T]) -> T | None:
        """Return what ``work`` writes into the signer's folder; ``None``: there is no room for it.

        That is said once. Readiness and the lag tell it for as long as it is so.
        """
        try:
            done = await asyncio.to_thread(work)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            if self._room:
                log.warning("ledger.no_room", log=self.origin, exc_info=error)
            self._room = False
            return None
        self._room = True
        return done

    async def _follow(self, lease: Lease, signer: Signer, growing: Growing) -> None:
        """Seal page after page, with a checkpoint on change, at most one each interval."""
        clock = asyncio.get_running_loop().time
        last = await asyncio.to_thread(signer.last)
        sealed, due_s = (last[0].size if last else None), clock()
        while not self.stopping.is_set():
            if await self._took_page(growing, PAGE_MAX) == PAGE_MAX:
                continue
            if growing.size == sealed:
                await self.reader.wait(growing.size, timeout_s=self.idle_s)
            elif clock() >= due_s:
                if await self._sealed(lease, signer, growing):
                    sealed = growing.size
                due_s = clock() + self.interval_s
            else:  # not woken by each commit: what comes meanwhile is read at once
                await waited(self.stopping, due_s - clock())
        if growing.size != sealed:
            await self._sealed(lease, signer, growing)

    async def _resumed(self, lease: Lease, signer: Signer, latest: Kept | None) -> Growing:
        """Read the log from its beginning up to where it was sealed, and hold it against both memories.

        Raises:
            DisprovedError: The log is shorter than it was, or is not what was signed.
        """
        last = await asyncio.to_thread(signer.last)
        signed = [latest.checkpoint] if latest else []
        signed += [last[0]] if last else []
        growing = Growing()
        for checkpoint in sorted(signed, key=_size):
            await self._take_up_to(growing, checkpoint.size)
            await self._hold(growing, checkpoint)
            self.health.size = checkpoint.size
        if last and (latest is None or latest.size < last[0].size):
            async with self._ledger(lease) as store:
                await store.publish(last[0].size, last[1].encode())
        await self._take_up_to(growing, lease.position)
        return growing

    async def _take_up_to(self, growing: Growing, size: int) -> None:
        """Take all records up to ``size``."""
        while growing.size < size:
            if not await self._took_page(growing, min(PAGE_MAX, size - growing.size)):
                raise DisprovedError(f"the log had {size} records and has {growing.size}")

    async def _hold(self, growing: Growing, signed: Checkpoint) -> None:
        """Hold the log as it was read against what was signed at this size."""
        if await asyncio.to_thread(growing.checkpoint, self.origin) != signed:
            raise DisprovedError(f"the first {signed.size} records are not those that were signed")

    async def _took_page(self, growing: Growing, limit: int) -> int:
        """Take the next page of the log; return how many records it had."""
        async with database(), asyncio.timeout(QUERY_TIMEOUT_S):
            page = await self.reader.tail(growing.size, limit=limit)
        if page:
            _check_dense(page, growing.size)
            growing.take([each.leaf for each in page])
        return len(page)

    async def _sealed(self, lease: Lease, signer: Signer, growing: Growing) -> bool:
        """Store the tiles, have the checkpoint signed, publish it. In this order.

        Return whether it is published; else the signer has no room, and all of it is to be repeated.
        """
        checkpoint = await asyncio.to_thread(growing.checkpoint, self.origin)
        last = await asyncio.to_thread(signer.last)
        old = last[0].size if last else 0
        async with self._ledger(lease, growing.size) as store:
            await store.keep(growing.tiles())
            proof = await consistency(store, old, checkpoint.size) if old else ()
        growing.stored()
        crash_point("sealer.stored")
        note = await self._with_room(partial(signer.sign, checkpoint, proof))
        if note is None:
            return False
        crash_point("sealer.signed")
        async with self._ledger(lease) as store:
            await store.publish(checkpoint.size, note.encode())
        self.health.size = checkpoint.size
        self.health.lag_events = 0
        return True

    @asynccontextmanager
    async def _ledger(
        self, lease: Lease, position: int | None = None
    ) -> AsyncGenerator[Store, None]:
        """Yield the ledger for one transaction that only the present leader can make."""
        async with database(), lease.moving(position) as connection:
            yield Store(connection, self.log)


def _size(checkpoint: Checkpoint) -> int:
    """Return by what checkpoints are ordered."""
    return checkpoint.size


def _check_dense(page: Sequence[Stored], after: int) -> None:
    """L3: refuse a hole in the log."""
    for position, stored in enumerate(page, after + 1):
        if stored.position != position:
            raise DisprovedError(f"no record stands at {position}")


def origin_of(service: str, which: Log, *, prefix: str, simulated: bool) -> str:
    """Return the origin of one of a service's logs; simulated records never pass for real ones."""
    house = "asf-simulated" if simulated else "asf"
    return f"{prefix}{house}/{service}" + ("/access" if which == "access" else "")

"""Erasure as a recorded act: first the ledger of erasures, then record and deletion in one commit.

Whatever is killed in between is finished by the next ``erase`` or ``migrate``: the line holds all
that the record needs, the command's id follows from the key, and a key that is gone is done with.
After a restore the same lines find the keys that came back. Law (GDPR 17); House: ADR-0024.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from shared.contracts.catalogue import event_heard
from shared.contracts.envelope import Cause
from shared.contracts.erasure import LegalHoldPlaced
from shared.contracts.record import decode, leaf_hash
from shared.eventlog import RecordRefused, Write
from shared.eventlog.committer import APPEND, arguments
from shared.eventlog.composing import Command, Stamp, entries_of
from shared.eventlog.connection import Connection, Pool, connect
from shared.process import legal_hold
from shared.process.erasure_ledger import (
    FILE,
    Erasure,
    ErasureLedger,
    ErasureOrder,
    ErasuresForgotten,
    LedgerBroken,
)
from shared.process.erasure_record import command_id_of, erased_events, erasure_in, stream_of
from shared.process.service import actor_of
from shared.vault import ERASURE, Held, erase, erased_keys_back, held_under, key_id_of

_ONE_AT_A_TIME: Final = 0x5167_112
_TURN_S: Final = 600.0
"""How long others who erase are waited for."""


class ErasedIsBack(Exception):  # noqa: N818 -- an answer to the operator
    """A backup brought back what was erased. Nothing is served before it has gone again (ERA-1)."""


class LegallyHeld(Exception):  # noqa: N818 -- an answer to the operator
    """Something is open that needs what would be erased (ERA-2). Nothing was entered."""


class Done(NamedTuple):
    """An erasure that was carried out just now.

    Attributes:
        texts: How many were deleted.
    """

    erasure: Erasure
    texts: int


@dataclass(frozen=True, slots=True)
class Eraser:
    """Whoever may erase in the database of one service. Made by ``eraser_of``.

    Attributes:
        owner: The role that owns the log.
    """

    service: str
    owner: str
    connection: Connection
    ledger: ErasureLedger
    now: Callable[[], datetime]

    async def require_ledger(self) -> None:
        """Begin the ledger with the log; do nothing where it is there.

        Raises:
            ErasuresForgotten: The log has a past, so its ledger was lost: there may have been
                erasures that a restored log does not know of either.
        """
        if self.ledger.begun:
            return
        past = "SELECT pos > 0 OR EXISTS (SELECT FROM log.vault_key) FROM log.log_head"
        if await self.connection.fetchval(past):
            raise ErasuresForgotten(
                f"asf/{self.service} has a past, and its ledger of erasures is gone: put"
                f" {self.service}/{FILE} back from its copy; without a copy run:"
                f" python -m services.{self.service}.main remake-erasures"
            )
        self.ledger.begin(self.now())

    async def held(self, subject: UUID) -> tuple[Held, ...] | None:
        """Return what is sealed about ``subject``; ``None``: it has no key."""
        key_id = await key_id_of(self.connection, str(subject))
        return None if key_id is None else await held_under(self.connection, key_id)

    async def holds(self, subject: UUID) -> tuple[LegalHoldPlaced, ...]:
        """ERA-2: return what holds up an erasure of ``subject`` now, in the order it was placed."""
        rows = await self.connection.fetch(
            "SELECT leaf FROM log.event WHERE stream = $1 ORDER BY version",
            legal_hold.stream_of(subject),
        )
        said = [event_heard(decode(row["leaf"])) for row in rows]
        known = [event for event in said if event is not None]
        return tuple(legal_hold.decider.fold(known).values())

    async def enter(self, order: ErasureOrder) -> None:
        """Enter an erasure in the ledger, durably; nothing where the subject has no key.

        Nor where this order was entered before (PM-20): what has been said since is not meant. A key
        that was entered before keeps basis and name of that time. The head of the log is locked
        meanwhile: a hold that was recorded before is respected, and one that comes after is too late.

        Raises:
            LegallyHeld: See there.
            OrderDiffers: See there.
            RecordRefused: The clock is wrong, and the log would not take the record.
        """
        subject = order.subject
        async with self.connection.transaction():
            await self._lock_head()
            if holds := await self.holds(subject):
                told = ", ".join(f"{each.ground} {each.hold_id}" for each in holds)
                raise LegallyHeld(f"legal_hold: {subject} is held for {told}")
            key_id = await key_id_of(self.connection, str(subject))
            if self.ledger.entered(order) is None and key_id is not None:
                self.ledger.require_own(order, key_id)
                await self._require_timely(self.now())
                erasure = Erasure(
                    key_id=key_id,
                    subject_id=subject,
                    basis=order.basis,
                    decided_by=order.decided_by,
                    entered_at=self.now(),
                    order_id=order.order_id,
                )
                self.ledger.add([erasure])

    async def finish(self) -> tuple[Done, ...]:
        """Carry out every erasure that the ledger or the log knows, where its key is there.

        Raises:
            RecordRefused: The log does not take the record; nothing was deleted.
            LedgerBroken: See there; or the log says of a key that is there that it was erased, and
                no erasure of ours said so.
        """
        self.ledger.add(await self.on_record())
        entries = {each.key_id: each for each in self.ledger.entries()}
        back = await erased_keys_back(self.connection, entries.keys())
        if unfounded := back - entries.keys():
            raise LedgerBroken(
                f"the log says that {len(unfounded)} keys were erased, and nobody erased them:"
                " somebody else recorded it. Nothing was deleted"
            )
        found = [entry for key_id, entry in entries.items() if key_id in back]
        return tuple([Done(entry, await self._carry_out(entry)) for entry in found])

    async def require_own(self, order: ErasureOrder) -> None:
        """Refuse an order where another has begun to erase the key, and not finished.

        Raises:
            OrderDiffers: See there.
        """
        key_id = await key_id_of(self.connection, str(order.subject))
        if key_id is not None:
            self.ledger.require_own(order, key_id)

    async def is_back(self, erasure: Erasure) -> bool:
        """Return whether its key is there: not carried out yet, or brought back by a restore."""
        return await key_id_of(self.connection, str(erasure.subject_id)) == erasure.key_id

    async def _require_timely(self, at: datetime) -> None:
        """L6: refuse before anything is entered what the log would refuse afterwards."""
        late = await self.connection.fetchval(
            "SELECT abs(extract(epoch FROM clock_timestamp() - $1::timestamptz)) * 1000 > skew_max_ms"
            " FROM log.log_head",
            at,
        )
        if late:
            raise RecordRefused("untimely: the clock here is not that of the database")

    async def on_record(self) -> tuple[Erasure, ...]:
        """Return the erasures that the log knows, oldest first: its ledger may have been lost.

        What is said of an erasure in another way than an erasure does is passed over here: until
        the database refused it, every process of the service could.
        """
        rows = await self.connection.fetch(
            "SELECT leaf FROM log.event WHERE stream >= $1 AND stream < $2 ORDER BY pos",
            *(ERASURE, f"{ERASURE[:-1]}."),
        )
        return self._erasures_in(row["leaf"] for row in rows)

    async def _is_on_record(self, erasure: Erasure) -> bool:
        """Return whether the log says that it was carried out."""
        rows = await self.connection.fetch(
            "SELECT leaf FROM log.event WHERE stream = $1", stream_of(erasure.subject_id)
        )
        said = self._erasures_in(row["leaf"] for row in rows)
        return any(each.key_id == erasure.key_id for each in said)

    def _erasures_in(self, leaves: Iterable[bytes]) -> tuple[Erasure, ...]:
        """Return the erasures that ``leaves`` are about."""
        said = [erasure_in(decode(leaf), self.service) for leaf in leaves]
        return tuple(each for each in said if each is not None)

    async def _carry_out(self, erasure: Erasure) -> int:
        """Append the record unless it is there, and delete, in one commit; return how many texts.

        The head is locked first, as by every append: what is recorded before is erased and
        counted, and what comes after cannot be sealed with this key.
        """
        connection = self.connection
        async with connection.transaction():
            name = await self._lock_head()
            if await key_id_of(connection, str(erasure.subject_id)) != erasure.key_id:
                raise LedgerBroken(f"the key {erasure.key_id} is not that of its subject")
            if not await self._is_on_record(erasure):
                await self._append(name, erasure)
            return await erase(connection, str(erasure.subject_id))

    async def _lock_head(self) -> str:
        """Let nobody append until the transaction ends; return the name of the log."""
        await self.connection.execute("SELECT set_config('role', $1, true)", self.owner)
        name: str = await self.connection.fetchval("SELECT name FROM log.log_head FOR UPDATE")
        return name

    async def _append(self, log: str, erasure: Erasure) -> None:
        """Append what happens, as ``append`` of any command does; its cause is the order."""
        command_id, at = command_id_of(erasure.key_id), self.now()
        stream, order_id = stream_of(erasure.subject_id), erasure.order_id or command_id
        last = await self.connection.fetchrow(
            "SELECT version, leaf FROM log.event WHERE stream = $1 ORDER BY version DESC LIMIT 1",
            stream,
        )
        version, before = (last["version"], leaf_hash(last["leaf"])) if last else (0, None)
        events = erased_events(erasure, await held_under(self.connection, erasure.key_id), at)
        cause = Cause(actor_of(self.service), command_id, erasure.subject_id, order_id)
        write = Write(stream, events, version, case=erasure.subject_id)
        entries = tuple(entries_of(Stamp(log, cause, at), write, events, before))
        said = await self.connection.fetch(
            APPEND.format(schema="log"), *arguments([Command(command_id, None, entries)])
        )
        if said[0]["outcome"] != "accepted":
            raise RecordRefused(f"the log says of the erasure: {said[0]['outcome']}")


@asynccontextmanager
async def eraser_of(
    admin_dsn: str,
    *,
    service: str,
    database: str,
    ledger_folder: Path,
    now: Callable[[], datetime],
) -> AsyncGenerator[Eraser]:
    """Yield whoever may erase in ``database``; others who would erase there wait."""
    async with connect(admin_dsn, name=f"{service} erasure", database=database) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME, timeout=_TURN_S)
        ledger = ErasureLedger(ledger_folder, service)
        yield Eraser(service, f"{database}_owner", connection, ledger, now)


async def erased_back(pool: Pool, service: str, ledger_folder: Path) -> frozenset[UUID]:
    """ERA-1: return which keys are there although they were erased.

    Raises:
        LedgerBroken: See there.
    """
    erased = {each.key_id for each in ErasureLedger(ledger_folder, service).entries()}
    return await erased_keys_back(pool, erased)


async def require_erased(pool: Pool, service: str, ledger_folder: Path) -> None:
    """ERA-1: do nothing when no key is there that was erased.

    Raises:
        ErasedIsBack: One is. The message names the command that mends it.
        LedgerBroken: See there.
    """
    require_none(await erased_back(pool, service, ledger_folder), service)


def require_none(back: frozenset[UUID], service: str) -> None:
    """ERA-1: do nothing when ``back`` is empty.

    Raises:
        ErasedIsBack: It is not.
    """
    if back:
        raise ErasedIsBack(
            f"{len(back)} erased keys are back; run: python -m services.{service}.main migrate"
        )

"""Erasure as a recorded act: first the ledger of erasures, then record and deletion in one commit.

Whatever is killed in between is finished by the next ``erase`` or ``migrate``: the line holds all
that the record needs, the command's id follows from the key, and a key that is gone is done with.
After a restore the same lines find the keys that came back. Law (GDPR 17); House: ADR-0024.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Cause
from shared.contracts.erasure import Basis, ErasedField, PersonalDataErased
from shared.contracts.record import decode, leaf_hash
from shared.eventlog import RecordRefused, Write
from shared.eventlog.committer import APPEND, arguments
from shared.eventlog.composing import Command, Stamp, entries_of
from shared.eventlog.connection import Connection, Pool, connect
from shared.process.erasure_ledger import Erasure, ErasureLedger, LedgerBroken
from shared.process.service import actor_of
from shared.vault import ERASURE, Held, erase, erased_keys_back, held_under, key_id_of

COMMANDS: Final = UUID("5f6f3f0e-6f2b-5c57-9d55-0b8f7f0b2e24")
"""Name space of the ids of these commands: one for each key, so that a repeat is a repeat (L4)."""

_ONE_AT_A_TIME: Final = 0x5167_112
_TURN_S: Final = 600.0
"""How long others who erase are waited for."""


class ErasedIsBack(Exception):  # noqa: N818 -- an answer to the operator
    """A backup brought back what was erased. Nothing is served before it has gone again (ERA-1)."""


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

    async def held(self, subject: UUID) -> tuple[Held, ...] | None:
        """Return what is sealed about ``subject``; ``None``: it has no key."""
        key_id = await key_id_of(self.connection, str(subject))
        return None if key_id is None else await held_under(self.connection, key_id)

    async def enter(self, subject: UUID, basis: Basis, decided_by: UUID) -> None:
        """Enter an erasure in the ledger, durably; nothing where ``subject`` has no key.

        A key that was entered before keeps basis and name of that time.

        Raises:
            RecordRefused: The clock is wrong, and the log would not take the record.
        """
        key_id = await key_id_of(self.connection, str(subject))
        if key_id is not None:
            await self._require_timely(self.now())
            erasure = Erasure(
                key_id=key_id,
                subject_id=subject,
                basis=basis,
                decided_by=decided_by,
                entered_at=self.now(),
            )
            self.ledger.add([erasure])

    async def finish(self) -> tuple[Done, ...]:
        """Carry out every erasure that the ledger or the log knows, where its key is there.

        Raises:
            RecordRefused: The log does not take the record; nothing was deleted.
            LedgerBroken: See there.
        """
        self.ledger.add(await self._on_record())
        entries = {each.key_id: each for each in self.ledger.entries()}
        back = await erased_keys_back(self.connection, entries.keys())
        if back - entries.keys():
            raise LedgerBroken("the log erased a key in a way that is not known here")
        found = [entry for key_id, entry in entries.items() if key_id in back]
        return tuple([Done(entry, await self._carry_out(entry)) for entry in found])

    async def _require_timely(self, at: datetime) -> None:
        """L6: refuse before anything is entered what the log would refuse afterwards."""
        late = await self.connection.fetchval(
            "SELECT abs(extract(epoch FROM clock_timestamp() - $1::timestamptz)) * 1000 > skew_max_ms"
            " FROM log.log_head",
            at,
        )
        if late:
            raise RecordRefused("untimely: the clock here is not that of the database")

    async def _on_record(self) -> list[Erasure]:
        """Return what the log knows of erasures: its ledger may have been lost."""
        rows = await self.connection.fetch(
            "SELECT leaf FROM log.event WHERE stream >= $1 AND stream < $2 ORDER BY pos",
            *(ERASURE, f"{ERASURE[:-1]}."),
        )
        said = [event_of(decode(row["leaf"])) for row in rows]
        return [
            Erasure(
                key_id=event.key_id,
                subject_id=event.subject_id,
                basis=event.basis,
                decided_by=event.decided_by,
                entered_at=event.erased_at,
            )
            for event in said
            if isinstance(event, PersonalDataErased)
        ]

    async def _carry_out(self, erasure: Erasure) -> int:
        """Append the record unless it is there, and delete, in one commit; return how many texts.

        The head is locked first, as by every append: what is recorded before is erased and
        counted, and what comes after cannot be sealed with this key.
        """
        connection = self.connection
        async with connection.transaction():
            await connection.execute("SELECT set_config('role', $1, true)", self.owner)
            name: str = await connection.fetchval("SELECT name FROM log.log_head FOR UPDATE")
            if await key_id_of(connection, str(erasure.subject_id)) != erasure.key_id:
                raise LedgerBroken(f"the key {erasure.key_id} is not that of its subject")
            command_id = command_id_of(erasure.key_id)
            if not await connection.fetchval(
                "SELECT true FROM log.command WHERE id = $1", command_id
            ):
                await self._append(name, erasure, command_id)
            return await erase(connection, str(erasure.subject_id))

    async def _append(self, log: str, erasure: Erasure, command_id: UUID) -> None:
        """Append what happens, as ``append`` of any command does."""
        stream, at = stream_of(erasure.subject_id), self.now()
        last = await self.connection.fetchrow(
            "SELECT version, leaf FROM log.event WHERE stream = $1 ORDER BY version DESC LIMIT 1",
            stream,
        )
        version, before = (last["version"], leaf_hash(last["leaf"])) if last else (0, None)
        events = erased_events(erasure, await held_under(self.connection, erasure.key_id), at)
        cause = Cause(actor_of(self.service), command_id, erasure.subject_id, command_id)
        write = Write(stream, events, version, case=erasure.subject_id)
        entries = tuple(entries_of(Stamp(log, cause, at), write, events, before))
        said = await self.connection.fetch(
            APPEND.format(schema="log"), *arguments([Command(command_id, None, entries)])
        )
        if said[0]["outcome"] != "accepted":
            raise RecordRefused(f"the log says of the erasure: {said[0]['outcome']}")


def command_id_of(key_id: UUID) -> UUID:
    """Return the id of the command that erases a key."""
    return uuid5(COMMANDS, str(key_id))


def stream_of(subject: UUID) -> str:
    """Return the stream of the erasures of ``subject``."""
    return f"{ERASURE}{subject}"


def erased_events(
    erasure: Erasure, held: Sequence[Held], at: datetime
) -> tuple[PersonalDataErased, ...]:
    """Return what happens: one event for each case that the texts stand in, so that each shows it.

    Args:
        erasure: As it was entered.
        held: What is under the key, by case.
        at: When it is deleted.
    """
    cases = [(case, tuple(texts)) for case, texts in groupby(held, key=lambda each: each.case)]
    return tuple(
        PersonalDataErased(
            subject_id=erasure.subject_id,
            application_id=case,
            key_id=erasure.key_id,
            erased=tuple(ErasedField(name=each.name, texts=each.texts) for each in texts),
            texts=sum(each.texts for each in texts),
            basis=erasure.basis,
            decided_by=erasure.decided_by,
            erased_at=at,
        )
        for case, texts in cases or [(None, ())]
    )


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


async def require_erased(pool: Pool, service: str, ledger_folder: Path) -> None:
    """ERA-1: do nothing when no key is there that was erased.

    Raises:
        ErasedIsBack: One is. The message names the command that mends it.
        LedgerBroken: See there.
    """
    erased = {each.key_id for each in ErasureLedger(ledger_folder, service).entries()}
    back = await erased_keys_back(pool, erased)
    if back:
        raise ErasedIsBack(
            f"{len(back)} erased keys are back; run: python -m services.{service}.main migrate"
        )

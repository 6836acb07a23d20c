"""Section 8 on a real database: an erasure is on record, whole or not at all, and survives a restore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared import clock
from shared.contracts.base import Event
from shared.contracts.catalogue import event_of
from shared.contracts.envelope import Cause
from shared.contracts.erasure import Basis, PersonalDataErased
from shared.contracts.record import Record, decode
from shared.contracts.review import ReportCommented
from shared.eventlog import Handler, RecordRefused, Write
from shared.eventlog.committer import APPEND, arguments
from shared.eventlog.connection import Connection
from shared.ids import new_id
from shared.process.erasing import ErasedIsBack, Eraser, LegallyHeld, eraser_of, require_erased
from shared.process.erasure_ledger import (
    FILE,
    Erasure,
    ErasureLedger,
    ErasureOrder,
    ErasuresForgotten,
    LedgerBroken,
)
from shared.process.erasure_record import command_id_of, erased_events, stream_of
from shared.process.legal_hold import HOLD, LiftLegalHold, PlaceLegalHold, decider
from shared.process.legal_hold import stream_of as hold_of
from shared.process.service import actor_of
from shared.vault import key_id_of
from tests.eventlog.house import Database, House, fresh_database, open_house, until
from tests.eventlog.samples import cause

pytestmark = pytest.mark.integration

CASE, OTHER = UUID(int=30), UUID(int=31)
DECIDER = UUID(int=40)
BASIS: Final[Basis] = "person_request"
SPEAKERS = 4


class KeyNamed(Event):
    """Nothing that this house says."""

    key_id: UUID


def comment(text: str, *, about: UUID) -> ReportCommented:
    """Return what a firm says to the report about it."""
    return ReportCommented(
        review_id=about,
        application_id=about,
        comment_id=new_id(),
        comment=text,
        language="sv",
        commented_at=clock.now(),
    )


@dataclass(frozen=True, slots=True)
class Office:
    """A service whose subjects can be erased.

    Attributes:
        admin: Whoever owns the server, for what a restore does.
    """

    database: Database
    house: House
    admin: Connection
    folder: Path

    @property
    def name(self) -> str:
        """Return the name of the service."""
        return self.database.service

    def eraser(self) -> AbstractAsyncContextManager[Eraser]:
        """Return whoever may erase, on a connection of their own."""
        return eraser_of(
            self.database.admin_dsn,
            service=self.name,
            database=self.name,
            ledger_folder=self.folder,
            now=clock.now,
        )

    async def say(self, case: UUID, number: int, *, version: int) -> None:
        """Have a firm comment on its report, in a stream of its own."""
        said = comment(f"Vi håller med, {number}.", about=case)
        await self.house.log.append(
            [Write(f"review-{case}", (said,), version)], cause=cause(number)
        )

    async def texts(self, case: UUID) -> list[str | None]:
        """Return what the vault says to the comments of a firm, in order; ``None``: erased."""
        stream = f"review-{case}"
        history = await self.house.log.load(stream)
        shown = await self.house.vault.reveal_all(stream, history.events)
        return [each.comment if isinstance(each, ReportCommented) else None for each in shown]

    async def on_record(self, subject: UUID) -> list[tuple[int, Record, PersonalDataErased]]:
        """Return the records of the erasures of ``subject``, with their positions."""
        asked = "SELECT pos, leaf FROM log.event WHERE stream = $1 ORDER BY version"
        rows = await self.admin.fetch(asked, stream_of(subject))
        found: list[tuple[int, Record, PersonalDataErased]] = []
        for row in rows:
            record = decode(row["leaf"])
            event = event_of(record)
            assert isinstance(event, PersonalDataErased)
            found.append((row["pos"], record, event))
        return found

    async def erase(self, subject: UUID) -> int:
        """Erase ``subject``; return how many texts of everybody were erased now."""
        async with self.eraser() as eraser:
            await eraser.enter(ErasureOrder(subject, BASIS, DECIDER))
            return sum(done.texts for done in await eraser.finish())

    async def fit_to_serve(self) -> bool:
        """Return whether a process of the service would start."""
        try:
            await require_erased(self.house.pool, self.name, self.folder)
        except ErasedIsBack:
            return False
        return True

    async def record_as_owner(self, write: Write, by: Cause) -> None:
        """Append what the database lets nobody append but its owner."""
        composed = await self.house.log._composer.compose([write], by, [None])
        told = arguments([composed.command])
        rows = await self.admin.fetch(APPEND.format(schema="log"), *told)
        assert [row["outcome"] for row in rows] == ["accepted"]

    async def back_up(self) -> None:
        """Keep a copy of what the vault holds."""
        for table in ("vault_key", "sealed_value"):
            await self.admin.execute(f"CREATE TABLE public.{table} AS TABLE log.{table}")

    async def restore(self) -> None:
        """Put back what the vault held, instead of what it holds."""
        for table in ("sealed_value", "vault_key"):
            await self.admin.execute(f"DELETE FROM log.{table}")  # noqa: S608 -- ours
        for table in ("vault_key", "sealed_value"):
            await self.admin.execute(f"INSERT INTO log.{table} TABLE public.{table}")

    async def roll_back(self, position: int) -> None:
        """Take from the log what came after ``position``, as a backup of that time has it."""
        guards = "ALTER TABLE log.{} {} TRIGGER keep_{}"
        tables = ("event", "command", "log_head")
        kept = [*((table, "rows") for table in tables), ("log_head", "forward")]
        for table, guard in kept:
            await self.admin.execute(guards.format(table, "DISABLE", guard))
        await self.admin.execute("DELETE FROM log.event WHERE pos > $1", position)
        await self.admin.execute("DELETE FROM log.command WHERE pos > $1", position)
        await self.admin.execute("UPDATE log.log_head SET pos = $1", position)
        for table, guard in kept:
            await self.admin.execute(guards.format(table, "ENABLE ALWAYS", guard))


@pytest.fixture
async def office(stack: Stack, tmp_path: Path) -> AsyncIterator[Office]:
    """A service that holds two comments of one firm and one of another."""
    async with (
        fresh_database(stack.postgres_admin_dsn) as database,
        open_house(database, event_of=event_of) as house,
        database.as_admin() as admin,
    ):
        built = Office(database, house, admin, tmp_path)
        async with built.eraser() as eraser:
            await eraser.require_ledger()
        await built.say(CASE, 1, version=0)
        await built.say(CASE, 2, version=1)
        await built.say(OTHER, 3, version=0)
        yield built


async def test_an_erasure_is_on_record_and_nobody_elses_text_goes(office: Office) -> None:
    """ERA-1: who decided, on what ground, which fields; in the case's own history; once."""
    async with office.eraser() as eraser:
        assert [(each.name, each.texts) for each in await eraser.held(CASE) or ()] == [
            ("ReportCommented.comment", 2)
        ]
    assert await office.erase(CASE) == 2
    assert await office.texts(CASE) == [None, None]
    assert await office.texts(OTHER) == ["Vi håller med, 3."]
    ((position, record, event),) = await office.on_record(CASE)
    assert (position, record.version, record.previous) == (4, 1, None)
    assert (record.actor, record.correlation_id) == (actor_of(office.name), CASE)
    assert record.command_id == command_id_of(event.key_id)
    assert (event.basis, event.decided_by, event.texts) == (BASIS, DECIDER, 2)
    assert [(each.name, each.texts) for each in event.erased] == [("ReportCommented.comment", 2)]
    assert await office.erase(CASE) == 0
    assert len(await office.on_record(CASE)) == 1
    assert len(ErasureLedger(office.folder, office.name).entries()) == 1
    assert await office.fit_to_serve()


async def test_what_is_said_after_an_erasure_stays_until_it_is_erased_itself(
    office: Office,
) -> None:
    """Section 8: it is under a key of its own, which no earlier erasure names."""
    await office.erase(CASE)
    await office.say(CASE, 4, version=2)
    assert await office.fit_to_serve()
    async with office.eraser() as eraser:
        assert await eraser.finish() == ()
    assert await office.texts(CASE) == [None, None, "Vi håller med, 4."]
    assert await office.erase(CASE) == 1
    first, second = await office.on_record(CASE)
    assert (second[1].version, second[2].texts) == (2, 1)
    assert first[2].key_id != second[2].key_id


async def test_killed_at_any_step_it_is_finished_later(office: Office) -> None:
    """ADR-0024: nothing is served between the ledger's line and the commit; then all or nothing."""
    async with office.eraser() as eraser:
        await eraser.enter(ErasureOrder(CASE, BASIS, DECIDER))
    assert not await office.fit_to_serve()
    await office.admin.execute(
        """
        CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the power failed'; END $$;
        CREATE TRIGGER no BEFORE DELETE ON log.vault_key EXECUTE FUNCTION public.no();
        """
    )
    async with office.eraser() as eraser:
        with pytest.raises(asyncpg.RaiseError, match="the power failed"):
            await eraser.finish()
    assert await office.on_record(CASE) == []
    assert None not in await office.texts(CASE)
    await office.admin.execute("DROP TRIGGER no ON log.vault_key")
    async with office.eraser() as eraser:
        assert [done.texts for done in await eraser.finish()] == [2]
    assert await office.fit_to_serve()
    assert len(await office.on_record(CASE)) == 1


async def test_what_a_restore_brings_back_goes_again(office: Office) -> None:
    """ERA-1: by the ledger outside, whether or not the restored log knows of the erasure."""
    await office.back_up()
    await office.erase(CASE)
    await office.restore()
    assert None not in await office.texts(CASE)
    assert not await office.fit_to_serve()
    async with office.eraser() as eraser:
        assert [done.texts for done in await eraser.finish()] == [2]
    assert len(await office.on_record(CASE)) == 1, "it is on record already"

    await office.restore()
    await office.roll_back(3)
    assert not await office.fit_to_serve()
    async with office.eraser() as eraser:
        assert [done.texts for done in await eraser.finish()] == [2]
    ((position, _, event),) = await office.on_record(CASE)
    assert (position, event.texts) == (4, 2)
    assert await office.texts(CASE) == [None, None]
    assert await office.texts(OTHER) == ["Vi håller med, 3."]


async def test_what_is_held_is_not_erased_until_the_hold_is_lifted(office: Office) -> None:
    """ERA-2: refused with its reason, before anything is entered; others are erased meanwhile."""
    appeal, at = UUID(int=50), clock.now()
    handler = Handler(office.house.log, {HOLD: decider}, office.house.access, clock.now)
    place = PlaceLegalHold(CASE, appeal, "appeal", DECIDER, at)
    await handler.put(hold_of(CASE), place, cause(51))
    with pytest.raises(LegallyHeld, match=f"legal_hold: {CASE} is held for appeal {appeal}"):
        await office.erase(CASE)
    assert ErasureLedger(office.folder, office.name).entries() == ()
    assert await office.fit_to_serve()
    assert await office.erase(OTHER) == 1
    assert None not in await office.texts(CASE)
    await handler.put(hold_of(CASE), LiftLegalHold(CASE, appeal, DECIDER, at), cause(52))
    assert await office.erase(CASE) == 2


async def test_a_ledger_that_was_lost_is_never_taken_for_an_empty_one(office: Office) -> None:
    """ADR-0024: what a restored log does not know of either would be served again."""
    await office.back_up()
    await office.erase(CASE)
    (office.folder / office.name / FILE).unlink()
    await office.restore()
    await office.roll_back(3)
    with pytest.raises(ErasuresForgotten, match=r"run: .* migrate"):
        await office.fit_to_serve()
    async with office.eraser() as eraser:
        with pytest.raises(ErasuresForgotten, match=r"from its copy.* remake-erasures"):
            await eraser.require_ledger()
        for asked in (eraser.enter(ErasureOrder(CASE, BASIS, DECIDER)), eraser.finish()):
            with pytest.raises(ErasuresForgotten):
                await asked
    assert await office.on_record(CASE) == []


async def test_a_whole_log_knows_what_its_ledger_knew(office: Office) -> None:
    """ADR-0024: two memories; each finds what comes back, and mends the other."""
    await office.back_up()
    await office.erase(CASE)
    kept = ErasureLedger(office.folder, office.name).entries()
    await office.restore()
    async with office.eraser() as eraser:
        eraser.ledger.begin(clock.now())
        assert not await office.fit_to_serve(), "the log knows"
        await eraser.finish()
    (again,) = ErasureLedger(office.folder, office.name).entries()
    assert again.model_copy(update={"entered_at": kept[0].entered_at}) == kept[0]
    assert await office.texts(CASE) == [None, None]


@pytest.mark.parametrize("wrong", ["command", "stream", "actor", "type"])
async def test_what_no_erasure_recorded_erases_nothing(office: Office, wrong: str) -> None:
    """L6, ADR-0024: not even in a log from before the database refused such records of a service."""
    async with office.eraser() as eraser:
        key_id = await key_id_of(eraser.connection, str(CASE))
    assert key_id is not None
    made = Erasure(
        key_id=key_id, subject_id=CASE, basis=BASIS, decided_by=DECIDER, entered_at=clock.now()
    )
    command = new_id() if wrong == "command" else command_id_of(key_id)
    actor = cause(1).actor if wrong == "actor" else actor_of(office.name)
    other = (KeyNamed(key_id=key_id),)
    said = other if wrong == "type" else erased_events(made, (), clock.now())
    stream = stream_of(OTHER if wrong == "stream" else CASE)
    by = Cause(actor, command, CASE, command)
    with pytest.raises(RecordRefused, match="may not record an erasure"):
        await office.house.log.append([Write(stream, said, 0)], cause=by)
    await office.record_as_owner(Write(stream, said, 0), by)
    async with office.eraser() as eraser:
        with pytest.raises(LedgerBroken, match="1 keys were erased, and nobody erased them"):
            await eraser.finish()
        assert eraser.ledger.entries() == ()
    assert not await office.fit_to_serve()
    assert None not in await office.texts(CASE)


async def test_nothing_is_erased_without_its_record(office: Office) -> None:
    """ADR-0024: whoever takes the id of the command beforehand holds the erasure up, and is seen."""
    async with office.eraser() as eraser:
        key_id = await key_id_of(eraser.connection, str(CASE))
        assert key_id is not None
        taken = command_id_of(key_id)
        await office.house.log.append(
            [Write(f"review-{new_id()}", (comment("Ja.", about=OTHER),), 0)],
            cause=Cause(actor_of(office.name), taken, OTHER, taken),
        )
        await eraser.enter(ErasureOrder(CASE, BASIS, DECIDER))
        with pytest.raises(RecordRefused, match="the log says of the erasure: repeated"):
            await eraser.finish()
    assert None not in await office.texts(CASE)
    assert not await office.fit_to_serve()


async def test_what_is_said_meanwhile_is_erased_and_counted_or_stays_whole(
    office: Office,
) -> None:
    """L11, ERA-1: while others write about the subject, the record says exactly what went."""
    streams: list[str] = []
    over = asyncio.Event()

    async def speak() -> None:
        while not over.is_set():
            stream, said = f"review-{new_id()}", comment("Ett tillägg.", about=CASE)
            await office.house.log.append([Write(stream, (said,), 0)], cause=cause(new_id().int))
            streams.append(stream)

    async with office.eraser() as eraser, asyncio.TaskGroup() as group:
        for _ in range(SPEAKERS):
            group.create_task(speak())
        await until(lambda: len(streams) > SPEAKERS)
        await eraser.enter(ErasureOrder(CASE, BASIS, DECIDER))
        (done,) = await eraser.finish()
        before = len(streams)
        await until(lambda: len(streams) > before + SPEAKERS)
        over.set()
    ((position, _, event),) = await office.on_record(CASE)
    gone: set[bool] = set()
    for stream in streams:
        history = await office.house.log.load(stream)
        (shown,) = await office.house.vault.reveal_all(stream, history.events)
        assert (shown is None) == (history.position < position)
        gone.add(shown is None)
    assert gone == {True, False}
    assert event.texts == done.texts


async def test_a_wrong_clock_enters_nothing(office: Office) -> None:
    """L6: what the log would refuse afterwards is refused first, and the service goes on."""
    async with office.eraser() as eraser:
        slow = replace(eraser, now=lambda: clock.now() - timedelta(hours=1))
        with pytest.raises(RecordRefused, match="untimely"):
            await slow.enter(ErasureOrder(CASE, BASIS, DECIDER))
    assert await office.fit_to_serve()
    assert None not in await office.texts(CASE)


async def test_a_line_that_names_the_key_of_somebody_else_erases_nobody(office: Office) -> None:
    """ERA-1: neither the one it names, nor the one whose key that is."""
    async with office.eraser() as eraser:
        key_id = await key_id_of(eraser.connection, str(CASE))
        assert key_id is not None
        wrong = Erasure(
            key_id=key_id,
            subject_id=OTHER,
            basis=BASIS,
            decided_by=DECIDER,
            entered_at=clock.now(),
        )
        eraser.ledger.add([wrong])
        with pytest.raises(LedgerBroken, match="not that of its subject"):
            await eraser.finish()
    assert None not in [*await office.texts(CASE), *await office.texts(OTHER)]


async def test_a_ledger_that_cannot_be_read_is_said(office: Office) -> None:
    """ADR-0024: it is no outage of the database, and nobody may take it for an empty one."""
    (office.folder / office.name / FILE).unlink()
    (office.folder / office.name / FILE).mkdir()
    with pytest.raises(LedgerBroken, match="cannot be read"):
        await office.fit_to_serve()

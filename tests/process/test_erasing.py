"""ERA-1 over whole processes: an erasure, and a restore that nobody serves from."""

import asyncio
from dataclasses import replace
from typing import Final, cast
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.erasure import Basis
from shared.ledger.signer import signed_note
from shared.process.erasure_ledger import FILE, ErasureLedger, ErasureOrder, ErasuresForgotten
from shared.process.erasure_orders import (
    FILES_LEFT,
    change_hold,
    erase_subject,
    remake_erasures,
)
from shared.process.legal_hold import LiftLegalHold, PlaceLegalHold
from shared.process.provide import migrate
from shared.process.working import log_readers, sealers
from tests.eventlog.house import until
from tests.process.example import Settings, service
from tests.process.house import MONDAY, House, eventually

pytestmark = pytest.mark.system

SUBJECT, KEY, DECIDER = UUID(int=30), UUID(int=31), UUID(int=40)
APPEAL = UUID(int=50)
BASIS: Final[Basis] = "retention_ended"
WORDS = ("erase", str(SUBJECT), "--basis", "retention_ended", "--decided-by", str(DECIDER))


async def given_a_key(house: House) -> None:
    """Have the service hold a key of the subject, or have a restore bring the same one back."""
    connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
    await connection.execute(
        "INSERT INTO log.vault_key (id, subject, wrapped) VALUES ($1, $2, '')", KEY, str(SUBJECT)
    )
    await connection.close()


async def test_nothing_is_served_from_a_backup_before_what_was_erased_has_gone_again(
    house: House,
) -> None:
    """ERA-1, ADR-0024: it is said in one line what to run, and then the service goes on by itself."""
    await given_a_key(house)
    done = house.command(*WORDS, "--apply")
    assert (done.returncode, f"erased 0 texts and the key of {SUBJECT}" in done.stdout) == (0, True)
    ledger = house.folder / "ledger" / "example" / FILE
    assert len(ledger.read_text().splitlines()) == 2, "a heading, and the erasure"
    await given_a_key(house)
    with house.running("api") as process:
        told = "1 erased keys are back; run: python -m services.example.main migrate"
        assert eventually(lambda: told in house.log("api"))
        assert process.get("/v1/letters").status_code != 200
        assert house.command("migrate").returncode == 0
        assert eventually(lambda: process.get("/v1/letters").status_code == 200)
        await given_a_key(house)
        assert process.process.wait(30) == 1, "nor from one that is put back behind its back"
        assert house.log("api").count(told) > 1


async def test_files_go_after_the_key_and_a_store_that_is_away_holds_nothing_up(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """ADR-0024: removed once there is no key; what is left is said, and a repeat removes it."""
    settings = cast("Settings", house.settings())
    asked: list[UUID] = []
    away = True

    async def remove(_: Settings, subject: UUID) -> int:
        asked.append(subject)
        if away:
            raise OSError("the store is away")
        return 3

    keeping = replace(service, remove_files=remove)
    order = ErasureOrder(SUBJECT, BASIS, DECIDER, UUID(int=60))
    await given_a_key(house)
    assert await erase_subject(keeping, settings, order, apply=False)
    assert asked == [], "a dry run"
    assert await erase_subject(keeping, settings, order, apply=True)
    away = False
    assert await erase_subject(keeping, settings, order, apply=True)
    said = capsys.readouterr().out
    assert f"would erase 0 texts and the key of {SUBJECT}, and every file under it\n" in said
    assert f"erased 0 texts and the key of {SUBJECT}\nexample: {FILES_LEFT}, of {SUBJECT}" in said
    assert said.endswith(f"removed the files of {SUBJECT}: 3\n")
    connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
    await connection.execute(
        "INSERT INTO log.vault_key (id, subject, wrapped) VALUES ($1, $2, '')", APPEAL, str(SUBJECT)
    )
    await connection.close()
    assert await erase_subject(keeping, settings, order, apply=True)
    assert asked == [SUBJECT, SUBJECT], "what came after the order stays"


async def test_a_lost_ledger_is_made_again_from_a_log_that_is_as_it_was_signed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """ADR-0024: ``migrate`` begins one with the log, and never another; a person asks for it."""
    settings = cast("Settings", house.settings())
    ledger = ErasureLedger(settings.ledger_folder, "example")
    assert ledger.entries() == ()
    await given_a_key(house)
    await erase_subject(service, settings, ErasureOrder(SUBJECT, BASIS, DECIDER), apply=True)
    entries = ledger.entries()
    assert len(entries) == 1
    place = settings.ledger_folder / "example" / FILE
    place.unlink()

    with pytest.raises(ErasuresForgotten, match="asf/example has a past"):
        await migrate(service, settings)
    assert not await remake_erasures(service, settings, apply=True), "nothing was signed yet"
    await sealed(settings, 1)
    assert await remake_erasures(service, settings, apply=False)
    assert not place.exists()
    assert await remake_erasures(service, settings, apply=True)
    assert [each.key_id for each in ledger.entries()] == [each.key_id for each in entries]
    await migrate(service, settings)
    assert not await remake_erasures(service, settings, apply=True), "it is there"

    place.unlink()
    await rolled_back(house)
    assert not await remake_erasures(service, settings, apply=True)
    assert not place.exists()
    said = capsys.readouterr().out
    assert "1 records were signed, and the log has 0" in said
    assert "the log of example may lack erasures" in said


async def test_an_operator_is_told_what_holds_up_an_erasure(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """ERA-2: placed and lifted on record, and neither twice nor by a mistyped id."""
    settings = cast("Settings", house.settings())
    await given_a_key(house)
    words = ("hold", str(SUBJECT), "--for", str(APPEAL), "--ground", "appeal")
    dry = house.command(*words, "--decided-by", str(DECIDER))
    assert dry.stdout.endswith(f"would be recorded: LegalHoldPlaced {SUBJECT}\n"), dry.stderr
    nobody = house.command("hold", str(DECIDER), *words[2:], "--decided-by", str(DECIDER))
    assert f"example: holds nothing sealed about {DECIDER}\n" in nobody.stdout
    order = ErasureOrder(SUBJECT, BASIS, DECIDER)
    place = PlaceLegalHold(SUBJECT, APPEAL, "appeal", DECIDER, MONDAY)
    lift = LiftLegalHold(SUBJECT, APPEAL, DECIDER, MONDAY)

    assert await erase_subject(service, settings, order, apply=False)
    assert not await change_hold(service, settings, lift, apply=True)
    for _ in range(2):
        assert await change_hold(service, settings, place, apply=True)
    for apply in (False, True):
        assert not await erase_subject(service, settings, order, apply=apply)
    assert await change_hold(service, settings, lift, apply=True)
    assert await erase_subject(service, settings, order, apply=True)

    said = capsys.readouterr().out
    assert f"legal_hold: {SUBJECT} is held for appeal {APPEAL}\n" in said
    assert f"held since 2027-03-01 09:00:00: appeal {APPEAL}\n" in said
    assert f"{APPEAL} holds already\n" in said
    assert "legal_hold_not_found: " in said


async def sealed(settings: Settings, size: int) -> None:
    """Seal both logs as the role ``relay`` does, until the service's own is signed up to ``size``."""
    stopping = asyncio.Event()
    async with (
        asyncio.timeout(60),
        log_readers(service, settings) as readers,
        asyncio.TaskGroup() as group,
    ):
        sealing = sealers(service, settings, readers, stopping, simulated=True)
        for each in sealing:
            group.create_task(each.run())
        await until(lambda: sealing[0].health.size >= size)
        await until(lambda: all(signed_note(each.folder) for each in sealing))
        stopping.set()


async def rolled_back(house: House) -> None:
    """Take every record from the log, as a backup from before the first one has it."""
    connection = await asyncpg.connect(house.stack.postgres_admin_dsn, database="example")
    for table in ("event", "command", "log_head"):
        await connection.execute(f"ALTER TABLE log.{table} DISABLE TRIGGER ALL")
    await connection.execute("DELETE FROM log.event")
    await connection.execute("DELETE FROM log.command")
    await connection.execute("UPDATE log.log_head SET pos = 0")
    await connection.close()

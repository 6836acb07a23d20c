"""Section 7, over whole processes: a service seals and serves; an operator checks; a rollback shows."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.ledger import parse_checkpoint, parse_note
from tests.eventlog.house import Database, open_house
from tests.ledger.sealing import append_to
from tests.process.house import MONDAY, House, eventually
from tests.stack import emptied

pytestmark = pytest.mark.integration

NAME = "notify"
ORIGIN = f"asf-simulated/{NAME}"
NOT_ITS_OWN = {"view notification_list", "views"}
"""What stops at the records that are appended here: no release of it says them (ADR-0030)."""


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    """A real service, migrated; nothing on Kafka, so that its log grows by what a test appends."""
    with emptied(stack, MONDAY):
        house = House(stack, tmp_path, NAME, f"services.{NAME}.main", {"LEDGER_INTERVAL_MS": "50"})
        house.set_clock(MONDAY)
        house.migrate()
        yield house


def database_of(house: House) -> Database:
    """Return where its database is."""
    told = house.environment(1)
    prefix = NAME.upper()
    admin = urlsplit(house.stack.postgres_admin_dsn)._replace(path=f"/{NAME}").geturl()
    return Database(NAME, admin, told[f"{prefix}_DATABASE_DSN"], told[f"{prefix}_RELAY_DSN"])


async def append(house: House, numbers: range) -> None:
    """Append to its log, as it would itself."""
    async with open_house(database_of(house), now=lambda: MONDAY) as own:
        for number in numbers:
            await append_to(own, number)


async def changed(house: House, *changes: str) -> None:
    """Change its database as whoever owns it."""
    connection = await asyncpg.connect(database_of(house).admin_dsn)
    for table in ("log.event", "log.log_head", "log.command", "ledger.tile", "ledger.checkpoint"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for change in changes:
        await connection.execute(change)
    await connection.close()


def size_of(note: bytes) -> int:
    """Return how many records a served checkpoint speaks of."""
    return parse_checkpoint(parse_note(note).text).size


async def test_a_service_seals_and_an_operator_checks(house: House, tmp_path: Path) -> None:
    """Section 7: from the service's own processes; the report names the first bad position."""
    await append(house, range(40))
    with house.running("all") as running:
        assert eventually(lambda: running.get("/checkpoint").status_code == 200)
        assert eventually(lambda: size_of(running.get("/checkpoint").content) == 40)
        assert eventually(lambda: running.get("/access/checkpoint").status_code == 200)
        assert eventually(lambda: set(running.failing()) == NOT_ITS_OWN)
        assert running.get("/v1/ledger/proofs/40").status_code == 200
        saved = tmp_path / "saved"
        saved.write_bytes(running.get("/checkpoint").content)
        await append(house, range(40, 50))
        assert eventually(lambda: size_of(running.get("/checkpoint").content) == 50)
        fine = house.command("check-ledger", str(saved))
        assert (fine.returncode, fine.stderr) == (0, "")
        assert f"{ORIGIN}: 50 records, " in fine.stdout
        assert f"{ORIGIN}/access: 0 records, " in fine.stdout
        assert running.ended(20) == 0
    (tmp_path / "stranger").write_text("asf/other\n1\n")
    assert house.command("check-ledger", str(tmp_path / "stranger")).returncode == 1
    await changed(
        house,
        "UPDATE log.event SET leaf = (SELECT leaf FROM log.event WHERE pos = 8) WHERE pos = 7",
    )
    told = house.command("check-ledger", str(saved))
    assert told.returncode == 1
    assert f"{ORIGIN}: " in told.stdout
    assert "bad from 7 on" in told.stdout


async def test_a_database_that_was_rolled_back_is_not_ready(house: House) -> None:
    """Section 7: the service goes on taking commands, signs nothing, and says so."""
    await append(house, range(20))
    with house.running("all") as running:
        assert eventually(
            lambda: (
                running.get("/checkpoint").status_code == 200
                and size_of(running.get("/checkpoint").content) == 20
            )
        )
        assert running.ended(20) == 0
    await changed(
        house,
        "DELETE FROM log.event WHERE pos > 10",
        "DELETE FROM log.command WHERE pos > 10",
        "UPDATE log.log_head SET pos = 10",
        "DELETE FROM ledger.tile",
        "DELETE FROM ledger.checkpoint",
        "UPDATE relay.checkpoint SET position = least(position, 10)",
    )
    with house.running("all") as running:
        assert eventually(lambda: f"ledger {ORIGIN}" in running.failing())
        assert "ledger.refused" in house.log("all")
        assert running.get("/checkpoint").status_code == 404
        assert running.ended(20) == 0

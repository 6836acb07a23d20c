"""ERA-1 over whole processes: an erasure, and a restore that nobody serves from."""

from uuid import UUID

import asyncpg
import pytest

from shared.process.erasure_ledger import FILE
from tests.process.house import House, eventually

pytestmark = pytest.mark.system

SUBJECT, KEY, DECIDER = UUID(int=30), UUID(int=31), UUID(int=40)
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
    assert len(ledger.read_text().splitlines()) == 1
    await given_a_key(house)
    with house.running("api") as process:
        told = "1 erased keys are back; run: python -m services.example.main migrate"
        assert eventually(lambda: told in house.log("api"))
        assert process.get("/v1/letters").status_code != 200
        assert house.command("migrate").returncode == 0
        assert eventually(lambda: process.get("/v1/letters").status_code == 200)

"""The disk of a service's signer is full: commands are taken, readiness says so, and it goes on by itself."""

import pytest

from shared.ids import new_id
from tests.faults.disk import bounded, filled, require_mounting
from tests.process.house import House, eventually

pytestmark = pytest.mark.system

LEDGER = "ledger asf-simulated/example"


def test_commands_are_taken_while_nothing_can_be_signed(house: House) -> None:
    """Section 7: the log is not its signature; what was not signed is, and checks, when there is room."""
    require_mounting()
    folder = house.folder / "ledger"
    with bounded(folder):
        with house.running("all") as process:
            assert eventually(lambda: process.failing() == [])
            with filled(folder):
                answer = process.plan(new_id())
                assert answer.status_code == 201
                assert eventually(lambda: process.failing() == [LEDGER]), process.failing()
                assert process.plan(new_id()).status_code == 201
                assert process.process.poll() is None
            assert eventually(lambda: process.failing() == [])
            assert eventually(lambda: len(process.letters()) == 4)
            assert process.ended(10) == 0
        checked = house.command("check-ledger")
    assert checked.returncode == 0, checked.stderr
    assert "asf-simulated/example: 4 records, " in checked.stdout
    assert "ledger.no_room" in house.log("all")

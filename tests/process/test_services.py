"""Every service of the house, as it is: made, started, ready, stopped."""

from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.process.house import CHECKOUT, MONDAY, House, eventually
from tests.stack import emptied

pytestmark = pytest.mark.system

SERVICES = sorted(path.parent.name for path in (CHECKOUT / "services").glob("*/main.py"))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_becomes_ready_alone_and_ends_when_told(
    stack: Stack, tmp_path: Path, name: str
) -> None:
    """Architecture 4: none of them needs another one to begin."""
    house = House(stack, tmp_path, name, f"services.{name}.main", cold=True)
    house.set_clock(MONDAY)
    with emptied(stack, MONDAY):
        house.migrate()
        again = house.command("migrate")
        assert again.returncode == 0, again.stdout + again.stderr
        with house.running("all") as process:
            ready = eventually(lambda: process.failing() == [], 60)
            assert ready, (process.failing(), house.log("all")[-3000:])
            assert process.get("/openapi.json").status_code == 200
            assert process.ended(15) == 0

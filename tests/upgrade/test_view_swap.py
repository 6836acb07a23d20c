"""House (event log 5): a release with a new version of a view is rolled out under load.

What swaps, and that a rebuilt view equals the log, is tested in ``tests/projector``; here it is done
by processes of two releases, while people read and write over HTTP.
"""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from deploy.local.stack import Stack
from tests.faults.campaign import BEGINS_AT, campaign
from tests.notify.running import eventually
from tests.stack import emptied
from tests.upgrade.loading import Load, Reader, whatever_the_release
from tests.upgrade.observed import views
from tests.upgrade.release import Release, release

pytestmark = [pytest.mark.system, pytest.mark.nightly, pytest.mark.timeout(600)]

SEED: Final = 12
ENOUGH: Final = 120
SERVICE: Final = "intake"
VIEW: Final = "applications"
READ_MIN: Final = 20


async def test_a_new_version_of_a_view_is_swapped_in_while_people_read_and_write(
    stack: Stack, tmp_path: Path
) -> None:
    """Nobody reads less than before; every list is answered; the new view is what the log says."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with campaign(parts, tmp_path, print) as playing:
            playing.enough = ENOUGH
            load, reading = Load(playing), asyncio.Event()
            reader = Reader(playing, "PL1", SERVICE, "/v1/applications")
            with release(playing.house, tmp_path, "wider_view") as newer:
                async with asyncio.TaskGroup() as group:
                    group.create_task(reader.go_on(reading))
                    await load.during(SEED, lambda: _rolls(load, newer))
                    reading.set()
                seen = await load.seen(SERVICE)
                assert not whatever_the_release(playing.history, seen)
                assert reader.read > READ_MIN
                said = await asyncio.to_thread(newer.ask, SERVICE, "check-views")
                assert said.count(", agrees") == len(await views(parts, SERVICE)), said
                assert f"{VIEW} v2" in said


async def _rolls(load: Load, newer: Release) -> None:
    """Migrate, start the new one beside the old one, wait for the swap, stop the old one."""
    house = load.playing.house
    address = house.url(SERVICE)
    said = await asyncio.to_thread(newer.ask, SERVICE, "migrate")
    assert "view.begun" in said, said
    load.balanced.add(SERVICE, await asyncio.to_thread(newer.start, SERVICE))

    async def swapped() -> bool:
        return bool((await views(house.stack, SERVICE))[VIEW]["version"] == 2)

    await eventually(swapped)
    await asyncio.to_thread(house.stack.processes.stop, SERVICE)
    load.balanced.remove(SERVICE, address)
    await asyncio.to_thread(newer.start, SERVICE, "api", port=house.stack.settings.port_of(SERVICE))

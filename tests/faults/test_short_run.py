"""A short campaign: a whole house under load and several kinds of faults. The long one is a target.

The second house holds a planted bug: a harness that finds nothing must be able to.
"""

from pathlib import Path

import pytest

from deploy.local.stack import Stack
from shared.kafka.topics import PARTITIONS
from tests.faults.campaign import BEGINS_AT, campaign
from tests.faults.injecting import Injector
from tests.faults.plan import told
from tests.faults.planted import FOLDER, copied, plant, read, unload
from tests.stack import emptied

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SEED = 1
FAULTS = tuple(
    map(
        told,
        (
            "crash intake at commit.unanswered:5",
            "crash notify at letter.taken:1",
            "postgres",
            "copy intake",
            "clock_of_one intake -3600.0 s",
            "kill certificates-streams",
            "kill intake",
        ),
    )
)
PLANTED = "moved_is_acknowledged"
SETTLE_S = 5.0
ENOUGH = 40
IDLE_S = 1.0
"""For how long nothing happens in a house at rest, which takes no proof."""


async def test_faults_of_many_kinds_do_no_harm(stack: Stack, tmp_path: Path) -> None:
    """L1 to L5, MSG-1: nothing is lost, doubled or invented, and everything comes to rest."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with campaign(parts, tmp_path, print) as playing:
            assert not await playing.play(SEED, FAULTS)
            assert playing.faults["crash at commit.unanswered"]
            assert playing.faults["records copied"] > PARTITIONS, "more than one of each partition"
            assert any(each.was_unknown for each in playing.history.commands)
            idle = Injector(playing.house, playing.clocks, print, behind_within_s=IDLE_S)
            await idle.inject(told("retention notify"))
            assert idle.done == {"retention not felt": 1}, "nothing happens that it could miss"
            assert not idle.unheeded


@pytest.mark.nightly
async def test_a_planted_bug_is_found(stack: Stack, tmp_path: Path) -> None:
    """House: ADR-0026: a command that came too late and is acknowledged is found by its client."""
    bug = read(FOLDER / f"{PLANTED}.patch")
    code = tmp_path / "code"
    plant(bug, copied(code))
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with campaign(parts, tmp_path, print, code=code) as playing:
            playing.settle_s, playing.enough = SETTLE_S, ENOUGH
            found = await playing.play(SEED, bug.faults)
    unload(code)
    assert bug.check in {each.check for each in found}

"""House (ADR-0025, ADR-0030): a whole house is upgraded under load, in either order of its services."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from deploy.local.stack import Stack
from tests.faults.campaign import BEGINS_AT, Campaign, campaign
from tests.notify.running import eventually
from tests.stack import emptied
from tests.upgrade.loading import Load, one_letter_each, whatever_the_release
from tests.upgrade.observed import parked, redrive_all, views
from tests.upgrade.release import NEXT, Release, release

pytestmark = [pytest.mark.system, pytest.mark.nightly, pytest.mark.timeout(900)]

SEED: Final = 13
ENOUGH: Final = 60
SAYS_NEW: Final = "intake"
"""Whose rules say something new in the next release."""

LISTENERS_FIRST: Final = ("audit", "notify", "certificates", "review", "intake")
"""As docs/upgrades.md says: whoever says something new comes last."""


@pytest.mark.parametrize("order", [LISTENERS_FIRST, LISTENERS_FIRST[::-1]], ids=lambda o: o[0])
async def test_a_house_is_upgraded_under_load(
    stack: Stack, tmp_path: Path, order: tuple[str, ...]
) -> None:
    """L1 to L5, MSG-1: nothing lost or doubled; what was parked meanwhile is redriven, once."""
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        async with campaign(parts, tmp_path, print) as playing:
            playing.enough = ENOUGH
            load = Load(playing)
            with release(playing.house, tmp_path, NEXT) as newer:
                await load.during(SEED, lambda: _roll(load, newer, order))
                await _redrive(load, newer, listeners_first=order is LISTENERS_FIRST)
                await _holds(load, newer)


async def _roll(load: Load, newer: Release, order: tuple[str, ...]) -> None:
    """Let both releases of each service serve; then the newer one takes the old one's place."""
    house = load.playing.house
    for service in order:
        address, port = house.url(service), house.stack.settings.port_of(service)
        beside = await asyncio.to_thread(newer.start, service, "api")
        load.balanced.add(service, beside)
        if service == SAYS_NEW:
            await eventually(lambda: _older_met_newer(load))
        await asyncio.to_thread(house.stack.processes.stop, service)
        load.balanced.remove(service, address)
        await asyncio.to_thread(newer.start, service, "all", port=port)
        load.balanced.add(service, address)
        await asyncio.to_thread(newer.stop, service, "api")
        load.balanced.remove(service, beside)


async def _redrive(load: Load, newer: Release, *, listeners_first: bool) -> None:
    """Redrive until nothing is parked: what one service then says may lead to more in another."""
    house = load.playing.house
    await load.seen()
    held = {service: await parked(house.stack, service) for service in house.services}
    assert listeners_first or held["notify"], "an old listener heard what it does not know"
    assert all("NewerVersionError" in why for each in held.values() for why in each.values())
    while any(held.values()):
        for service in house.services:
            said = await redrive_all(newer, service)
            assert not [each for each in said if ": stays" in each]
        await load.seen()
        held = {service: await parked(house.stack, service) for service in house.services}


async def _older_met_newer(load: Load) -> bool:
    """Return whether a client was told by the older release that a newer one has decided."""
    told = (heard.code for each in load.playing.history.commands for heard in each.heard)
    return "newer_version" in told


async def _holds(load: Load, newer: Release) -> None:
    """Every check that can read both, and for the rest the newer release's own."""
    playing = load.playing
    seen = await load.seen(*playing.house.services)
    assert not whatever_the_release(playing.history, seen)
    assert not [*one_letter_each(seen, "InterestRegistered")]
    said = {entry.record.type for entry in seen.services["intake"].log}
    assert "MandateQuestioned" in said
    versions = {
        entry.record.schema
        for entry in seen.services["intake"].log
        if entry.record.type == "InterestRegistered"
    }
    assert versions == {1, 2}
    assert seen.mirror["intake"].keys() == {each.position for each in seen.services["intake"].log}
    await _views_agree(playing, newer)


async def _views_agree(playing: Campaign, newer: Release) -> None:
    """Live equals rebuilt, by the newer release, in every service."""
    for service in playing.house.services:
        told = await asyncio.to_thread(newer.ask, service, "check-views")
        assert told.count(", agrees") == len(await views(playing.house.stack, service)), told

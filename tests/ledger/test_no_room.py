"""A signer whose disk is full: nothing is signed, everybody is told, and it goes on by itself."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from structlog.testing import capture_logs

from shared.ledger.signer import signed_note
from shared.process.readiness import Stall, seals
from shared.relay import Sealer
from tests.faults.disk import BALLAST, bounded, filled, require_mounting
from tests.ledger.sealing import Sealing, running
from tests.ledger.test_sealer import checkpoints_of, require_whole, until
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = pytest.mark.integration

STALLED_S = 0.3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The folder that holds the signer's, on a disk of its own."""
    require_mounting()
    home = tmp_path / "disk"
    home.mkdir()
    with bounded(home):
        yield home


def sealer_on(disk: Path, ledger: Sealing) -> Sealer:
    """Return a sealer that signs on a small disk, and says often how far it is."""
    ledger.folder = disk / "signer"
    return replace(ledger.sealer(), silence_s=1.0)


def lag_of(ledger: Sealing, metrics: InMemoryMetricReader) -> float:
    """Return how many records are said to be under no checkpoint."""
    (point,) = points(metrics, "asf.ledger.lag_events", {"asf.log": ledger.origin})
    assert isinstance(point, NumberDataPoint)
    return point.value


def stands_still(sealer: Sealer, stall: Stall) -> bool:
    """Return whether readiness names the ledger."""
    return not seals(sealer, stall)


def files_in(disk: Path) -> set[str]:
    """Return the names of all files on the disk."""
    return {each.name for each in disk.rglob("*") if each.is_file()}


async def test_a_log_that_cannot_be_signed_for_now_is_signed_for_when_there_is_room(
    ledger: Sealing, disk: Path, recorded_metrics: InMemoryMetricReader
) -> None:
    """Section 7: commands are taken; readiness, the lag and one line say it; nothing half is left."""
    sealer, stall = sealer_on(disk, ledger), Stall(STALLED_S)
    with capture_logs() as said:
        async with running(sealer):
            await ledger.append(20)
            await ledger.sealed(20)
            before = signed_note(ledger.folder)
            with filled(disk):
                await ledger.append(20)
                await until(partial(stands_still, sealer, stall))
                await until(lambda: lag_of(ledger, recorded_metrics) == 20)
                assert sealer.health.leading
                assert {each.size for each in await checkpoints_of(ledger)} <= set(range(21))
                assert signed_note(ledger.folder) == before
            await ledger.sealed(40)
            assert seals(sealer, stall)
    assert [each["event"] for each in said if each["log_level"] != "info"] == ["ledger.no_room"]
    assert files_in(disk) == {"key", "signed", "verifier-keys", "lock"}
    await require_whole(ledger)


async def test_whoever_is_told_to_end_while_there_is_no_room_ends_and_the_next_goes_on(
    ledger: Sealing, disk: Path
) -> None:
    """Section 7: what was stored before the signature was missing is what is signed later."""
    async with running(sealer_on(disk, ledger)):
        await ledger.append(5)
        await ledger.sealed(5)
    with filled(disk):
        for _ in range(2):
            sealer = sealer_on(disk, ledger)
            async with running(sealer):
                await ledger.append(300)
                await until(partial(stands_still, sealer, Stall(STALLED_S)))
        assert max(each.size for each in await checkpoints_of(ledger)) == 5
    async with running(sealer_on(disk, ledger)):
        await ledger.sealed(605)
    await require_whole(ledger)


async def test_a_new_ledger_waits_for_room_for_its_key(ledger: Sealing, disk: Path) -> None:
    """Section 7: half a key is none, and none is made in its place."""
    sealer = sealer_on(disk, ledger)
    async with running(sealer):
        with filled(disk):
            await ledger.append(3)
            await until(partial(stands_still, sealer, Stall(STALLED_S)))
            assert files_in(disk) == {BALLAST, "lock"}
        await ledger.sealed(3)
    assert ledger.policy.open((await checkpoints_of(ledger))[-1].note).checkpoint.size == 3
    await require_whole(ledger)

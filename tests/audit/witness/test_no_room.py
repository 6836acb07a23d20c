"""A witness whose disk is full cosigns nothing, says how far it is behind, and goes on by itself."""

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from tests.audit.witness.house import LOG, Witnessed
from tests.faults.disk import bounded, filled, require_mounting
from tests.ledger.sealing import running
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def lag_of(metrics: InMemoryMetricReader) -> float:
    """Return how many sealed records are said not to be cosigned."""
    (point,) = points(metrics, "asf.witness.lag_events", {"asf.log": LOG})
    assert isinstance(point, NumberDataPoint)
    return point.value


async def test_what_cannot_be_cosigned_for_want_of_room_is_cosigned_later(
    house: Witnessed, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: ADR-0022: an outage is no finding; the loop that fails is named, and the lag is alarmed."""
    require_mounting()
    memory = house.folder / "audit"
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(5)
        await watch.round()
        with bounded(memory):
            with filled(memory):
                await house.grow(5)
                with pytest.raises(OSError, match="No space left"):
                    await watch.round()
                assert lag_of(recorded_metrics) == 5
                assert await house.cosigned() == [5]
                assert [*memory.rglob("*.new")] == []
            await watch.round()
            assert lag_of(recorded_metrics) == 0
    assert await house.cosigned() == [5, 10]
    assert await house.findings() == []

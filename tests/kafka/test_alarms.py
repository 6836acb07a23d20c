"""What a parked stream looks like to whoever is on duty: an error in the log, a level that falls."""

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from structlog.testing import capture_logs

from shared.kafka import Consumer, consumer
from shared.kafka.redrive import redrive
from tests.kafka.example import box
from tests.kafka.house import House, running, until
from tests.kafka.test_parked import order
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = pytest.mark.integration


def level(reader: InMemoryMetricReader, house: House) -> float:
    """Return how many parked streams are measured for the consumer of ``house``."""
    having = {"messaging.consumer.group.name": house.group}
    (point,) = points(reader, "asf.parked_cases", having)
    assert isinstance(point, NumberDataPoint)
    return point.value


async def test_a_gap_is_said_aloud_and_shows_until_it_is_mended(
    house: House, recorded_metrics: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Event log 5: gap is an alarm; parked depth is a metric; who redrives ends it."""
    monkeypatch.setattr(consumer, "COUNT_PARKED_S", 0.1)
    await house.fill("a", range(20, 23))
    one, two, three = await house.on_record()
    member: Consumer = house.consumer()
    with capture_logs() as entries:
        async with running(member):
            await house.send(one, three)
            await until(lambda: member.health.parked == 1)
            assert level(recorded_metrics, house) == 1
            await house.send(two)
            await until(lambda: _arrived(house, 2))
            await redrive(house.book, house.effect, order(house, apply=True))
            await until(lambda: member.health.parked == 0)
    assert level(recorded_metrics, house) == 0
    (alarm,) = (entry for entry in entries if entry["event"] == "consumer.parked")
    assert (alarm["log_level"], alarm["code"]) == ("error", "gap")
    assert (alarm["stream"], alarm["version"]) == (box("a"), 3)
    assert (alarm["group"], alarm["topic"]) == (house.group, house.topic)
    assert await house.noted(range(20, 23)) == [1, 1, 1]


async def _arrived(house: House, number: int) -> bool:
    """Return whether so many messages are parked."""
    return len(await house.parked()) == number

"""The relay's arithmetic: what a range of the log must have put on the topic, and what is there."""

from dataclasses import dataclass

from shared.kafka.clients import Brokers
from shared.kafka.headers import position_of
from shared.kafka.reading import whole_topic
from shared.telemetry import Metric, measure

MISSING_TOLD_MAX = 100


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found of the positions ``first`` to ``last``, both inclusive.

    Attributes:
        found: Distinct positions on the topic.
        repeats: Messages beyond those: sent again after a failure.
        missing: The first ``MISSING_TOLD_MAX`` positions that are not there, ascending.
    """

    first: int
    last: int
    found: int
    repeats: int
    missing: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Return whether distinct positions equal the length of the range."""
        return self.lacking == 0

    @property
    def lacking(self) -> int:
        """Return how many positions are not there."""
        return self.last - self.first + 1 - self.found


async def reconcile(brokers: Brokers, topic: str, first: int, last: int) -> Reconciled:
    """Return how much of a range of the log is on ``topic``, and measure what is not.

    Reads the whole topic.

    Raises:
        KafkaError: The cluster is not there, or there is no such topic.
        TimeoutError: It does not answer in time.
    """
    assert first <= last + 1
    seen = bytearray(last - first + 1)
    found = repeats = 0
    async for message in whole_topic(brokers, topic):
        position = position_of(message.headers)
        if position is None or not first <= position <= last:
            continue
        if seen[position - first]:
            repeats += 1
        else:
            seen[position - first] = 1
            found += 1
    missing: list[int] = []
    at = seen.find(0)
    while at != -1 and len(missing) < MISSING_TOLD_MAX:
        missing.append(first + at)
        at = seen.find(0, at + 1)
    reconciled = Reconciled(first, last, found, repeats, tuple(missing))
    measure(Metric.RELAY_MISSING_EVENTS, reconciled.lacking, topic=topic)
    return reconciled

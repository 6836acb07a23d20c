"""What is measured: a closed set of names, each with its kind and its unit."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias, Unpack

from opentelemetry import metrics

from shared.telemetry.attributes import Dimensions, named


class Metric(StrEnum):
    """Everything that is measured. Seconds are floats, all else is whole numbers."""

    HTTP_SERVER_REQUEST_DURATION = "http.server.request.duration"
    MESSAGING_CLIENT_OPERATION_DURATION = "messaging.client.operation.duration"
    MESSAGING_PROCESS_DURATION = "messaging.process.duration"
    APPEND_BATCH_SIZE = "asf.append.batch_size"
    APPEND_DURATION = "asf.append.duration"
    RELAY_LAG_EVENTS = "asf.relay.lag_events"
    RELAY_LAG_SECONDS = "asf.relay.lag_seconds"
    RELAY_MISSING_EVENTS = "asf.relay.missing_events"
    VIEW_LAG_EVENTS = "asf.view.lag_events"
    PARKED_CASES = "asf.parked_cases"
    TIMERS_OVERDUE = "asf.timers.overdue"
    REFUSALS = "asf.refusals"
    LEDGER_LAG_EVENTS = "asf.ledger.lag_events"
    LEDGER_REFUSED = "asf.ledger.refused"
    WITNESS_LAG_EVENTS = "asf.witness.lag_events"
    WITNESS_REFUSED = "asf.witness.refused"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is promised about a metric.

    Attributes:
        unit: UCUM, as the conventions want it.
        buckets: Upper bounds, ascending; for a histogram only.
        holds_s: How long a value is said that nobody measures again; for a gauge only. ``None``: for ever.
    """

    kind: Literal["histogram", "gauge", "counter"]
    unit: str
    description: str
    buckets: tuple[float, ...] = ()
    holds_s: float | None = None


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The conventions' bounds for durations of requests and messages."""
APPEND_SECONDS = (0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.512, 2)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
LAG_HOLDS_S = 30.0
"""Several rounds of whoever measures a lag. Who cannot reach the database then says nothing, which is an
alert of its own (``RelaySilent``, ``WorkerSilent``), instead of a calm lag that is no longer so."""

DECLARED: Mapping[Metric, Declared] = {
    Metric.HTTP_SERVER_REQUEST_DURATION: Declared(
        "histogram", "s", "Duration of HTTP server requests.", SECONDS
    ),
    Metric.MESSAGING_CLIENT_OPERATION_DURATION: Declared(
        "histogram", "s", "Duration of a send to the broker, acknowledgement included.", SECONDS
    ),
    Metric.MESSAGING_PROCESS_DURATION: Declared(
        "histogram", "s", "Duration of processing one message, its effect included.", SECONDS
    ),
    Metric.APPEND_BATCH_SIZE: Declared(
        "histogram", "{command}", "Commands in one transaction of the log.", BATCH_SIZES
    ),
    Metric.APPEND_DURATION: Declared(
        "histogram", "s", "Duration of one transaction of the log.", APPEND_SECONDS
    ),
    Metric.RELAY_LAG_EVENTS: Declared(
        "gauge", "{event}", "In the log and not yet on Kafka.", holds_s=LAG_HOLDS_S
    ),
    Metric.RELAY_LAG_SECONDS: Declared(
        "gauge", "s", "Age of the oldest event not yet on Kafka.", holds_s=LAG_HOLDS_S
    ),
    Metric.RELAY_MISSING_EVENTS: Declared(
        "gauge", "{event}", "Sent, says the checkpoint, and not on Kafka when it was last counted."
    ),
    Metric.VIEW_LAG_EVENTS: Declared(
        "gauge", "{event}", "In the log and not yet in the view.", holds_s=LAG_HOLDS_S
    ),
    Metric.PARKED_CASES: Declared("gauge", "{case}", "Streams parked by a consumer."),
    Metric.TIMERS_OVERDUE: Declared("gauge", "{timer}", "Due, and not yet turned into commands."),
    Metric.REFUSALS: Declared("counter", "{refusal}", "Commands that a rule said no to, by code."),
    Metric.LEDGER_LAG_EVENTS: Declared(
        "gauge", "{event}", "In the log and not yet under a signed checkpoint."
    ),
    Metric.LEDGER_REFUSED: Declared(
        "gauge", "1", "1 while a log is not signed for: it is not what was signed before; else 0."
    ),
    Metric.WITNESS_LAG_EVENTS: Declared(
        "gauge", "{event}", "Under a log's signed checkpoint and not yet under a cosigned one."
    ),
    Metric.WITNESS_REFUSED: Declared(
        "gauge", "1", "1 while a log is not cosigned: false, unsealed, or forgotten; else 0."
    ),
}

Told: TypeAlias = Mapping[str, str | int]
"""What tells measurements of one metric apart, by its names on the wire."""


@dataclass(slots=True)
class Level:
    """What was measured last, and how long ago: a level that nobody sees any more has no value.

    Attributes:
        holds_s: See ``Declared.holds_s``.
    """

    holds_s: float
    monotonic: Callable[[], float] = time.monotonic
    _kept: dict[frozenset[tuple[str, str | int]], tuple[float, float]] = field(
        default_factory=dict[frozenset[tuple[str, str | int]], tuple[float, float]]
    )

    def keep(self, value: float, told: Told) -> None:
        """Keep ``value`` in the place of the one before it."""
        self._kept[frozenset(told.items())] = value, self.monotonic()

    def observed(self, _: metrics.CallbackOptions) -> tuple[metrics.Observation, ...]:
        """Return what still holds. Called by another thread."""
        since_s = self.monotonic() - self.holds_s
        return tuple(
            metrics.Observation(value, dict(told))
            for told, (value, at_s) in self._kept.copy().items()
            if at_s >= since_s
        )


_meter = metrics.get_meter("sigill")


def _recorder(metric: Metric) -> Callable[[float, Told], None]:
    """Return the function that records ``metric``."""
    said = DECLARED[metric]
    match said.kind:
        case "histogram":
            return _meter.create_histogram(
                metric.value,
                unit=said.unit,
                description=said.description,
                explicit_bucket_boundaries_advisory=said.buckets,
            ).record
        case "gauge" if said.holds_s is not None:
            level = Level(said.holds_s)
            _meter.create_observable_gauge(
                metric.value, [level.observed], said.unit, said.description
            )
            return level.keep
        case "gauge":
            return _meter.create_gauge(metric.value, said.unit, said.description).set
        case "counter":
            return _meter.create_counter(metric.value, said.unit, said.description).add


_RECORD = {metric: _recorder(metric) for metric in Metric}


def measure(metric: Metric, value: float, **dimensions: Unpack[Dimensions]) -> None:
    """Record ``value`` in the unit that ``metric`` is declared with. Cheap while nobody listens."""
    _RECORD[metric](value, named(dimensions))

"""What tracing costs: processor time of a durable POST with every request traced, against without.

``python -m bench.tracing`` starts a stack of its own, with the trace viewer. Both sides are the same service
with everything that every service has (``bench.posting.service``), two processes side by side; one sends
all its spans to the viewer. They are asked in turns, and what counts is the processor time that the
service's own process used for an answer: rates say little where several share two cores.
"""

import logging
import time
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Final

import structlog
import uvloop

from bench.posting.forms import SENT
from bench.posting.load import Load, answers_per_second
from bench.posting.sides import (
    AUDIENCE,
    NOT_TRACED,
    environment,
    head,
    migrate,
    service,
    spent_s,
)
from bench.settings import BenchSettings
from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK
from deploy.local.stack import Stack
from deploy.local.tokens import sign_in
from tests.stack import folder_of_its_own, settings_of_its_own

CONNECTIONS: Final = 16
ROUND_S: Final = 4.0
EXPORTED_S: Final = 6.0
"""After a turn: until the last spans have been sent, which counts."""

RATIO_MAX: Final = 1.6
KEYS_MAX: Final = 1_000_000
"""Of one turn."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Processor time for an answer, in microseconds, one entry a round."""

    traced_us: tuple[float, ...]
    plain_us: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.traced_us, self.plain_us, strict=True))

    def __str__(self) -> str:
        """Return the line to print."""
        return (
            f"processor time of a request with tracing / without: {self.ratio:.2f} (at most"
            f" {RATIO_MAX}; {median(self.traced_us):,.0f} us against {median(self.plain_us):,.0f} us,"
            f" every request traced, {CONNECTIONS} connections, {len(self.plain_us)} rounds in turns)"
        )


def measure(stack: Stack, *, rounds: int) -> Measured:
    """Return what both sides use on ``stack``, measured in turns."""
    traced_port, plain_port = free_ports(2)
    exporting = {
        "OTEL_TRACES_EXPORTER": "zipkin",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"{stack.zipkin_url}/api/v2/spans",
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT": "10",
        "OTEL_BSP_MAX_QUEUE_SIZE": "50000",  # a span that is dropped would cost nothing
    }
    traced_told = environment(stack, traced_port, exporting)
    plain_told = environment(stack, plain_port, NOT_TRACED)
    migrate(plain_told)
    token = sign_in(stack.issuer_url, "PL1", AUDIENCE)
    used: dict[int, list[float]] = {traced_port: [], plain_port: []}
    keys = count()
    with service(traced_told) as traced, service(plain_told) as plain:
        for number in range(rounds + 1):
            for port, process in ((traced_port, traced), (plain_port, plain)):
                each_us = _used_us(port, process, token, next(keys))
                if number:  # the first turns warm up
                    used[port].append(each_us)
    return Measured(tuple(used[traced_port]), tuple(used[plain_port]))


def _used_us(port: int, process: int, token: str, turn: int) -> float:
    """Return the processor time that ``process`` uses for an answer, in one turn."""
    load = Load(LOOPBACK, port, head(port, token), SENT, keys=count(turn * KEYS_MAX))
    before_s = spent_s(process)
    uvloop.run(answers_per_second(load, connections=CONNECTIONS, warm_s=0, for_s=ROUND_S))
    time.sleep(EXPORTED_S)
    return (spent_s(process) - before_s) / load.answered * 1e6


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        settings.clock.write_text("offset 0\n")  # the issuer's
        with Stack(settings) as stack:
            print(measure(stack, rounds=BenchSettings().rounds))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

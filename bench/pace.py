"""How long a durable POST takes at a fixed rate: at 50 and at 80 % of what the service can do.

``python -m bench.pace`` starts a stack of its own. The ceiling is measured first, in a closed loop as
``bench.post`` does; then requests come at a share of it, whether or not answers do, and what each takes
counts from when it was due. The ceiling is measured anew before each pair of rates, since it moves with
whatever else the machine does. Beside each rate stands how much of a core the service used for it: requests
that come one by one share fewer commits than 64 that all wait. Medians over the rounds of each percentile.
"""

import logging
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Final

import structlog
import uvloop

from bench.posting.forms import SENT
from bench.posting.load import Load, answers_per_second
from bench.posting.paced import Paced
from bench.posting.sides import AUDIENCE, environment, head, migrate, service, spent_s
from bench.settings import BenchSettings
from bench.timing import percentile_ms
from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK
from deploy.local.stack import Stack
from deploy.local.tokens import sign_in
from tests.stack import folder_of_its_own, settings_of_its_own

CONNECTIONS: Final = 64
WARM_S: Final = 1.0
CEILING_S: Final = 4.0
PACED_S: Final = 10.0
SHARES: Final = (0.5, 0.8)
PERCENTILES: Final = (50, 99)
KEYS_MAX: Final = 1_000_000
"""Of one load."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, one entry a round.

    Attributes:
        ceilings: Answers a second in a closed loop.
        taken_ms: By share of the ceiling, then by percentile.
        busy: By share of the ceiling: how much of a core the service used.
    """

    ceilings: list[float]
    taken_ms: dict[float, dict[int, list[float]]]
    busy: dict[float, list[float]]

    def __str__(self) -> str:
        """Return the lines to print."""
        lines = [
            f"a durable POST at {share:.0%} of the ceiling, open loop: "
            + ", ".join(f"p{each} {median(ms):.1f} ms" for each, ms in by_percentile.items())
            + f"; {median(self.busy[share]):.0%} of a core"
            for share, by_percentile in self.taken_ms.items()
        ]
        ceiling = (
            f"  the ceiling: {median(self.ceilings):,.0f}/s with {CONNECTIONS} connections,"
            f" tracing off, {len(self.ceilings)} rounds"
        )
        return "\n".join((*lines, ceiling))


def measure(stack: Stack, *, rounds: int) -> Measured:
    """Return how long answers take on ``stack``, at each share."""
    (port,) = free_ports(1)
    told = environment(stack, port)
    migrate(told)
    token = sign_in(stack.issuer_url, "PL1", AUDIENCE)
    loads = (
        Load(LOOPBACK, port, head(port, token), SENT, keys=count(number * KEYS_MAX))
        for number in count()
    )
    ceilings: list[float] = []
    taken: dict[float, dict[int, list[float]]] = {
        share: {each: [] for each in PERCENTILES} for share in SHARES
    }
    busy: dict[float, list[float]] = {share: [] for share in SHARES}
    with service(told) as process:
        for _ in range(rounds):
            ceiling = uvloop.run(
                answers_per_second(
                    next(loads), connections=CONNECTIONS, warm_s=WARM_S, for_s=CEILING_S
                )
            )
            ceilings.append(ceiling)
            for share in SHARES:
                paced, before_s = Paced(next(loads)), spent_s(process)
                uvloop.run(paced.run(share * ceiling, PACED_S))
                busy[share].append((spent_s(process) - before_s) / PACED_S)
                for each in PERCENTILES:
                    taken[share][each].append(percentile_ms(paced.taken_s, each))
    return Measured(ceilings, taken, busy)


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        settings.clock.write_text("offset 0\n")  # the issuer's
        with Stack(settings) as stack:
            print(measure(stack, rounds=BenchSettings().rounds))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

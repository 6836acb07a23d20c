"""A durable POST, from the first byte to the answer, against a bare FastAPI answer.

``python -m bench.post`` starts a stack of its own. Ours is a service as every service is: strict
front, token, role, idempotency key, rules, an event in the log on disk, problem documents at hand;
the other side is FastAPI under uvicorn that validates the same body and answers the same shape.
Tracing is off on both sides. Both in processes of their own, the same bytes asked over the same
number of connections, in turns; the ratio is the median over the rounds.
"""

import logging
from dataclasses import dataclass
from itertools import count
from statistics import median

import structlog
import uvloop

from bench.posting.forms import SENT
from bench.posting.load import Load, answers_per_second
from bench.posting.sides import AUDIENCE, bare, environment, head, migrate, service
from deploy.local.ports import free_ports
from deploy.local.settings import LOOPBACK
from deploy.local.stack import Stack
from deploy.local.tokens import sign_in
from tests.stack import folder_of_its_own, settings_of_its_own

ROUNDS = 5
CONNECTIONS = 64
WARM_S = 1.0
ROUND_S = 4.0
RATIO_MIN = 0.5
KEYS_MAX = 1_000_000
"""Of one round."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers a second of both sides, one entry a round."""

    ours: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.ours, self.bare, strict=True))

    def __str__(self) -> str:
        """Return the line to print."""
        return (
            f"durable POST / bare FastAPI answer: {self.ratio:.2f} (gate {RATIO_MIN};"
            f" {median(self.ours):,.0f}/s against {median(self.bare):,.0f}/s,"
            f" {CONNECTIONS} connections, tracing off, {ROUNDS} rounds in turns)"
        )


def measure(stack: Stack) -> Measured:
    """Return the answers a second of both sides, measured in turns."""
    ours_port, bare_port = free_ports(2)
    told = environment(stack, ours_port)
    migrate(told)
    token = sign_in(stack.issuer_url, "PL1", AUDIENCE)
    ours: list[float] = []
    theirs: list[float] = []
    with service(told), bare(bare_port, told):
        for number in range(ROUNDS):
            for port, rates in ((ours_port, ours), (bare_port, theirs)):
                keys = count(number * KEYS_MAX)
                load = Load(LOOPBACK, port, head(port, token), SENT, keys=keys)
                rates.append(
                    uvloop.run(
                        answers_per_second(
                            load, connections=CONNECTIONS, warm_s=WARM_S, for_s=ROUND_S
                        )
                    )
                )
    return Measured(tuple(ours), tuple(theirs))


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        settings.clock.write_text("offset 0\n")  # the issuer's
        with Stack(settings) as stack:
            print(measure(stack))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

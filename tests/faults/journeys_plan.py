"""Which process is killed when while a certification is played: pure, from the seed, without an end."""

from collections.abc import Iterator
from typing import Final

from tests.faults.chance import dice
from tests.faults.plan import Fault

TARGETS: Final = {
    "intake": 3,
    "review": 4,
    "certificates": 2,
    "intake-worker": 2,
    "review-worker": 3,
    "certificates-worker": 2,
    "intake-relay": 2,
    "review-relay": 2,
    "certificates-relay": 2,
    "certificates-streams": 1,
    "notify": 3,
    "audit": 2,
}
"""How often each process is killed: most of the work is review's."""

STOPS: Final = 0.06
"""How many of the faults are immediate stops of the database server."""

PAUSE_S: Final = (0.2, 1.5)
"""How long whoever has struck waits, after what was ended has come back."""


def strikes(seed: int) -> Iterator[Fault]:
    """Yield one fault after the other, as many as somebody takes."""
    throw = dice(seed, "journey")
    while True:
        stop, after_s = throw.random() < STOPS, throw.uniform(*PAUSE_S)
        target = throw.choices([*TARGETS], [*TARGETS.values()])[0]
        yield Fault("postgres", "", after_s) if stop else Fault("kill", target, after_s)


def service_of(target: str) -> str:
    """Return the service that a process belongs to."""
    return target.partition("-")[0]

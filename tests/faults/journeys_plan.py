"""Which process is killed, or told to end, when while a certification is played: pure, from the seed, without an end."""

from collections.abc import Iterator
from typing import Final

from tests.faults.chance import dice
from tests.faults.plan import Fault, Kind

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
"""How often each process is struck: most of the work is review's."""

STOPS: Final = 0.06
"""How many of the faults are immediate stops of the database server."""

TOLD: Final = 0.25
"""How many of the processes that are struck are told to end (SIGTERM), and not killed."""

PAUSE_S: Final = (0.2, 1.5)
"""How long whoever has struck waits, after what was ended has come back."""


def strikes(seed: int) -> Iterator[Fault]:
    """Yield one fault after the other, as many as somebody takes."""
    throw = dice(seed, "journey")
    while True:
        stop, after_s = throw.random() < STOPS, throw.uniform(*PAUSE_S)
        target = throw.choices([*TARGETS], [*TARGETS.values()])[0]
        kind: Kind = "term" if throw.random() < TOLD else "kill"
        yield Fault("postgres", "", after_s) if stop else Fault(kind, target, after_s)


def service_of(target: str) -> str:
    """Return the service that a process belongs to."""
    return target.partition("-")[0]

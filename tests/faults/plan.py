"""Which faults a round has, when, and whom they hit: pure, from the seed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random  # noqa: TID251 -- the type of seeded dice
from typing import Final, Literal, TypeAlias, cast, get_args

from shared.crash import POINTS, Point
from tests.faults.chance import dice

Kind: TypeAlias = Literal[
    "kill",  # SIGKILL, and started again
    "crash",  # told to die at a point, and started again
    "term",  # SIGTERM, and started again: a rolling restart
    "freeze",  # SIGSTOP for a while
    "usurp",  # SIGSTOP past every lease, while a second relay and a second worker stand by
    "postgres",  # immediate stop of the database server
    "sever",  # a service's connections to the database cut, again and again
    "kafka",  # the broker stopped and started
    "clock",  # all clocks moved
    "clock_of_one",  # one service's clock moved, and back
    "offsets",  # a service's consumers begin anew
    "copy",  # the last records of a topic once more
    "mail",  # the mail server takes nothing for a while
    "disk_full",  # no byte left where the database server writes, and then room again
    "retention",  # a topic shortened under a service that is behind, and sent again
]

SERVICES: Final = ("intake", "review", "certificates", "notify", "audit")
STREAMS: Final = "certificates-streams"
"""The Faust application: a process of its own, which has no database and passes no crash point."""

PROCESSES: Final = (*SERVICES, STREAMS)
COMMON: Final[tuple[Kind, ...]] = (
    *("kill", "kill", "kill", "crash", "crash", "crash", "term", "freeze"),
    *("postgres", "sever", "kafka", "clock", "clock_of_one", "offsets", "copy", "mail"),
    *("disk_full", "retention", "usurp"),
)
COPIED: Final = 50
"""How many records of each partition come once more."""

LEASE_S: Final = 34.0
"""Longer than a relay's session may be silent (30 s) and than a consumer's (10 s)."""

APART: Final = (-3600.0, -5.0, 5.0, 3600.0, 2 * 365 * 86_400.0)
"""By how many seconds one clock may be from the others."""

WEIGHTS: Final = (6, 2, 1, 2, 1)
"""How often each service is hit: most of the work is intake's."""

ENDING_WEIGHTS: Final = (*WEIGHTS, 1)
"""How often each process is ended or frozen."""

WHO_PASSES: Final[dict[Point, tuple[tuple[str, ...], int]]] = {
    "commit.begins": (("intake", "notify", "review"), 12),
    "commit.unanswered": (("intake", "notify", "review"), 12),
    "relay.acknowledged": (("intake", "notify", "review"), 8),
    "relay.moved": (("intake", "notify"), 8),
    "consumer.polled": (("intake", "notify", "review", "audit"), 8),
    "consumer.applied": (("intake", "notify", "review", "audit"), 8),
    "consumer.settled": (("intake", "notify", "review", "audit"), 8),
    "view.applied": (("intake", "notify", "review"), 12),
    "sealer.stored": (("intake", "notify"), 2),
    "sealer.signed": (("intake", "notify"), 2),
    "letter.taken": (("notify",), 4),
    "timer.asked": (("intake",), 1),
}
"""Which services come past each point under this load, and how often at most before they are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is done to the house.

    Attributes:
        after_s: Since the fault before it has begun to be felt.
        target: The process; ``""`` where it hits everybody.
        seconds: How long it lasts, or how far a clock is moved.
        point: Of a crash.
        times: Of a crash: how often the point is passed; of a copy: how many records of a partition.
    """

    kind: Kind
    target: str = ""
    after_s: float = 0.0
    seconds: float = 0.0
    point: Point | None = None
    times: int = 1

    def __str__(self) -> str:
        """Return how the round's story names it."""
        at = f"at {self.point}:{self.times}" if self.point else ""
        long = f"{self.seconds:.1f} s" if self.seconds else ""
        return " ".join(word for word in (self.kind, self.target, at, long) if word)


TOLD: Final = re.compile(
    r"(?P<kind>[a-z_]+)(?: (?P<target>[a-z]+(?:-[a-z]+)?))?(?: at (?P<point>[a-z.]+):(?P<times>\d+))?"
    r"(?: (?P<seconds>-?[\d.]+) s)?"
)


def told(text: str) -> Fault:
    """Return the fault that is written as ``text``: what ``str`` of one gives, half a second on."""
    found = TOLD.fullmatch(text)
    if found is None or found["kind"] not in get_args(Kind):
        raise ValueError(f"{text} is no fault")
    return Fault(
        kind=cast("Kind", found["kind"]),
        target=found["target"] or "",
        after_s=0.5,
        seconds=float(found["seconds"] or 0),
        point=cast("Point | None", found["point"]),
        times=COPIED if found["kind"] == "copy" else int(found["times"] or 1),
    )


def plan(seed: int, count: int, kinds: Sequence[Kind] = COMMON) -> tuple[Fault, ...]:
    """Return the faults of a round."""
    throw = dice(seed, "plan")
    return tuple(_fault(throw.choice(kinds), throw) for _ in range(count))


def _fault(kind: Kind, throw: Random) -> Fault:
    """Return one fault of a kind."""
    after_s = throw.uniform(0.3, 2.0)
    target = throw.choices(SERVICES, WEIGHTS)[0]
    match kind:
        case "crash":
            point = throw.choice(POINTS)
            passing, often = WHO_PASSES[point]
            target = throw.choice(passing)
            return Fault(kind, target, after_s, point=point, times=throw.randint(1, often))
        case "kill" | "term":
            return Fault(kind, throw.choices(PROCESSES, ENDING_WEIGHTS)[0], after_s)
        case "freeze":
            target = throw.choices(PROCESSES, ENDING_WEIGHTS)[0]
            return Fault(kind, target, after_s, seconds=throw.uniform(1.0, 12.0))
        case "usurp":
            return Fault(kind, throw.choice(("intake", "notify")), after_s, seconds=LEASE_S)
        case "postgres":
            return Fault(kind, "", after_s)
        case "sever":
            return Fault(kind, target, after_s, seconds=throw.uniform(0.5, 3.0))
        case "kafka" | "mail" | "disk_full":
            return Fault(kind, "", after_s, seconds=throw.uniform(0.5, 4.0))
        case "clock":
            return Fault(kind, "", after_s, seconds=throw.choice((-3600.0, 3600.0, 86400.0)))
        case "clock_of_one":
            return Fault(kind, target, after_s, seconds=throw.choice(APART))
        case "offsets":
            hearing = throw.choice(("intake", "review", "notify", "audit"))
            return Fault(kind, hearing, after_s)
        case "retention":
            return Fault(kind, throw.choice(("notify", "audit")), after_s)
        case "copy":
            return Fault(kind, throw.choice(("intake", "review")), after_s, times=COPIED)

"""Hurts a house again and again: ``python -m tests.faults --rounds 10 --seed 1``.

Ends with 1 as soon as a round finds something, and prints what repeats it.
"""

import argparse
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple, get_args

from deploy.local.empty import empty
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from tests.faults.campaign import campaign
from tests.faults.checks import CHECKS
from tests.faults.disk import may_mount
from tests.faults.ending import told_of
from tests.faults.plan import COMMON, Kind
from tests.stack import WALL_CLOCK, folder_of_its_own, settings_of_its_own

ROUNDS_PER_HOUSE = 10
FAULTS = 8
WITHIN_S = 86_400.0
BEGAN_S = monotonic()


class Asked(NamedTuple):
    """What the command line asks for.

    Attributes:
        within_s: No round begins later than this.
        faults: How many in each round.
        kinds: Which, each as often as it is named.
        at_once: How many of them go on at the same time.
    """

    rounds: int
    seed: int
    within_s: float
    faults: int
    kinds: Sequence[Kind]
    at_once: int


def say(line: str) -> None:
    """Tell whoever runs this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def end_in_order(_number: int, _frame: object) -> None:
    """Stop everything that was started when told to end."""
    raise SystemExit(2)


def kinds_here() -> Sequence[Kind]:
    """Return the kinds that a round chooses from, and say which cannot be had on this machine."""
    if may_mount():
        return COMMON
    say("disk_full is left out: nothing can be mounted here (root may)")
    return tuple(kind for kind in COMMON if kind != "disk_full")


def repeating(asked: Asked, seeds: range) -> str:
    """Return the command that plays ``seeds`` again, whatever can be had on the machine."""
    return (
        f"python -m tests.faults --rounds {len(seeds)} --seed {seeds.start}"
        f" --faults {asked.faults} --at-once {asked.at_once} --kinds {' '.join(asked.kinds)}"
    )


def asked_for(words: Sequence[str] | None = None) -> Asked:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=WITHIN_S, dest="within_s", metavar="S")
    parser.add_argument("--faults", type=int, default=FAULTS, help="of each round")
    parser.add_argument("--at-once", type=int, default=1, help="faults at the same time")
    parser.add_argument("--kinds", nargs="*", default=(), choices=get_args(Kind))
    asked = Asked(**vars(parser.parse_args(words)))
    return asked._replace(kinds=tuple(asked.kinds or kinds_here()))


async def play(stack: Stack, folder: Path, seeds: range, asked: Asked, total: Counter[str]) -> bool:
    """Play the rounds of ``seeds`` in one house, and count; return whether to go on."""
    until = BEGAN_S + asked.within_s
    async with campaign(stack, folder, say) as playing:
        playing.at_once = asked.at_once
        try:
            for seed in seeds:
                if monotonic() > until:
                    say(f"time is up before seed {seed}")
                    return False
                say(f"seed {seed}")
                found = await playing.round(seed, count=asked.faults, kinds=asked.kinds)
                total["rounds"] += 1
                total["violations"] += len(found)
                say(f"seed {seed}: {len(CHECKS)} checks, {len(found) or 'nothing'} found")
                for each in found:
                    say(f"  VIOLATION {each}")
                if found:
                    say(f"seed {seed} found {len(found)}; it alone, in a fresh house:")
                    say(f"  {repeating(asked, range(seed, seed + 1))}")
                    say("in a house that is as this one was:")
                    say(f"  {repeating(asked, range(seeds.start, seed + 1))}")
                    return False
        finally:
            total += playing.faults
            total["commands"] += len(playing.history.commands)
            total["acknowledged"] += sum(
                each.acknowledged is not None for each in playing.history.commands
            )
            total["unknown"] += sum(each.was_unknown for each in playing.history.commands)
    return True


def main() -> int:
    """Play so many rounds; return 0 when nothing was found."""
    asked = asked_for()
    signal.signal(signal.SIGTERM, end_in_order)
    total = Counter[str]()
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        settings.clock.write_text(WALL_CLOCK)
        with Stack(settings) as stack:
            last = asked.seed + asked.rounds
            for first in range(asked.seed, last, ROUNDS_PER_HOUSE):
                seeds = range(first, min(first + ROUNDS_PER_HOUSE, last))
                if not asyncio.run(play(stack, folder, seeds, asked, total)):
                    break
                empty(stack, SERVICES)
                settings.clock.write_text(WALL_CLOCK)
    for line in told_of(total):
        say(line)
    return 1 if total["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Hurts whole certifications: ``python -m tests.faults.journeys --rounds 10 --seed 1``.

The journey is first played in calm, and then once for each seed under faults: it must lead to the
same. Ends with 1 as soon as a round finds something; its seed is printed, and repeats it.
"""

import argparse
import asyncio
import signal
import sys
from collections import Counter

from deploy.demo.journey import BEGINS_AT
from deploy.local.stack import Stack
from tests.faults.__main__ import end_in_order, say
from tests.faults.journeys_outcome import Outcome
from tests.faults.journeys_plan import strikes
from tests.faults.journeys_round import Played, journey
from tests.stack import WALL_CLOCK, emptied, folder_of_its_own, settings_of_its_own


def told(name: str, played: Played) -> None:
    """Say what a round has found."""
    say(f"{name}: {len(played.found) or 'nothing'} found")
    for each in played.found:
        say(f"  VIOLATION {each}")


def in_calm(stack: Stack) -> Outcome | None:
    """Play without faults; return what it led to, ``None`` when that alone finds something."""
    say("in calm")
    with emptied(stack, BEGINS_AT, traces=False) as parts:
        played = asyncio.run(journey(parts, 0, (), say))
    told("in calm", played)
    return None if played.found else played.outcome


def hurt(stack: Stack, seeds: range, calm: Outcome, total: Counter[str]) -> bool:
    """Play a round for each seed, and count; return whether nothing was found."""
    for seed in seeds:
        say(f"seed {seed}")
        with emptied(stack, BEGINS_AT, traces=False) as parts:
            played = asyncio.run(journey(parts, seed, strikes(seed), say, calm=calm))
        told(f"seed {seed}", played)
        total += played.struck + Counter(rounds=1)
        if played.found:
            say(f"seed {seed} found {len(played.found)}: repeat with --rounds 1 --seed {seed}")
            return False
    return True


def main() -> int:
    """Play so many rounds; return 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.journeys")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, end_in_order)
    total = Counter[str]()
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        settings.clock.write_text(WALL_CLOCK)
        with Stack(settings.model_copy(update={"traces": "off"})) as stack:
            calm = in_calm(stack)
            seeds = range(asked.seed, asked.seed + asked.rounds)
            well = calm is not None and hurt(stack, seeds, calm, total)
    say(", ".join(f"{what} {times}" for what, times in sorted(total.items())))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

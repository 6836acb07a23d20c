"""Plants bugs and shows what finds them: ``python -m tests.faults.planted [name|name+name ...]``.

Each bug has a house of its own; those joined with ``+`` share one, where each must be found by its own
check, which none of the others sets off. Prints one row of a table for each bug. Ends with 1 when the
check that must find a bug does not.
"""

import argparse
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from deploy.local.empty import empty
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from tests.faults.__main__ import end_in_order, say
from tests.faults.campaign import campaign
from tests.faults.planted import FOLDER, Bug, bugs, copied, plant, read, unload
from tests.stack import WALL_CLOCK, folder_of_its_own, settings_of_its_own

SEED = 7
SETTLE_S = 20.0
ENOUGH = 150


def silent(_line: str) -> None:
    """Say nothing."""


async def found_by(stack: Stack, folder: Path, together: Sequence[Bug]) -> Counter[str]:
    """Return how often each check finds something, in a house with these bugs."""
    code = folder / together[0].name
    code.mkdir()
    copied(code)
    for bug in together:
        plant(bug, code)
    try:
        async with campaign(stack, folder, silent, code=code) as playing:
            playing.settle_s, playing.enough = SETTLE_S, ENOUGH
            faults = [fault for bug in together for fault in bug.faults]
            found = await playing.play(SEED, faults)
    finally:
        unload(code)
    return Counter(each.check for each in found)


def main() -> int:
    """Plant the bugs that are named, or all; return 0 when each was found as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, end_in_order)
    houses = [
        [read(FOLDER / f"{name}.patch") for name in names.split("+")] for names in asked.names
    ] or [[bug] for bug in bugs()]
    missed: list[str] = []
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        settings.clock.write_text(WALL_CLOCK)
        with Stack(settings) as stack:
            for together in houses:
                began_s = monotonic()
                found = asyncio.run(found_by(stack, folder, together))
                for bug in together:
                    say(row(bug, found, monotonic() - began_s, alone=len(together) == 1))
                missed += [bug.name for bug in together if not found[bug.check]]
                empty(stack, SERVICES)
                settings.clock.write_text(WALL_CLOCK)
    if missed:
        say(f"not found as they must be: {', '.join(missed)}")
    return 1 if missed else 0


def row(bug: Bug, found: Counter[str], seconds: float, *, alone: bool) -> str:
    """Return one row of the table."""
    shown = found if alone else Counter({bug.check: found[bug.check]})
    under = ", ".join(map(str, bug.faults)) or "load alone"
    by = ", ".join(f"{check} ({times})" for check, times in shown.most_common() if times)
    long = f"{seconds:.0f} s" if alone else "shared"
    return f"| {bug.name} | {bug.what} | {under} | {by or '**nothing**'} | {long} |"


if __name__ == "__main__":
    sys.exit(main())

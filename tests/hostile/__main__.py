"""The long run: ``python -m tests.hostile --requests 50000 --seed 1``, against a house of its own."""

import argparse
import asyncio
import sys

from deploy.local.house import House
from deploy.local.stack import Stack
from shared.clock import set_clock
from tests.hostile.fuzzing import fuzzed
from tests.hostile.scene import staged
from tests.stack import WALL_CLOCK, folder_of_its_own, settings_of_its_own
from tests.system.conftest import BEGINS_AT


def main() -> int:
    """Send, say what was wrong, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder).model_copy(update={"traces": "off"})
        assert settings.clock is not None
        settings.clock.write_text(WALL_CLOCK)
        with Stack(settings) as stack:
            set_clock(settings.clock, BEGINS_AT)
            with House(stack) as house:
                report = fuzzed(asyncio.run(staged(house)), asked.requests, asked.seed)
    told = ", ".join(f"{status}: {times}" for status, times in sorted(report.statuses().items()))
    sys.stdout.write(f"{report.sent} requests, seed {asked.seed}: {told}\n")
    links = [sum(each.values()) for each in report.followed.values()]
    sys.stdout.write(f"{len(links)} links of the documents followed {sum(links)} times\n")
    sys.stdout.write(f"{len(report.failures)} wrong answers\n{report.words()}\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""``make bench``: every measurement in turn, each on a stack of its own. Prints ratios.

``python -m bench append relay`` measures only those that are named.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import append, history, post, relay, seal, tail, verify, views

MEASUREMENTS: Final[Mapping[str, Callable[[], None]]] = {
    "append": append.main,
    "tail": tail.main,
    "post": post.main,
    "relay": relay.main,
    "seal": seal.main,
    "verify": verify.main,
    "views": views.main,
    "history": history.main,
}


def main(named: list[str]) -> int:
    """Measure what is named, or everything; return the exit code."""
    unknown = [name for name in named if name not in MEASUREMENTS]
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; known: {', '.join(MEASUREMENTS)}\n")
        return 2
    for name in named or MEASUREMENTS:
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``make bench``: every measurement in turn, each on a stack of its own. Prints ratios.

``python -m bench append relay`` measures only those that are named.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import (
    append,
    history,
    journeys,
    pace,
    peer,
    post,
    proofs,
    relay,
    replay,
    seal,
    tail,
    tracing,
    verify,
    views,
    visible,
)

MEASUREMENTS: Final[Mapping[str, Callable[[], None]]] = {
    "append": append.main,
    "peer": peer.main,
    "tail": tail.main,
    "post": post.main,
    "pace": pace.main,
    "tracing": tracing.main,
    "relay": relay.main,
    "visible": visible.main,
    "replay": replay.main,
    "views": views.main,
    "seal": seal.main,
    "proofs": proofs.main,
    "verify": verify.main,
    "history": history.main,
    "journeys": journeys.main,
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

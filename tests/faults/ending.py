"""What a campaign says at its end: how often each fault was felt, and each crash point."""

from collections import Counter
from collections.abc import Iterator

from shared.crash import POINTS

AT = "crash at "
TOWARDS = "start towards "


def told_of(total: Counter[str]) -> Iterator[str]:
    """Yield the lines: everything by name, then every crash point, also those that nobody came to."""
    apart = (AT, TOWARDS)
    yield ", ".join(
        f"{what} {n}" for what, n in sorted(total.items()) if not what.startswith(apart)
    )
    points = (f"{each} {total[AT + each]} of {total[TOWARDS + each]}" for each in POINTS)
    yield f"crash points, felt of started towards: {', '.join(points)}"

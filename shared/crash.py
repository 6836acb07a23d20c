"""Where a process can be made to die at once, to test what survives. House: ADR-0026.

``CRASH_AT=<point>:<n>`` lets the process kill itself when it passes the point for the ``n``-th time,
as the kernel or a power cut would: nothing is finished, flushed or said. Without the setting a point
is a look at what was read once.
"""

import os
import signal
from functools import cache
from typing import Final, Literal, NoReturn, TypeAlias, get_args

SETTING: Final = "CRASH_AT"

Point: TypeAlias = Literal[
    "commit.begins",  # the batch is made up, and not yet with the database
    "commit.unanswered",  # it is durable, and no caller knows
    "relay.acknowledged",  # the page is on the topic, and the checkpoint does not say so
    "relay.moved",  # now it does
    "consumer.polled",  # records are here, and none has had its effect
    "consumer.applied",  # effects are durable, and the progress does not say so
    "consumer.settled",  # now it does, and the offset does not
    "view.applied",  # documents and checkpoint are written, and not committed
    "sealer.stored",  # the tiles are kept, and nothing is signed
    "sealer.signed",  # the signer remembers, and nothing is published
    "letter.taken",  # the mail server has the letter, and that is not on record
    "timer.asked",  # the command of a due row is durable, and the row is still there
]

POINTS: Final[tuple[Point, ...]] = get_args(Point)


class _Chosen:
    """The point at which this process ends, and how often it may still be passed."""

    def __init__(self, setting: str) -> None:
        point, _, times = setting.partition(":")
        if point not in POINTS or not (times.isascii() and times.isdigit()) or int(times) < 1:
            raise ValueError(f"{SETTING} is <point>:<n>, with a point of {', '.join(POINTS)}")
        self.point = point
        self.left = int(times)


@cache
def _chosen() -> _Chosen | None:
    """Return where this process is to end; ``None``: nowhere. Read once, at the first point."""
    setting = os.environ.get(SETTING)  # noqa: TID251 -- the one reader of this setting
    return None if setting is None else _Chosen(setting)


def crash_point(point: Point) -> None:
    """End this process if it is told to end here, now."""
    chosen = _chosen()
    if chosen is not None and chosen.point == point:
        chosen.left -= 1
        if chosen.left == 0:
            _die()


def _die() -> NoReturn:
    """End at once: no handler, no cleaning up, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")

"""What several measurements share: sizes that grow by ten, and the p99 of asking one after the other."""

import time
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Final

from shared.process.loaded import leave_what_is_loaded

SMALLEST: Final = 10_000


def sizes_to(largest: int) -> tuple[int, ...]:
    """Return the sizes to measure at, ascending: ten thousand, ten times as many, up to ``largest``."""
    return (*(size for size in (SMALLEST, 10 * SMALLEST) if size < largest), largest)


def percentile_ms(times_s: list[float], percent: int) -> float:
    """Return that percentile of durations in seconds, by nearest rank, in milliseconds."""
    return sorted(times_s)[ceil(percent / 100 * len(times_s)) - 1] * 1_000


async def p99_ms(ask: Callable[[int], Awaitable[None]], *, asked: int) -> float:
    """Return the p99 of asking so often, one after the other; a tenth as often before does not count."""
    leave_what_is_loaded()
    for number in range(asked // 10):
        await ask(number)
    times_s: list[float] = []
    for number in range(asked):
        begun_s = time.perf_counter()
        await ask(number)
        times_s.append(time.perf_counter() - begun_s)
    return percentile_ms(times_s, 99)

"""When a failed letter is tried again while the clock stands still.

The record names the instant of the next attempt, by the clock. A clock that is frozen never gets
there, and nothing would be tried again until somebody moves it. So the sender also counts the
seconds that really pass, as long as it lives; a clock that moves on comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

WAITING_MAX: Final = 1_000
"""Letters that are counted for; the rest wait for the clock."""


@dataclass(slots=True)
class Waiting:
    """Letters that failed, and when their pause is over.

    Attributes:
        elapsed_s: A clock that nobody moves.
    """

    elapsed_s: Callable[[], float] = monotonic
    _until_s: dict[UUID, float] = field(default_factory=dict[UUID, float])

    def pause(self, letter: UUID, seconds: float) -> None:
        """Let ``letter`` wait for so long, unless too many wait already."""
        if letter in self._until_s or len(self._until_s) < WAITING_MAX:
            self._until_s[letter] = self.elapsed_s() + seconds

    def forget(self, letter: UUID) -> None:
        """Drop ``letter``: nothing is left to do."""
        self._until_s.pop(letter, None)

    def over(self, letter: UUID) -> bool:
        """Return whether the pause of ``letter`` is over; false when it is not counted for."""
        return self._until_s.get(letter, float("inf")) <= self.elapsed_s()

    def due(self, limit: int) -> tuple[UUID, ...]:
        """Return letters whose pause is over, the one that waits longest first."""
        now_s = self.elapsed_s()
        ripe = sorted((until, letter) for letter, until in self._until_s.items() if until <= now_s)
        return tuple(letter for _, letter in ripe[:limit])

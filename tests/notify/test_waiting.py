"""A pause ends by the seconds that pass, where the clock stands still."""

from dataclasses import dataclass
from uuid import UUID

from services.notify.letters import waiting
from services.notify.letters.waiting import Waiting

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


@dataclass
class Seconds:
    """A clock in the hands of the test."""

    passed: float = 0.0

    def __call__(self) -> float:
        """Return how many have passed."""
        return self.passed


def test_a_letter_waits_until_its_pause_is_over() -> None:
    """MSG-3: attempts with pauses between, also under a clock that stands still."""
    seconds = Seconds()
    letters = Waiting(seconds)
    letters.pause(ONE, 5)
    letters.pause(TWO, 3)
    assert letters.due(9) == ()
    assert not letters.over(ONE)
    seconds.passed = 5
    assert letters.due(9) == (TWO, ONE)
    assert letters.due(1) == (TWO,)
    assert letters.over(ONE)
    assert not letters.over(THREE)
    letters.forget(ONE)
    letters.forget(THREE)
    assert letters.due(9) == (TWO,)


def test_a_second_pause_takes_the_place_of_the_first() -> None:
    """MSG-3: each attempt has its own pause."""
    seconds = Seconds()
    letters = Waiting(seconds)
    letters.pause(ONE, 5)
    seconds.passed = 5
    letters.pause(ONE, 30)
    assert letters.due(9) == ()
    seconds.passed = 35
    assert letters.due(9) == (ONE,)


def test_what_is_remembered_is_bounded() -> None:
    """House: every limit has a name; what is beyond it waits for the clock."""
    letters = Waiting(Seconds())
    for number in range(waiting.WAITING_MAX + 5):
        letters.pause(UUID(int=number), 0)
    assert len(letters.due(2 * waiting.WAITING_MAX)) == waiting.WAITING_MAX
    letters.pause(ONE, 7)
    assert not letters.over(ONE)

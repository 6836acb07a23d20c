"""The three ways in which something does not verify; each has its exit code."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar


class RefusedError(Exception):
    """It does not verify.

    Attributes:
        exit_code: What the program ends with.
        why: One line.
        log: In which log; ``None`` where that is not the question.
        position: Of the first bad record, from 1.
        rule: Code of the rule that does not hold, where a decision is replayed.
    """

    exit_code: ClassVar[int]

    def __init__(
        self,
        why: str,
        *,
        log: str | None = None,
        position: int | None = None,
        rule: str | None = None,
    ) -> None:
        super().__init__(why)
        self.why, self.log, self.position, self.rule = why, log, position, rule


class TamperedError(RefusedError):
    """It is well formed and false: somebody changed, added or left out something."""

    exit_code = 1


class MalformedError(RefusedError):
    """It has not the form that its specification gives."""

    exit_code = 2


class UntrustedError(RefusedError):
    """It may be true, but no trusted key says so, or too few witnesses do."""

    exit_code = 3


@contextmanager
def at(log: str | None, position: int | None = None) -> Generator[None]:
    """Say of what is refused inside that it concerns this place."""
    try:
        yield
    except RefusedError as error:
        error.log = error.log or log
        error.position = error.position or position
        raise

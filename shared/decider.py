"""The shape every rule has: decide what happened, evolve what is known.

Nothing in this module, or in anything built with it, performs I/O.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Generic, TypeVar

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
E = TypeVar("E")
S = TypeVar("S")


class RefusalKind(StrEnum):
    """Why a command is turned down. ``shared.web`` owns the HTTP status of each kind."""

    NOT_FOUND = "not_found"
    NOT_PERMITTED = "not_permitted"  # by role or duty; kept in the access log (GEN-8)
    CONFLICT = "conflict"
    INCOMPLETE = "incomplete"


class Refusal(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """A rule said no. Expected, shown to the caller, never logged as a fault.

    Args:
        kind: What sort of no it is; decides the HTTP status at the edge.
        code: Stable machine-readable name, ``snake_case``; part of the public API.
        detail: One sentence for a person, without personal data.
    """

    def __init__(self, kind: RefusalKind, code: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Asked(Generic[C_co]):
    """A command and the stream that it is put to, e.g. ``review-<uuid>``."""

    stream: str
    command: C_co


def _no_scheme(_: object) -> None:
    """Return that no criteria apply."""


@dataclass(frozen=True, slots=True)
class Decider(Generic[C, E, S]):
    """One aggregate's rules.

    ``decide`` may refuse; ``evolve`` may not: an event already happened.

    Attributes:
        scheme: The version of the criteria that the aggregate is bound to (SCH-5); it is written
            into every record (GEN-2). ``None`` where no criteria apply.
    """

    initial: S
    decide: Callable[[C, S], tuple[E, ...]]
    evolve: Callable[[S, E], S]
    scheme: Callable[[S], str | None] = _no_scheme

    def fold(self, events: Iterable[E]) -> S:
        """Return the state after ``events``, oldest first. O(number of events)."""
        return reduce(self.evolve, events, self.initial)

"""The shapes of what is read of the mirror, and the door that it is read through."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeAlias
from uuid import UUID

from services.audit.queries.mirror import Listed, MirrorState
from services.audit.views.as_of import LOGS, Vector

Order: TypeAlias = Literal["recorded", "effective"]
"""By which of the two times (GEN-5) an answer is ordered."""

EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
PAGE: Final = 500
"""Records that are read in one go where an answer is made of all of them."""


class TooLong(Exception):  # noqa: N818 -- an answer to the caller
    """There are more records than one answer holds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the history ended.

    Attributes:
        at: In the time that the answer is ordered by.
    """

    at: datetime
    log: str
    position: int


BEGINNING: Final = Place(EVER, LOGS[0], 0)
"""Before everything."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One record of a history."""

    log: str
    position: int
    leaf: bytes
    hash: str
    recorded_at: datetime
    effective_at: datetime

    def place(self, order: Order) -> Place:
        """Return where the record stands."""
        at = self.recorded_at if order == "recorded" else self.effective_at
        return Place(at, self.log, self.position)


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant on, up to and without another."""

    first: datetime = EVER
    end: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are asked for.

    Attributes:
        keys: That every one of them has; at least one. See ``views.facets``.
        as_of: How much of each log is meant.
    """

    keys: tuple[UUID, ...]
    as_of: Vector
    recorded: Span = field(default_factory=Span)
    effective: Span = field(default_factory=Span)
    order: Order = "recorded"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the independence matrix, and the first record that it rests on."""

    person: UUID
    case: UUID
    part: str
    since: datetime
    until: datetime | None
    log: str
    position: int
    hash: str


class Histories(Protocol):
    """What the edge asks of the mirror."""

    async def extents(self) -> tuple[Vector, bool]:
        """Return what the mirror holds of each log, and whether all of it is listed in the index."""
        ...

    async def history(
        self, wanted: Wanted, *, after: Place = BEGINNING, limit: int
    ) -> tuple[HistoryRow, ...]:
        """Return what is ``wanted``, over all services, oldest first, at most ``limit``.

        What happened at the same instant stands in the order of the process.
        """
        ...

    async def first_of(self, log: str, stream: str) -> bytes | None:
        """Return the bytes of the first record of ``stream``; ``None`` where there is none."""
        ...

    async def parts(
        self,
        *,
        case: UUID | None = None,
        person: UUID | None = None,
        as_of: Vector,
        after: tuple[UUID, str],
        limit: int,
    ) -> tuple[Cell, ...]:
        """Return who had which part: of a case by person and part, or of a person by case and part."""
        ...

    async def leaf_at(self, log: str, position: int) -> bytes | None:
        """Return the exact bytes at ``position``; ``None`` where nothing is kept."""
        ...

    async def states(self) -> tuple[MirrorState, ...]:
        """Return how much of each log is mirrored, in the order of the process."""
        ...

    async def findings(self, *, after: int, limit: int) -> tuple[Listed, ...]:
        """Return findings in the order in which they were found, at most ``limit``."""
        ...


async def pages(
    histories: Histories, wanted: Wanted, *, limit: int
) -> AsyncIterator[Sequence[HistoryRow]]:
    """Yield all that is ``wanted``, page by page.

    Raises:
        TooLong: It is more than ``limit``.
    """
    after, count = BEGINNING, 0
    while rows := await histories.history(wanted, after=after, limit=PAGE):
        count += len(rows)
        if count > limit:
            raise TooLong
        yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1].place(wanted.order)


async def whole(histories: Histories, wanted: Wanted, *, limit: int) -> tuple[HistoryRow, ...]:
    """Return all that is ``wanted``.

    Raises:
        TooLong: It is more than ``limit``.
    """
    found: list[HistoryRow] = []
    async for rows in pages(histories, wanted, limit=limit):
        found += rows
    return tuple(found)

"""What the clients saw, told by themselves: every command, every answer, every read.

Nothing here comes from the house but answers over HTTP, so the checks can hold the house to it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

Kind: TypeAlias = Literal["acknowledged", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer to one attempt.

    Attributes:
        status: ``None`` when no answer came.
        code: Of a problem document.
        version: From ``ETag``.
        position: From ``Log-Position``.
        body: The bytes, without what names the attempt itself.
    """

    kind: Kind
    status: int | None = None
    code: str | None = None
    version: int | None = None
    position: int | None = None
    body: bytes = b""


@dataclass(slots=True)
class Invoked:
    """One command: one Idempotency-Key, sent as often as it took.

    Attributes:
        stream: Whose version the answer tells; of a creation, once it is acknowledged.
        changes: Whether an acknowledgement means that something was appended.
        at: The earliest and the latest that the service's clock can have shown during attempts.
        must_refuse: The code that every answer must have; ``None``: whatever the rules say.
    """

    command_id: UUID
    service: str
    what: str
    stream: str | None
    changes: bool
    heard: list[Heard] = field(default_factory=list[Heard])
    at: tuple[datetime, datetime] | None = None
    must_refuse: str | None = None

    def during(self, first: datetime, last: datetime) -> None:
        """Take note of what the service's clock can have shown during an attempt."""
        before, after = self.at or (first, last)
        self.at = (min(before, first), max(after, last))

    @property
    def definite(self) -> tuple[Heard, ...]:
        """Return the answers that say what became of it."""
        return tuple(each for each in self.heard if each.kind != "unknown")

    @property
    def acknowledged(self) -> Heard | None:
        """Return the first acknowledgement; ``None``: there is none."""
        return next((each for each in self.heard if each.kind == "acknowledged"), None)

    @property
    def refused(self) -> Heard | None:
        """Return the last answer if every definite one is a refusal."""
        definite = self.definite
        return definite[-1] if definite and self.acknowledged is None else None

    @property
    def was_unknown(self) -> bool:
        """Return whether an attempt ended without an answer that says what became of it."""
        return any(each.kind == "unknown" for each in self.heard)

    def __str__(self) -> str:
        """Return how a finding names it."""
        return f"{self.service} {self.what} ({self.command_id})"


@dataclass(frozen=True, slots=True)
class Read:
    """One read, and what the reader knew to be there before it was sent.

    Attributes:
        what: The address.
        least: The version, or number of rows, that had been acknowledged to somebody by then.
        seen: What the answer showed.
    """

    service: str
    what: str
    least: int
    seen: int


@dataclass(slots=True)
class History:
    """Everything that the clients of one house did.

    Attributes:
        failed: Reads that were answered with 500.
    """

    commands: list[Invoked] = field(default_factory=list[Invoked])
    reads: list[Read] = field(default_factory=list[Read])
    failed: list[str] = field(default_factory=list[str])
    acknowledged: dict[str, int] = field(default_factory=dict[str, int])

    def note(self, stream: str, version: int) -> None:
        """Take note that ``version`` of ``stream`` was acknowledged to somebody."""
        self.acknowledged[stream] = max(version, self.acknowledged.get(stream, 0))

    def least(self, stream: str) -> int:
        """Return the highest version of ``stream`` that anybody was told of."""
        return self.acknowledged.get(stream, 0)

"""Whether a log has stopped sealing: its records are here, and no checkpoint of it covers them. Pure.

Each record has the same time to be covered, from when it was first seen here: a log that seals too
slowly is noticed like one that seals no more, and one that nothing is written to is at rest. Time is
that of a clock that nobody moves, and so only of one process: whoever takes over begins to count anew.
"""

from dataclasses import dataclass

from services.audit.policy import Shown
from services.audit.witness.evidence import Unsealed
from services.audit.witness.judging import Disagreement
from services.audit.witness.known import Signed


@dataclass(frozen=True, slots=True)
class Come:
    """How far the mirror of a log had come, and when it was first seen there."""

    position: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is mirrored of a log and is under no checkpoint of it.

    Attributes:
        come: Ascending. Of what has been here for longer than patience allows, the last alone.
    """

    come: tuple[Come, ...] = ()

    def after(self, head: int, *, covered: int, now_s: float, patience_s: float) -> "Backlog":
        """Return the backlog once the log was looked at again.

        Args:
            head: The last position that is mirrored.
            covered: The size of the largest checkpoint that the log is known to have signed.
            now_s: By the same clock each time.
            patience_s: How long a record may be here without being covered.
        """
        known = self.come[-1].position if self.come else 0
        come = (*self.come, Come(head, now_s)) if head > known else self.come
        open_ = [each for each in come if each.position > covered]
        late = [each for each in open_ if now_s - each.at_s > patience_s]
        return Backlog(tuple(open_[max(0, len(late) - 1) :]))

    def overdue(self, *, now_s: float, patience_s: float) -> int | None:
        """Return up to where records are here for too long; ``None``: none is."""
        late = [each for each in self.come if now_s - each.at_s > patience_s]
        return late[-1].position if late else None


def when_stalled(until: int | None, last: Signed | None, shown: Shown) -> Disagreement | None:
    """Judge a log by what it leaves unsealed.

    Args:
        until: Up to where its records are here for too long, from ``Backlog``.
        last: The largest checkpoint that it is known to have signed.
        shown: What it shows as its latest checkpoint now.
    """
    if until is None:
        return None
    if last is None:
        return Disagreement(0, None, None, Unsealed(None, 1, until, shown))
    size, root = last.checkpoint.size, last.checkpoint.root
    return Disagreement(size, None, root, Unsealed(last.note, size + 1, until, shown))

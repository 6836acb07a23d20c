"""What follows from a checkpoint that a log signed, held against what audit has. Pure.

Every function returns what is wrong; ``None``: nothing of what it looks at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.audit.commands import ReportFinding
from services.audit.policy import CheckpointKind, when_signed_otherwise, when_unsealed
from services.audit.witness.evidence import (
    Difference,
    Evidence,
    Fork,
    OtherHeads,
    OtherRoot,
    Rollback,
    Unsealed,
    Unsigned,
)
from services.audit.witness.known import Signed
from shared.decider import Asked
from shared.ledger.checkpoint import Checkpoint
from shared.ledger.errors import LedgerError, MalformedError
from shared.ledger.heads import seal_in
from shared.ledger.verify import verify_consistency


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Why a checkpoint is not cosigned.

    Attributes:
        size: That it claims; 0 where it claims none.
        expected: The root, or the root of heads, that audit has; ``None`` where it has none.
        found: What the log says instead.
    """

    size: int
    expected: bytes | None
    found: bytes | None
    evidence: Evidence

    @property
    def kind(self) -> CheckpointKind:
        """What is wrong."""
        return self.evidence.kind

    def asked(self, log: str, at: datetime) -> Asked[ReportFinding]:
        """Return what is to be said of ``log`` ``at`` this instant."""
        match self.evidence:
            case Unsealed(shown=shown):
                return when_unsealed(log, self.size, root=self.found, shown=shown, at=at)
            case _:
                return when_signed_otherwise(
                    log, self.size, self.kind, expected=self.expected, found=self.found, at=at
                )


@dataclass(frozen=True, slots=True)
class Grown:
    """What a tree had at an earlier size, and the proof that it grew from there.

    Attributes:
        root: At the earlier size.
        hashes: The consistency proof; ``()`` from nothing.
    """

    root: bytes
    hashes: tuple[bytes, ...]


def when_unsigned(shown: bytes, size: int, digest: bytes) -> Disagreement:
    """Return what is wrong with bytes that no known key signed; ``digest`` stands for them."""
    return Disagreement(size, None, digest, Unsigned(shown))


def when_not_ahead(new: Signed, last: Signed, mine: Grown) -> Disagreement | None:
    """Judge what is no larger than what was cosigned last.

    Args:
        new: What the log signed.
        last: What was cosigned.
        mine: What the mirror has at the size of ``new``, and how it grew to ``last``.
    """
    said, before = new.checkpoint, last.checkpoint
    if said.root != mine.root:
        fork = Fork(new.note, last.note, mine.root, mine.hashes)
        return Disagreement(said.size, mine.root, said.root, fork)
    if said.size < before.size:
        rollback = Rollback(new.note, last.note, mine.hashes)
        return Disagreement(said.size, before.root, said.root, rollback)
    return when_other_lines(new, before)


def when_forked(new: Signed, last: Signed | None, theirs: Grown | None) -> Disagreement | None:
    """Judge what is larger than ``last`` by the tree that stands under it.

    Args:
        new: What the log signed.
        last: What was cosigned last.
        theirs: What the tree of ``new`` has at the size of ``last``; ``None``: nobody shows it.
            Whether it is that of ``new`` is looked at here.
    """
    if last is None or theirs is None or theirs.root == last.checkpoint.root:
        return None
    if not _holds(last.checkpoint.size, new.checkpoint, theirs):
        return None
    evidence = Fork(last.note, new.note, theirs.root, theirs.hashes)
    return Disagreement(new.checkpoint.size, last.checkpoint.root, new.checkpoint.root, evidence)


def when_other_root(
    new: Signed, last: Signed | None, root: bytes, mine: Grown, difference: Difference | None
) -> Disagreement:
    """Return what is wrong with a checkpoint that has another root than the mirror.

    Args:
        new: What the log signed.
        last: What was cosigned last.
        root: What the mirror has at the size of ``new``.
        mine: What the mirror has at the size of ``last``, and how it grew to ``root``.
        difference: Where it begins, if that is known.
    """
    grown = last and mine.root == last.checkpoint.root
    evidence = OtherRoot(
        new.note,
        root,
        last.note if last and grown else None,
        mine.hashes if grown else (),
        difference,
    )
    return Disagreement(new.checkpoint.size, root, new.checkpoint.root, evidence)


def when_other_lines(new: Signed, recomputed: Checkpoint) -> Disagreement | None:
    """Judge the lines below size and root, which are right: the seal of the heads, and no other."""
    said = new.checkpoint
    if said.extensions == recomputed.extensions:
        return None
    evidence = OtherHeads(new.note, recomputed.text)
    return Disagreement(said.size, _sealed(recomputed), _sealed(said), evidence)


def _sealed(checkpoint: Checkpoint) -> bytes | None:
    """Return the root of the heads; ``None`` where none is sealed that can be read."""
    try:
        seal = seal_in(checkpoint.extensions)
    except MalformedError:
        return None
    return None if seal is None else seal.root


def _holds(old: int, new: Checkpoint, grown: Grown) -> bool:
    """Return whether ``grown`` is what the tree of ``new`` had at size ``old``."""
    try:
        verify_consistency(old, grown.root, new.size, new.root, proof=grown.hashes)
    except LedgerError:
        return False
    return True


def first_difference(mine: Sequence[bytes], theirs: Sequence[bytes]) -> int | None:
    """Return the index at which two runs of leaf hashes part; ``None``: they do not."""
    pairs = enumerate(zip(mine, theirs, strict=False))
    return next((at for at, (one, other) in pairs if one != other), None)

"""What a log signs: how large it is and which root it has. C2SP tlog-checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.ledger.errors import DisprovedError, MalformedError
from shared.ledger.hashes import EMPTY_ROOT, SIZE_MAX, check_hashes
from shared.ledger.keys import SigningKey
from shared.ledger.lines import base64_of, decimal, hash_from
from shared.ledger.note import Note, sign_note
from shared.ledger.verify import verify_consistency

_LINES_MIN = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one size.

    Attributes:
        origin: Which log, e.g. ``asf/review`` under the house's prefix.
        size: Number of records.
        root: Of the tree over them; for an empty log ``EMPTY_ROOT``.
        extensions: More lines, e.g. the seal of the heads; signed like the rest.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if not all(lines) or any(mark < " " for line in lines for mark in line):
            raise MalformedError("an empty line, or a control character in one")
        if not 0 <= self.size <= SIZE_MAX:
            raise MalformedError(f"no log of {self.size} records")
        check_hashes(self.root)

    @property
    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64_of(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that the ``text`` of a note writes.

    Raises:
        MalformedError: It writes none.
    """
    *lines, rest = text.split("\n")
    if rest or len(lines) < _LINES_MIN:
        raise MalformedError("a checkpoint of fewer than three lines, or cut short")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, decimal(size, "a size"), hash_from(root, "a root"), tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> Note:
    """Return ``checkpoint`` signed by the log: by two keys while one replaces the other."""
    if any(key.name != checkpoint.origin for key in keys):
        raise ValueError("a log signs under its origin")
    return sign_note(checkpoint.text, *keys)


def check_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Return when ``new`` is what the tree of ``old`` became, and nothing was taken back.

    At one size there is one root. From an empty log every log can grow: nothing to prove.

    Raises:
        MalformedError: The proof is not of the form that the sizes call for.
        DisprovedError: Another log, a smaller one, another history, an empty log with a root.
    """
    if new.origin != old.origin:
        raise DisprovedError(f"{new.origin} is another log than {old.origin}")
    if new.size < old.size:
        raise DisprovedError(f"{new.origin} shrank from {old.size} records to {new.size}")
    for each in (old, new):
        if each.size == 0 and each.root != EMPTY_ROOT:
            raise DisprovedError("an empty log with a root")
    if old.size:
        verify_consistency(old.size, old.root, new.size, new.root, proof=proof)
    elif proof:
        raise MalformedError("a proof where nothing can be proved")


def check_signable(last: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Return when a signer that signed ``last`` may sign ``new``: one text for one size, ever.

    Args:
        last: What the signer signed last, from where it keeps it; None: nothing yet.
        new: What it is asked to sign.
        proof: From the one to the other.

    Raises:
        MalformedError: See ``check_growth``.
        DisprovedError: See ``check_growth``; or one size, and another text.
    """
    check_growth(last or Checkpoint(new.origin, 0, EMPTY_ROOT), new, proof)
    if last and last.size == new.size and last != new:
        raise DisprovedError(f"two checkpoints of {new.origin} at size {new.size}")

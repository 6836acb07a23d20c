"""What a log signed, and whether one is the other grown. C2SP tlog-checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verify.forms import decimal, hash_from
from verify.note import LOG, believed, note_from
from verify.policy import Policy
from verify.refused import MalformedError, TamperedError, UntrustedError
from verify.tree import EMPTY_ROOT, check_consistency

SEAL: Final = "asf-heads-v1"
SIMULATED: Final = "asf-simulated"
_LINES_MIN, _SEAL_WORDS = 3, 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one size, believed.

    Attributes:
        seal: How many heads there are, and the root over them; ``None``: none is sealed.
        seen_at: When each trusted witness saw it, seconds since 1970, by its name.
    """

    origin: str
    size: int
    root: bytes
    seal: tuple[int, bytes] | None
    text: str
    seen_at: tuple[tuple[str, int], ...]

    @property
    def log(self) -> str:
        """What the records of this log name as their log, e.g. ``asf/review``.

        Origins stand under a prefix, and say so when their time is simulated.
        """
        parts = self.origin.split("/")
        for at, part in enumerate(parts[:-1]):
            if part in {"asf", SIMULATED}:
                return "/".join(["asf", *parts[at + 1 :]])
        return self.origin


def opened(data: bytes, policy: Policy, *, alone: bool = False) -> Checkpoint:
    """Return the checkpoint in the note ``data``, when it is as ``policy`` demands.

    Args:
        data: The note.
        policy: Whom to believe.
        alone: The log's signature is enough: whoever kept the checkpoint saw it themselves.

    Raises:
        MalformedError: It is no note, or no checkpoint.
        TamperedError: A trusted key's signature is false.
        UntrustedError: No trusted key of its log signed it, or too few witnesses.
    """
    note = note_from(data)
    signed = believed(note, policy.keys)
    origin, size, root, extensions = _parsed(note.text)
    if not any(key.kind == LOG and key.name == origin for key, _ in signed):
        raise UntrustedError(f"no key that is trusted for {origin} signed its checkpoint")
    if not alone and not policy.agreed({key for key, seen in signed if seen is not None}):
        raise UntrustedError(f"too few trusted witnesses saw {origin} at {size}")
    seen_at = tuple((key.name, seen) for key, seen in signed if seen is not None)
    return Checkpoint(origin, size, root, _seal_in(extensions), note.text, seen_at)


def check_grown(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Return when ``new`` is ``old`` grown, with nothing taken back.

    Raises:
        MalformedError: The proof has another form than the sizes call for.
        TamperedError: It is not.
    """
    if old.origin != new.origin:
        raise TamperedError(f"{new.origin} is another log than {old.origin}")
    if new.size < old.size:
        raise TamperedError(f"{new.origin} shrank from {old.size} records to {new.size}")
    if old.size:
        check_consistency(old.size, old.root, new.size, new.root, proof=proof)
    elif proof:
        raise MalformedError("a proof where there is nothing to prove")


def _parsed(text: str) -> tuple[str, int, bytes, list[str]]:
    lines = text.split("\n")
    if lines.pop() or len(lines) < _LINES_MIN or not all(lines):
        raise MalformedError("no checkpoint")
    size, root = decimal(lines[1]), hash_from(lines[2])
    if size == 0 and root != EMPTY_ROOT:
        raise TamperedError("an empty log with a root")
    return lines[0], size, root, lines[3:]


def _seal_in(extensions: list[str]) -> tuple[int, bytes] | None:
    seals = [line.split(" ") for line in extensions if line.split(" ")[0] == SEAL]
    if not seals:
        return None
    if len(seals) > 1 or len(seals[0]) != _SEAL_WORDS:
        raise MalformedError("no seal of heads, or two")
    count, root = decimal(seals[0][1]), hash_from(seals[0][2])
    if count == 0 and root != EMPTY_ROOT:
        raise TamperedError("no heads, and a root over them")
    return count, root

"""Proof files: of a record (C2SP tlog-proof@v1), and of growth (the body of C2SP add-checkpoint)."""

from dataclasses import dataclass
from typing import Final

from verify.checkpoint import Checkpoint, check_grown
from verify.forms import decimal, from_base64, hash_from, text_from
from verify.refused import MalformedError
from verify.tree import check_inclusion, leaf_hash

HASHES_MAX: Final = 63
_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class RecordProof:
    """That a record is in a log.

    Attributes:
        index: From 0.
        note: The signed checkpoint, byte for byte.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class GrowthProof:
    """That a log grew from a size.

    Attributes:
        note: The later signed checkpoint, byte for byte.
    """

    old: int
    hashes: tuple[bytes, ...]
    note: bytes


def record_proof_from(data: bytes) -> RecordProof:
    """Return the proof that ``data`` writes; nothing of it is believed.

    Raises:
        MalformedError: It writes none.
    """
    lines, note = _front(data)
    if lines.pop(0) != _HEADER:
        raise MalformedError("no proof of a record")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0).removeprefix("extra "))
    index = _counted(lines, "index ")
    return RecordProof(index, _hashes(lines), note)


def growth_proof_from(data: bytes) -> GrowthProof:
    """Return the proof that ``data`` writes; nothing of it is believed.

    Raises:
        MalformedError: It writes none.
    """
    lines, note = _front(data)
    old = _counted(lines, "old ")
    return GrowthProof(old, _hashes(lines), note)


def check_record(leaf: bytes, proof: RecordProof, checkpoint: Checkpoint) -> None:
    """Return when the record of exactly these bytes stands where ``proof`` says.

    Raises:
        MalformedError: The proof has another form than index and size call for.
        TamperedError: It does not stand there.
    """
    check_inclusion(
        leaf_hash(leaf),
        proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        proof=proof.hashes,
    )


def check_growth(saved: Checkpoint, proof: GrowthProof, new: Checkpoint) -> None:
    """Return when ``new`` is ``saved`` grown.

    Raises:
        MalformedError: The proof starts from another size, or has another form.
        TamperedError: It did not grow from there.
    """
    if proof.old != saved.size:
        raise MalformedError(f"a proof from {proof.old} records, and {saved.size} were saved")
    check_grown(saved, new, proof.hashes)


def _front(data: bytes) -> tuple[list[str], bytes]:
    """Return the lines before the first empty line, and the note behind it."""
    front, gap, note = text_from(data, "a proof").partition("\n\n")
    if not gap:
        raise MalformedError("no proof, or cut short")
    return front.split("\n"), note.encode()


def _counted(lines: list[str], start: str) -> int:
    """Take the next line, and return the number behind ``start``."""
    if not lines or not lines[0].startswith(start):
        raise MalformedError(f"a proof without its line {start.strip()!r}")
    return decimal(lines.pop(0).removeprefix(start))


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > HASHES_MAX:
        raise MalformedError("a proof with hashes too many")
    return tuple(map(hash_from, lines))

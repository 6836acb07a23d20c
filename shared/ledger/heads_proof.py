"""Proof of what a case consists of, in one file. House: ADR-0018, after C2SP tlog-proof.

It holds the case's heads with their neighbours, each with its inclusion proof in the tree of heads,
and the signed checkpoint that seals that tree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.ledger.errors import DisprovedError, MalformedError
from shared.ledger.hashes import EMPTY_ROOT, HASH_BYTES
from shared.ledger.heads import Head, Seal, case_key, head_from, seal_in, stream_key
from shared.ledger.heads_tree import HeadsTree, Shown
from shared.ledger.lines import base64_of, decimal, hash_from, text_from
from shared.ledger.policy import Opened, Policy
from shared.ledger.verify import verify_inclusion

HEADER: Final = "asf-heads-proof-v1"
FILE_BYTES_MAX: Final = 16_000_000
_HEAD_LINES: Final = 5
_FIRST: Final = "first "
_SHOWN: Final = "shown "


@dataclass(frozen=True, slots=True)
class HeadsProof:
    """Some neighbouring heads of a log.

    Attributes:
        first: Index of the first in the tree of heads.
        shown: In the order of their keys; together with their neighbours.
        checkpoint: The note that seals the tree, byte for byte.
    """

    first: int
    shown: tuple[Shown, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        lines = [HEADER, f"{_FIRST}{self.first}", f"{_SHOWN}{len(self.shown)}", ""]
        for each in self.shown:
            lines += (*each.head.lines, *map(base64_of, each.hashes), "")
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


@dataclass(frozen=True, slots=True)
class Part:
    """A record that somebody was shown: stream, version and leaf hash."""

    stream: str
    version: int
    leaf: bytes


def prove_case(tree: HeadsTree, case: str, checkpoint: bytes) -> HeadsProof:
    """Return the proof of all that ``case`` consists of; also that it consists of nothing.

    Args:
        tree: The heads of the log at the size of the checkpoint, neither before nor after.
        case: Its id, as written in the records.
        checkpoint: The note that seals them.
    """
    return HeadsProof(*tree.shown(*_of_case(case)), checkpoint)


def prove_stream(tree: HeadsTree, case: str, stream: str, checkpoint: bytes) -> HeadsProof:
    """Return the proof of where ``stream`` ends within ``case``, or that it is not there.

    Args: See ``prove_case``.
    """
    return HeadsProof(*tree.shown(*_of_stream(case, stream)), checkpoint)


def parse_heads_proof(data: bytes) -> HeadsProof:
    """Return the proof that ``data`` writes. Nothing of it is verified.

    Raises:
        MalformedError: It writes none.
    """
    text = text_from(data, "a proof", bytes_max=FILE_BYTES_MAX)
    front, *rest = text.split("\n\n")
    header, *counts = front.split("\n")
    if header != HEADER or len(counts) != len((_FIRST, _SHOWN)):
        raise MalformedError("no proof of heads")
    first, number = _counted(counts[0], _FIRST), _counted(counts[1], _SHOWN)
    if number > len(rest):
        raise MalformedError("fewer heads than counted")
    shown = tuple(_shown_from(block.split("\n")) for block in rest[:number])
    return HeadsProof(first, shown, "\n\n".join(rest[number:]).encode())


def verify_case(case: str, proof: HeadsProof, policy: Policy) -> tuple[tuple[Head, ...], Opened]:
    """Return all heads of ``case``, by their keys, and the checkpoint that seals them.

    Raises:
        MalformedError: The checkpoint seals no heads, or the proof is not of the form needed.
        DisprovedError: A signature or a hash is false, or something may have been left out.
        UntrustedError: No known log signed the checkpoint, or too few witnesses did.
    """
    opened = policy.open(proof.checkpoint)
    return heads_between(proof, _seal_of(opened), *_of_case(case)), opened


def verify_stream(
    case: str, stream: str, proof: HeadsProof, policy: Policy
) -> tuple[Head | None, Opened]:
    """Return the head of ``stream`` within ``case``, None when it is proved not to be there.

    Raises: See ``verify_case``.
    """
    opened = policy.open(proof.checkpoint)
    found = heads_between(proof, _seal_of(opened), *_of_stream(case, stream))
    return (found[0] if found else None), opened


def heads_between(proof: HeadsProof, seal: Seal, low: bytes, high: bytes) -> tuple[Head, ...]:
    """Return every head with ``low <= key < high`` in the tree under ``seal``, and no other.

    Raises:
        MalformedError: See ``verify_inclusion``.
        DisprovedError: A head is not in the tree, out of order, or could have a neighbour unseen.
    """
    _check_shown(proof, seal)
    keys = [each.head.key for each in proof.shown]
    if sorted(set(keys)) != keys:
        raise DisprovedError("heads that are out of order")
    from_the_start = proof.first == 0 or any(key < low for key in keys[:1])
    to_the_end = proof.first + len(keys) == seal.count or any(key >= high for key in keys[-1:])
    if not from_the_start or not to_the_end:
        raise DisprovedError("heads that could have been left out")
    return tuple(each.head for each in proof.shown if low <= each.head.key < high)


def check_complete(case: str, heads: Sequence[Head], parts: Iterable[Part]) -> None:
    """Return when ``parts`` are all records that ``case`` has: none is missing, none too many.

    Of each record only stream, version and leaf hash are looked at; that it is in the log is for
    the inclusion proof to say.

    Raises:
        DisprovedError: The message names the first stream, or says how much of one is missing.
    """
    streams: dict[bytes, dict[int, Part]] = {}
    for part in parts:
        streams.setdefault(stream_key(case, part.stream), {})[part.version] = part
    for head in heads:
        held = streams.pop(head.stream, None)
        if held is None:
            raise DisprovedError(f"a stream of {head.records} records is missing")
        last = held[max(held)]
        if len(held) != head.records or (last.version, last.leaf) != (head.version, head.leaf):
            raise DisprovedError(
                f"{last.stream}: {len(held)} records up to version {last.version}, and not "
                f"{head.records} up to version {head.version}"
            )
    for held in streams.values():
        raise DisprovedError(f"{held[max(held)].stream}: a stream that the case does not have")


def _check_shown(proof: HeadsProof, seal: Seal) -> None:
    """Refuse heads that are not in the tree, one after the other."""
    if seal.count == 0 and (seal.root != EMPTY_ROOT or proof.shown):
        raise DisprovedError("no heads, and a root")
    for index, each in enumerate(proof.shown, proof.first):
        verify_inclusion(each.head.hash, index, size=seal.count, root=seal.root, proof=each.hashes)


def _seal_of(opened: Opened) -> Seal:
    seal = seal_in(opened.checkpoint.extensions)
    if seal is None:
        raise MalformedError(f"{opened.checkpoint.origin} seals no heads at this size")
    return seal


def _of_case(case: str) -> tuple[bytes, bytes]:
    """Return the keys between which all heads of ``case`` stand."""
    low = case_key(case)
    return low, low + b"\xff" * (HASH_BYTES + 1)


def _of_stream(case: str, stream: str) -> tuple[bytes, bytes]:
    """Return the keys between which only that head can stand."""
    key = case_key(case) + stream_key(case, stream)
    return key, key + b"\0"


def _shown_from(lines: Sequence[str]) -> Shown:
    hashes = (hash_from(line, "a hash of the proof") for line in lines[_HEAD_LINES:])
    return Shown(head_from(lines[:_HEAD_LINES]), tuple(hashes))


def _counted(line: str, start: str) -> int:
    """Return the number behind ``start``."""
    if not line.startswith(start):
        raise MalformedError("a proof of heads without its counts")
    return decimal(line.removeprefix(start), start.strip())

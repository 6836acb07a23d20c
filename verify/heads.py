"""What a case consists of in one log, by the heads that its checkpoint seals. docs/ledger.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final, NamedTuple

from verify.checkpoint import Checkpoint
from verify.forms import HASH_BYTES, decimal, from_hex, hash_from, text_from
from verify.refused import MalformedError, TamperedError
from verify.tree import check_inclusion, leaf_hash

_HEADER: Final = "asf-heads-proof-v1"
_HEAD: Final = "asf-head-v1"
_HEAD_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Head:
    """How much of a stream belongs to a case, and where that ends.

    Attributes:
        case: Key of the case.
        stream: Key of the stream within the case.
        version: Of the last record.
        leaf: Its hash.
        hash: Of these lines, as a leaf of the tree of heads.
        proof: Its inclusion proof there.
    """

    case: bytes
    stream: bytes
    records: int
    version: int
    leaf: bytes
    hash: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class HeadsProof:
    """Neighbouring heads, and the note that seals them."""

    first: int
    heads: tuple[Head, ...]
    note: bytes


class Shown(NamedTuple):
    """A record that is at hand: where it stands in its stream, its position and leaf hash."""

    stream: str
    version: int
    position: int
    leaf: bytes


def case_key(case: str) -> bytes:
    """Return what stands for ``case`` among the heads."""
    return sha256(b"asf-case-v1\x00" + case.encode()).digest()


def stream_key(case: str, stream: str) -> bytes:
    """Return what stands for ``stream`` within ``case``."""
    return sha256(b"asf-stream-v1\x00" + case.encode() + b"\x00" + stream.encode()).digest()


def heads_proof_from(data: bytes) -> HeadsProof:
    """Return the proof that ``data`` writes; nothing of it is believed.

    Raises:
        MalformedError: It writes none.
    """
    front, *blocks = text_from(data, "a proof of heads").split("\n\n")
    lines = front.split("\n")
    match [line.split(" ") for line in lines]:
        case [[header], ["first", first], ["shown", shown]] if header == _HEADER:
            number = decimal(shown)
        case _:
            raise MalformedError("no proof of heads")
    if number >= len(blocks):
        raise MalformedError("fewer heads than counted, or no checkpoint")
    heads = tuple(_head_from(block.split("\n")) for block in blocks[:number])
    return HeadsProof(decimal(first), heads, "\n\n".join(blocks[number:]).encode())


def heads_of(case: str, proof: HeadsProof, checkpoint: Checkpoint) -> tuple[Head, ...]:
    """Return every head of ``case``: none was left out between those shown.

    Raises:
        MalformedError: The checkpoint seals no heads, or a proof has another form.
        TamperedError: A head is not in the tree, out of order, or may have been left out.
    """
    if checkpoint.seal is None:
        raise MalformedError(f"{checkpoint.origin} seals no heads at this size")
    count, root = checkpoint.seal
    for index, head in enumerate(proof.heads, proof.first):
        check_inclusion(head.hash, index, size=count, root=root, proof=head.proof)
    keys = [(head.case, head.stream) for head in proof.heads]
    if any(one >= other for one, other in pairwise(keys)):
        raise TamperedError("heads that are out of order")
    mine = case_key(case)
    begins = proof.first == 0 or (bool(keys) and keys[0][0] < mine)
    ends = proof.first + len(keys) == count or (bool(keys) and keys[-1][0] > mine)
    if not begins or not ends:
        raise TamperedError("a stream of the case may have been left out")
    return tuple(head for head in proof.heads if head.case == mine)


def check_whole(case: str, heads: Sequence[Head], shown: Iterable[Shown]) -> None:
    """Return when ``shown`` is all that the log has of ``case``, and nothing else.

    Raises:
        TamperedError: Something is missing or too much; the message says where.
    """
    streams: dict[bytes, dict[int, Shown]] = {}
    for each in shown:
        of_stream = streams.setdefault(stream_key(case, each.stream), {})
        if each.version in of_stream:
            raise TamperedError(
                f"{each.stream} has version {each.version} twice", position=each.position
            )
        of_stream[each.version] = each
    for head in heads:
        _check_stream(head, streams.pop(head.stream, {}))
    for left in streams.values():
        first = left[min(left)]
        raise TamperedError(f"{first.stream} is no stream of the case", position=first.position)


def _check_stream(head: Head, shown: Mapping[int, Shown]) -> None:
    if not shown:
        raise TamperedError(f"a stream of {head.records} records is missing")
    last = shown[max(shown)]
    if (last.version, last.leaf) != (head.version, head.leaf):
        raise TamperedError(
            f"{last.stream} ends with version {head.version}, and here with {last.version}",
            position=last.position,
        )
    if len(shown) != head.records:
        raise TamperedError(
            f"{last.stream} has {head.records} records of the case, and {len(shown)} are here",
            position=last.position,
        )


def _head_from(lines: Sequence[str]) -> Head:
    words = lines[3].split(" ") if len(lines) >= _HEAD_LINES else []
    if lines[0] != _HEAD or len(words) != len(("records", "version")):
        raise MalformedError("no head")
    records, version = map(decimal, words)
    if not records or not version:
        raise MalformedError("a head of nothing")
    case, stream, leaf = (from_hex(lines[at], size=HASH_BYTES) for at in (1, 2, 4))
    written = "".join(f"{line}\n" for line in lines[:_HEAD_LINES]).encode()
    proof = tuple(map(hash_from, lines[_HEAD_LINES:]))
    return Head(case, stream, records, version, leaf, leaf_hash(written), proof)

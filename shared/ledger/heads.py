"""Which streams each case has, and where each ends: what makes a left-out record show.

House: ADR-0018. A proof that a record is in the log says nothing of the records that were not
shown. So each checkpoint seals, beside the root of the log, the root of a second tree: one leaf for
each case and stream, in the order of their keys. Who is shown a case gets all its leaves, and the
neighbours on both sides, and sees that there is nothing between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX, check_hashes, leaf_hash
from shared.ledger.lines import base64_of, decimal, hash_from

SEAL: Final = "asf-heads-v1"
"""What the extension line of a checkpoint begins with."""
_HEAD: Final = "asf-head-v1"
_SEAL_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Head:
    """What the log holds of one case in one stream. Keys hide whose: see ``case_key``.

    Attributes:
        case: Key of the case.
        stream: Key of the stream within the case.
        records: How many records of that stream belong to the case.
        version: Version of the last of them.
        leaf: Its leaf hash.
    """

    case: bytes
    stream: bytes
    records: int
    version: int
    leaf: bytes

    def __post_init__(self) -> None:
        check_hashes(self.case, self.stream, self.leaf)
        if not (1 <= self.records <= SIZE_MAX and 1 <= self.version <= SIZE_MAX):
            raise MalformedError(f"{self.records} records up to version {self.version}")

    @property
    def key(self) -> bytes:
        """What the tree is ordered by: all heads of a case stand together."""
        return self.case + self.stream

    @property
    def lines(self) -> tuple[str, ...]:
        """What is hashed, line by line."""
        counts = f"{self.records} {self.version}"
        return (_HEAD, self.case.hex(), self.stream.hex(), counts, self.leaf.hex())

    @property
    def hash(self) -> bytes:
        """The hash of its leaf in the tree of heads. RFC 6962 section 2.1."""
        return leaf_hash("".join(f"{line}\n" for line in self.lines).encode())


def head_from(lines: Sequence[str]) -> Head:
    """Return the head that ``lines`` write.

    Raises:
        MalformedError: They write none.
    """
    try:
        what, case, stream, counts, leaf = lines
        records, version = counts.split(" ")
        head = Head(
            bytes.fromhex(case),
            bytes.fromhex(stream),
            decimal(records, "records"),
            decimal(version, "a version"),
            bytes.fromhex(leaf),
        )
    except ValueError as error:
        raise MalformedError(f"no head: {error}") from error
    if what != _HEAD or head.lines != tuple(lines):
        raise MalformedError("no head in its one form")
    return head


def case_key(case: str) -> bytes:
    """Return what stands for ``case`` in the tree of heads.

    A case's id is random, so its key tells nothing to who does not know it: the neighbours in a
    proof say nothing about other people's cases.
    """
    return sha256(b"asf-case-v1\0" + case.encode()).digest()


def stream_key(case: str, stream: str) -> bytes:
    """Return what stands for ``stream`` within ``case``; hidden by the case's id, as above."""
    return sha256(b"asf-stream-v1\0" + case.encode() + b"\0" + stream.encode()).digest()


@dataclass(frozen=True, slots=True)
class Seal:
    """All heads of a log at one size.

    Attributes:
        count: How many there are.
        root: Of the tree over them, in the order of their keys.
    """

    count: int
    root: bytes

    @property
    def line(self) -> str:
        """The extension line of the checkpoint."""
        return f"{SEAL} {self.count} {base64_of(self.root)}"


def seal_in(extensions: Iterable[str]) -> Seal | None:
    """Return the seal among a checkpoint's extension lines; None when there is none.

    Raises:
        MalformedError: A line begins like a seal and is none, or there are two.
    """
    found = [line for line in extensions if line.partition(" ")[0] == SEAL]
    if len(found) > 1:
        raise MalformedError("two seals of heads")
    if not found:
        return None
    words = found[0].split(" ")
    if len(words) != _SEAL_WORDS:
        raise MalformedError("no seal of heads")
    return Seal(decimal(words[1], "the number of heads"), hash_from(words[2], "their root"))

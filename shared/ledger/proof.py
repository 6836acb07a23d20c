"""One file that proves one record to somebody without a network. C2SP tlog-proof@v1.

It holds the record's place, the inclusion proof and the signed checkpoint. The record itself is
kept beside it.
"""

from dataclasses import dataclass
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX, check_hashes, leaf_hash
from shared.ledger.lines import base64_of, decimal, from_base64, hash_from, text_from
from shared.ledger.note import NOTE_BYTES_MAX
from shared.ledger.policy import Opened, Policy
from shared.ledger.verify import verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"
PROOF_HASHES_MAX: Final = 63
_EXTRA: Final = "extra "
_INDEX: Final = "index "


@dataclass(frozen=True, slots=True)
class RecordProof:
    """That a record is in a log.

    Attributes:
        index: The record's, from 0: its position less one.
        hashes: The inclusion proof, the leaf's sibling first.
        checkpoint: The note, byte for byte as signed.
        extra: What the writer adds; nobody vouches for it. None: nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= SIZE_MAX or len(self.hashes) > PROOF_HASHES_MAX:
            raise MalformedError("a proof about a record that no log can have")
        check_hashes(*self.hashes)

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        extra = [] if self.extra is None else [f"{_EXTRA}{base64_of(self.extra)}"]
        lines = [HEADER, *extra, f"{_INDEX}{self.index}", *map(base64_of, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


def parse_record_proof(data: bytes) -> RecordProof:
    """Return the proof that ``data`` writes. Nothing of it is verified.

    Raises:
        MalformedError: It writes none.
    """
    text = text_from(data, "a proof", bytes_max=2 * NOTE_BYTES_MAX)
    head, separator, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not separator:
        raise MalformedError("no proof of a record")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = from_base64(lines.pop(0).removeprefix(_EXTRA), "the extra line")
    if not lines or not lines[0].startswith(_INDEX):
        raise MalformedError("a proof without an index")
    index = decimal(lines[0].removeprefix(_INDEX), "the index")
    hashes = tuple(hash_from(line, "a hash of the proof") for line in lines[1:])
    return RecordProof(index, hashes, checkpoint.encode(), extra)


def verify_record(leaf: bytes, proof: RecordProof, policy: Policy) -> Opened:
    """Return the checkpoint that vouches for the record of exactly these bytes.

    Raises:
        MalformedError: The proof is not of the form that index and size call for.
        DisprovedError: A signature is false, or the record is not there.
        UntrustedError: No known log signed the checkpoint, or too few witnesses did.
    """
    opened = policy.open(proof.checkpoint)
    checkpoint = opened.checkpoint
    verify_inclusion(
        leaf_hash(leaf),
        proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        proof=proof.hashes,
    )
    return opened

"""What a log sends to a witness, and when the witness cosigns. C2SP tlog-witness, "add-checkpoint".

The answer to ``AddCheckpoint`` is pure: the caller looks up what was cosigned last, judges, keeps
the new checkpoint with a compare-and-set on the old, and only then cosigns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shared.ledger.checkpoint import Checkpoint, check_growth, parse_checkpoint
from shared.ledger.errors import DisprovedError, LedgerError, MalformedError
from shared.ledger.hashes import EMPTY_ROOT, check_hashes
from shared.ledger.keys import VerifierKey
from shared.ledger.lines import base64_of, decimal, hash_from, text_from
from shared.ledger.note import NOTE_BYTES_MAX, Note, parse_note, signers

PROOF_LINES_MAX: Final = 63
REQUEST_BYTES_MAX: Final = NOTE_BYTES_MAX
SIZE_MEDIA_TYPE: Final = "text/x.tlog.size"
"""Of the body of a ``STALE`` answer: the size last cosigned, and a newline."""
_OLD: Final = "old "


class No(Enum):
    """Why a witness does not cosign, with the status of the answer."""

    MALFORMED = 400
    UNTRUSTED = 403
    """No known key of that log signed it, or a known key's signature is false."""
    UNKNOWN_LOG = 404
    STALE = 409
    """The proof starts from another size than the one cosigned last: send one from there."""
    INCONSISTENT = 422
    """The proof does not prove. Signed by the log, this is evidence against it: keep it."""


class WitnessRefusal(LedgerError):  # noqa: N818 -- an answer to the log
    """The witness does not cosign."""

    def __init__(self, why: No, detail: str) -> None:
        super().__init__(detail)
        self.why = why


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log's wish to have a checkpoint cosigned.

    Attributes:
        old_size: Of the checkpoint that this witness cosigned last, as the log believes; 0: none.
        proof: The consistency proof from there; empty from 0 and from the same size.
        checkpoint: The note, byte for byte.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if len(self.proof) > PROOF_LINES_MAX:
            raise MalformedError(f"{len(self.proof)} proof lines")
        check_hashes(*self.proof)

    def encode(self) -> bytes:
        """Return the body of the request."""
        lines = [f"{_OLD}{self.old_size}", *map(base64_of, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Return the wish that ``body`` writes.

    Raises:
        MalformedError: It writes none.
    """
    text = text_from(body, "a request", bytes_max=REQUEST_BYTES_MAX)
    head, separator, checkpoint = text.partition("\n\n")
    old, *lines = head.split("\n")
    if not old.startswith(_OLD) or not separator:
        raise MalformedError("no wish for a cosignature")
    return AddCheckpoint(
        decimal(old.removeprefix(_OLD), "the old size"),
        tuple(hash_from(line, "a proof line") for line in lines),
        checkpoint.encode(),
    )


def signed_checkpoint(wish: AddCheckpoint, logs: Sequence[VerifierKey]) -> tuple[Checkpoint, Note]:
    """Return the checkpoint, when its log is known and signed it: the first half of judging.

    Raises:
        WitnessRefusal: ``MALFORMED``, ``UNKNOWN_LOG`` or ``UNTRUSTED``.
    """
    try:
        note = parse_note(wish.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except MalformedError as error:
        raise WitnessRefusal(No.MALFORMED, str(error)) from error
    keys = [key for key in logs if key.name == checkpoint.origin]
    if not keys:
        raise WitnessRefusal(No.UNKNOWN_LOG, "a log that is not known here")
    try:
        signers(note, keys)
    except LedgerError as error:
        raise WitnessRefusal(No.UNTRUSTED, str(error)) from error
    return checkpoint, note


def check_next(wish: AddCheckpoint, new: Checkpoint, last: Checkpoint | None) -> None:
    """Return when ``new`` may be cosigned after ``last``: the second half of judging.

    What extension lines say is not judged here: the protocol is about the tree.

    Args:
        wish: What was asked.
        new: Its checkpoint, from ``signed_checkpoint``.
        last: What was cosigned last of that log; None: nothing.

    Raises:
        WitnessRefusal: ``MALFORMED``, ``STALE`` (its text is the body) or ``INCONSISTENT``.
    """
    if wish.old_size > new.size:
        raise WitnessRefusal(No.MALFORMED, "an old size above the new one")
    before = last or Checkpoint(new.origin, 0, EMPTY_ROOT)
    if wish.old_size != before.size:
        raise WitnessRefusal(No.STALE, f"{before.size}\n")
    try:
        check_growth(before, new, wish.proof)
    except (DisprovedError, MalformedError) as error:
        raise WitnessRefusal(No.INCONSISTENT, str(error)) from error

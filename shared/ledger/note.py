"""A text and who signed it. C2SP signed-note.

The text of a note says nothing until a trusted key has been found to have signed it: see
``signers``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from shared.ledger.errors import DisprovedError, MalformedError, UntrustedError
from shared.ledger.keys import SigningKey, VerifierKey
from shared.ledger.lines import text_from
from shared.ledger.signature import Signature, signature_from

NOTE_BYTES_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 100
_SEPARATOR: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, none of them believed yet.

    Attributes:
        text: With its last newline.
        signatures: In the order of their lines; at least one, at most 100.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n"):
            raise MalformedError("a text that does not end with a newline")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise MalformedError(f"a note with {len(self.signatures)} signatures")

    def encode(self) -> bytes:
        """Return its bytes, as served and kept."""
        return f"{self.text}\n{signature_lines(self.signatures)}".encode()

    def signed_also(self, signatures: Iterable[Signature]) -> "Note":
        """Return the note with more signatures, behind those it has. A known one adds none."""
        more = dict.fromkeys(signatures)
        new = tuple(each for each in more if each not in self.signatures)
        return replace(self, signatures=self.signatures + new)


def parse_note(data: bytes) -> Note:
    """Return the note that ``data`` writes.

    The text ends with the last empty line, so a text may have empty lines itself.

    Raises:
        MalformedError: It is cut short, not UTF-8, or anything else that is no note.
    """
    text, separator, lines = text_from(data, "a note", bytes_max=NOTE_BYTES_MAX).rpartition(
        _SEPARATOR
    )
    if not separator:
        raise MalformedError("a note without signatures")
    return Note(f"{text}\n", signatures_from(lines))


def sign_note(text: str, *keys: SigningKey) -> Note:
    """Return ``text`` signed by each of ``keys``: two while one key replaces another."""
    return Note(text, tuple(key.sign(text) for key in keys))


def signers(note: Note, keys: Iterable[VerifierKey]) -> tuple[tuple[VerifierKey, Signature], ...]:
    """Return who of ``keys`` signed ``note``, in the order of its lines; at least one.

    A line that stands again is the same signature: it is verified once, and counts once. Signatures of unknown keys are passed over, also where only name or id is known.

    Raises:
        DisprovedError: A known key's signature is false: then nothing of the note is believed.
        UntrustedError: None of ``keys`` signed it.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[tuple[VerifierKey, Signature]] = []
    for signature in dict.fromkeys(note.signatures):
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.verifies(note.text, signature):
            raise DisprovedError(f"the signature of {key.name} is false")
        found.append((key, signature))
    if not found:
        raise UntrustedError("no trusted key signed the note")
    return tuple(found)


def signature_lines(signatures: Iterable[Signature]) -> str:
    """Return the lines of ``signatures``, as they end a note or answer ``add-checkpoint``."""
    return "".join(f"{signature.line}\n" for signature in signatures)


def signatures_from(lines: str) -> tuple[Signature, ...]:
    """Return the signatures that ``lines`` write, each line ended by a newline; at least one.

    Raises:
        MalformedError: One of the lines is no signature, or the last is cut short.
    """
    *complete, rest = lines.split("\n")
    if rest or not complete:
        raise MalformedError("signature lines that are cut short")
    if len(complete) > SIGNATURES_MAX:
        raise MalformedError(f"{len(complete)} signatures")
    return tuple(map(signature_from, complete))

"""Signed notes and the keys that sign them. C2SP signed-note and tlog-cosignature, Ed25519 only."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verify.forms import COUNT_MAX, from_base64, text_from
from verify.refused import MalformedError, TamperedError, UntrustedError

LOG: Final = 0x01
"""Type of a key that signs the text itself: a log's."""
WITNESS: Final = 0x04
"""Type of a key that signs a checkpoint with a time: a witness's."""
NOTE_BYTES_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 100
_NAME_BYTES_MAX: Final = 255
_ID_BYTES, _TIME_BYTES, _PUBLIC_BYTES = 4, 8, 32
_MARK: Final = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with its name.

    Attributes:
        kind: ``LOG`` or ``WITNESS``.
    """

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """C2SP signed-note: four bytes that tell it from other keys of that name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note."""

    name: str
    id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, and what stands under it; nothing is believed yet."""

    text: str
    signatures: tuple[Signature, ...]


def key_from(vkey: str) -> Key:
    """Return the key that the verifier key ``vkey`` writes.

    Raises:
        MalformedError: It writes none, one of an unknown kind, or with the id of another.
    """
    name, _, rest = vkey.partition("+")
    key_id, _, material = rest.partition("+")
    data = from_base64(material)
    if len(data) != 1 + _PUBLIC_BYTES or data[0] not in {LOG, WITNESS}:
        raise MalformedError(f"no Ed25519 key of a known kind: {name[:40]!r}")
    _check_name(name)
    key = Key(name, data[0], data[1:])
    if key.id.hex() != key_id:
        raise MalformedError(f"the key of {name} has the id of another")
    return key


def note_from(data: bytes) -> Note:
    """Return the note that ``data`` writes.

    Raises:
        MalformedError: It writes none, or is cut short.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise MalformedError("a note that is too long")
    text, gap, below = text_from(data, "a note").rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise MalformedError("a note without signatures, or cut short")
    lines = below[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise MalformedError("a note with too many signatures")
    return Note(text + "\n", tuple(map(_signature_from, lines)))


def believed(note: Note, keys: Iterable[Key]) -> tuple[tuple[Key, int | None], ...]:
    """Return who of ``keys`` signed, and for a witness when (seconds since 1970).

    Raises:
        TamperedError: A signature by one of ``keys`` is false: then nothing of it is believed.
        UntrustedError: None of ``keys`` signed.
    """
    known = {(key.name, key.id): key for key in keys}
    found: list[tuple[Key, int | None]] = []
    for signature in dict.fromkeys(note.signatures):
        key = known.get((signature.name, signature.id))
        if key is not None:
            found.append((key, _checked(key, note.text, signature.value)))
    if not found:
        raise UntrustedError("no key that is trusted here signed it")
    return tuple(found)


def _checked(key: Key, text: str, value: bytes) -> int | None:
    """Return when a witness signed; ``None`` for a log, which says no time.

    Raises:
        TamperedError: The signature is false.
    """
    seen_at, message = None, text.encode()
    false = TamperedError(f"the signature of {key.name} is false")
    if key.kind == WITNESS:
        seen_at, value = int.from_bytes(value[:_TIME_BYTES], "big"), value[_TIME_BYTES:]
        message = f"cosignature/v1\ntime {seen_at}\n{text}".encode()
    if (seen_at or 0) > COUNT_MAX:
        raise false
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise false from error
    return seen_at


def _signature_from(line: str) -> Signature:
    name, gap, value = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not gap:
        raise MalformedError("a line under a note that is no signature")
    _check_name(name)
    data = from_base64(value)
    if len(data) <= _ID_BYTES:
        raise MalformedError("a signature that is cut short")
    return Signature(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _check_name(name: str) -> None:
    """C2SP signed-note: a name is not empty and has no space and no plus."""
    bad = any(mark.isspace() or mark < " " or mark == "+" for mark in name)
    if bad or not 1 <= len(name.encode()) <= _NAME_BYTES_MAX:
        raise MalformedError("no name of a key")

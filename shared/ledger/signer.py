"""Who signs for a log, and what it signed last: in a folder outside the database. House: ADR-0019.

The one rule: what it signs next must have grown from what it signed last, by its own memory and
not the database's. So a database that was rolled back or rewritten shows, since it can no longer be
signed for. The memory is on disk before the signature leaves.

A folder belongs to one ledger and holds

====================  ==========================================================================
``key``               the secret: 32 bytes in base64, for its owner's eyes
``next.key``          while one key replaces another: a second secret, which signs a second line
``verifier-keys``     the public halves of all keys that ever signed, one a line, for verifiers
``signed``            the note that was signed last
``lock``              held while something is signed
====================  ==========================================================================
"""

import fcntl
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.ledger.checkpoint import Checkpoint, check_signable, parse_checkpoint, sign_checkpoint
from shared.ledger.errors import LedgerError
from shared.ledger.keys import SigningKey, VerifierKey, private_key, verifier_key
from shared.ledger.lines import base64_of, from_base64
from shared.ledger.note import Note, parse_note, signers

KEY: Final = "key"
NEXT_KEY: Final = "next.key"
SIGNED: Final = "signed"
VERIFIER_KEYS: Final = "verifier-keys"
_LOCK: Final = "lock"


class SignerForgotError(LedgerError):
    """The folder holds no memory, and the ledger has a past. Put the folder back where it was."""


class SignerBusyError(Exception):
    """Another process of this machine is signing at this moment. Ask again."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs the checkpoints of one log. Made by ``signer_in``. Every call waits for the disk.

    Attributes:
        origin: Of the log; also the name of its keys.
    """

    folder: Path
    origin: str

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """The keys that sign, as the folder has them now: the older first."""
        names = (KEY, NEXT_KEY)
        return tuple(
            SigningKey(self.origin, private_key(from_base64(text.strip(), name)))
            for name in names
            if (text := _text_of(self.folder / name)) is not None
        )

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """The public halves of the keys, and of those that signed before them."""
        return tuple(dict.fromkeys((*known_keys(self.folder), *(k.verifier for k in self.keys))))

    def last(self) -> tuple[Checkpoint, Note] | None:
        """Return what was signed last, by the folder's own memory; ``None``: nothing yet.

        Raises:
            LedgerError: The memory is not what a key of this folder signed.
        """
        data = signed_note(self.folder)
        if data is None:
            return None
        note = parse_note(data)
        signers(note, self.verifiers)
        return parse_checkpoint(note.text), note

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> Note:
        """Return ``checkpoint``, signed; by then it is remembered on disk.

        Args:
            checkpoint: What the log is said to be.
            proof: That it grew from ``last()``; empty from nothing.

        Raises:
            DisprovedError: It did not grow from what was signed last, or there were two texts for
                one size. Nothing is signed.
            MalformedError: The proof is not of the form that the sizes call for.
        """
        with locked(self.folder):
            last = self.last()
            check_signable(last[0] if last else None, checkpoint, proof)
            note = sign_checkpoint(checkpoint, *self.keys)
            self.remember_keys()
            if last is None or last[1] != note:
                write_durably(self.folder / SIGNED, note.encode())
        return note

    def remember_keys(self) -> None:
        """Keep the public halves, for as long as something that they signed is kept."""
        if (known := self.verifiers) != known_keys(self.folder):
            text = "".join(f"{key.vkey}\n" for key in known)
            write_durably(self.folder / VERIFIER_KEYS, text.encode(), mode=0o644)


def signer_in(folder: Path, origin: str, *, begun: bool) -> Signer:
    """Return the signer of ``folder``.

    Args:
        folder: Made when it is not there, with a fresh key in it, if the ledger is new.
        origin: Of the log.
        begun: Whether the ledger has a past: then a folder without memory is refused.

    Raises:
        SignerForgotError: See there.
        SignerBusyError: See there.
    """
    signer = Signer(folder, origin)
    has_key, remembers = (folder / KEY).exists(), (folder / SIGNED).exists()
    if (begun or remembers) and not (has_key and remembers):
        raise SignerForgotError(f"no key or no memory of {origin}, whose ledger has a past")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        if not (folder / KEY).exists():
            make_key(folder / KEY)
        signer.remember_keys()
    return signer


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Let nobody else on this machine sign meanwhile."""
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SignerBusyError(folder.name) from error
        yield


def known_keys(folder: Path) -> tuple[VerifierKey, ...]:
    """Return the public halves of all keys that ever signed, as the folder remembers them.

    Raises:
        MalformedError: A line is no key.
    """
    return tuple(map(verifier_key, (_text_of(folder / VERIFIER_KEYS) or "").splitlines()))


def signed_note(folder: Path) -> bytes | None:
    """Return the note that was signed last, as the folder remembers it; ``None``: nothing yet."""
    place = folder / SIGNED
    return place.read_bytes() if place.exists() else None


def make_key(place: Path) -> None:
    """Write a fresh secret to ``place``."""
    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    write_durably(place, f"{base64_of(seed)}\n".encode())


def write_durably(place: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Have ``data`` at ``place``, whole or not at all, also after the power failed.

    For its owner's eyes, unless ``mode`` says otherwise.

    Raises:
        OSError: It is not there: there is no room, for instance. What was at ``place`` still is.
    """
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123 -- a file with a mode
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text_of(place: Path) -> str | None:
    """Return what stands in ``place``; ``None``: there is no such file."""
    try:
        return place.read_text()
    except FileNotFoundError:
        return None

"""Who cosigns, and what was cosigned last of each log: in a folder outside the database.

House: ADR-0022, the rule of ADR-0019: what is cosigned next must have grown from what was cosigned
last, by this memory and not the database's, and is on disk before the cosignature leaves. So audit
never cosigns two roots for one size, wherever it is killed, and also when its database was rolled
back. The folder is the same for every process that may cosign, and holds

=====================  =========================================================================
``key``                the secret: 32 bytes in base64, for its owner's eyes
``next.key``           while one key replaces another: a second secret, which signs a second line
``verifier-keys``      the public halves of all keys that ever signed, one a line, for verifiers
``<origin hash>``      the note that was cosigned last of the log of that origin
``lock``               held while something is cosigned
=====================  =========================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.audit.witness.known import Signed, origin_hash
from shared.ledger.checkpoint import Checkpoint, check_signable, parse_checkpoint
from shared.ledger.keys import CosigningKey, VerifierKey, private_key
from shared.ledger.lines import from_base64
from shared.ledger.note import Note, parse_note, signers
from shared.ledger.signature import Signature
from shared.ledger.signer import (
    KEY,
    NEXT_KEY,
    VERIFIER_KEYS,
    SignerForgotError,
    known_keys,
    locked,
    make_key,
    write_durably,
)


class Overtaken(Exception):  # noqa: N818 -- normal between processes
    """Something else was cosigned of that log meanwhile. Judge again."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Cosigns checkpoints. Made by ``cosigner_in``. Every call waits for the disk.

    Attributes:
        name: Of its keys.
    """

    folder: Path
    name: str

    @property
    def keys(self) -> tuple[CosigningKey, ...]:
        """The keys that sign, as the folder has them now: the older first."""
        places = (self.folder / name for name in (KEY, NEXT_KEY))
        texts = (place.read_text().strip() for place in places if place.exists())
        return tuple(
            CosigningKey(self.name, private_key(from_base64(text, "a key"))) for text in texts
        )

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """The public halves of the keys, and of those that signed before them."""
        return tuple(dict.fromkeys((*known_keys(self.folder), *(k.verifier for k in self.keys))))

    def last(self, origin: str) -> Signed | None:
        """Return what was cosigned last of ``origin``, by the folder's memory; ``None``: nothing.

        Raises:
            LedgerError: The memory is not what a key of this folder cosigned.
        """
        place = self._memory(origin)
        if not place.exists():
            return None
        note = parse_note(place.read_bytes())
        signers(note, self.verifiers)
        return Signed(parse_checkpoint(note.text), note)

    def cosign(
        self,
        new: Checkpoint,
        signed: Sequence[Signature],
        proof: Sequence[bytes],
        *,
        last: Signed | None,
        at: int,
    ) -> Signed:
        """Return ``new``, cosigned; by then it is remembered on disk.

        Args:
            new: What a log signed, and was found to be true.
            signed: The log's own signatures.
            proof: That it grew from ``last``; empty from nothing.
            last: What ``new`` was judged against: the compare of compare-and-set.
            at: Seconds since 1970, UTC.

        Raises:
            Overtaken: See there. Nothing is signed.
            DisprovedError: It did not grow from ``last``. Nothing is signed.
            MalformedError: The proof is not of the form that the sizes call for.
            SignerBusyError: Another process is signing at this moment.
        """
        with locked(self.folder):
            if self.last(new.origin) != last:
                raise Overtaken(new.origin)
            check_signable(last.checkpoint if last else None, new, proof)
            mine = self._signed(new, at)
            done = Signed(new, Note(new.text, (*signed, *mine)))
            write_durably(self._memory(new.origin), done.note.encode(), mode=0o644)
        return done

    def again(self, last: Signed, *, at: int) -> tuple[Signature, ...]:
        """Return fresh cosignatures of what is remembered already."""
        return self._signed(last.checkpoint, at)

    def remember_keys(self) -> None:
        """Keep the public halves, for as long as something that they signed is kept."""
        if (known := self.verifiers) != known_keys(self.folder):
            text = "".join(f"{key.vkey}\n" for key in known)
            write_durably(self.folder / VERIFIER_KEYS, text.encode(), mode=0o644)

    def _signed(self, checkpoint: Checkpoint, at: int) -> tuple[Signature, ...]:
        self.remember_keys()
        return tuple(key.cosign(checkpoint.text, at) for key in self.keys)

    def _memory(self, origin: str) -> Path:
        return self.folder / origin_hash(origin)


def cosigner_in(folder: Path, name: str, *, begun: bool) -> Cosigner:
    """Return the cosigner of ``folder``.

    Args:
        folder: Made when it is not there, with a fresh key in it, if nothing was cosigned yet.
        name: Of its keys.
        begun: Whether something was cosigned: then a folder without a key is refused.

    Raises:
        SignerForgotError: See there.
        SignerBusyError: Another process is signing at this moment.
    """
    if begun and not (folder / KEY).exists():
        raise SignerForgotError(f"no key of {name}, which has cosigned before")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        if not (folder / KEY).exists():
            make_key(folder / KEY)
        cosigner = Cosigner(folder, name)
        cosigner.remember_keys()
    return cosigner

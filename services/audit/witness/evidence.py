"""What speaks against a log, as a file that stands alone. Pure. The format: docs/ledger.md.

A *fork* is proved by signatures of the log alone: two notes that cannot both be true, and a
consistency proof from one of them that shows it. The other kinds show what the witness found, as
far as it can be shown to somebody who does not have the records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias

import orjson

from services.audit.policy import CheckpointKind, Shown
from shared.contracts.base import instant_text
from shared.ledger.lines import base64_of
from shared.ledger.note import Note

FORMAT: Final = "sigill-evidence-v1"
SHOWN_BYTES_MAX: Final = 16_384


@dataclass(frozen=True, slots=True)
class Fork:
    """Two notes of one log: the tree of the larger does not begin with the tree of the smaller.

    Attributes:
        first: Of the smaller size, or of the same.
        root: That the tree of ``second`` had at the size of ``first``.
        hashes: The consistency proof from there to ``second``; it holds.
    """

    kind: ClassVar[CheckpointKind] = "fork"

    first: Note
    second: Note
    root: bytes
    hashes: tuple[bytes, ...]

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {
            "first": _text(self.first),
            "second": _text(self.second),
            "root": base64_of(self.root),
            "hashes": _hashes(self.hashes),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """The first record that is not the one that was mirrored.

    Attributes:
        signed_leaf: Its leaf hash in the tree that the log signed.
        mirrored_leaf: That the witness has.
        hashes: The inclusion proof of ``signed_leaf``.
    """

    position: int
    signed_leaf: bytes
    mirrored_leaf: bytes
    hashes: tuple[bytes, ...]

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {
            "position": self.position,
            "signed_leaf": base64_of(self.signed_leaf),
            "mirrored_leaf": base64_of(self.mirrored_leaf),
            "hashes": _hashes(self.hashes),
        }


@dataclass(frozen=True, slots=True)
class OtherRoot:
    """The log signed another tree than the records have that it sent.

    Attributes:
        signed: What it signed.
        root: That the mirrored records have at its size.
        grown_from: What was cosigned before, if anything was.
        hashes: The consistency proof from there to ``root``; it holds.
        difference: Where it begins, if the log shows its leaf hashes.
    """

    kind: ClassVar[CheckpointKind] = "root"

    signed: Note
    root: bytes
    grown_from: Note | None
    hashes: tuple[bytes, ...]
    difference: Difference | None

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {
            "signed": _text(self.signed),
            "root": base64_of(self.root),
            "grown_from": self.grown_from and _text(self.grown_from),
            "hashes": _hashes(self.hashes),
            "difference": self.difference and self.difference.said,
        }


@dataclass(frozen=True, slots=True)
class OtherHeads:
    """The log signed a true tree, and other lines below it than its records have.

    Attributes:
        recomputed: The text that it should have signed.
    """

    kind: ClassVar[CheckpointKind] = "heads"

    signed: Note
    recomputed: str

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {"signed": _text(self.signed), "recomputed": self.recomputed}


@dataclass(frozen=True, slots=True)
class Rollback:
    """The log shows as its latest what it had long grown beyond. Both are true.

    Attributes:
        first: What it shows.
        second: What was cosigned before.
        hashes: The consistency proof between them; it holds.
    """

    kind: ClassVar[CheckpointKind] = "rollback"

    first: Note
    second: Note
    hashes: tuple[bytes, ...]

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {
            "first": _text(self.first),
            "second": _text(self.second),
            "hashes": _hashes(self.hashes),
        }


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What the log's address served is signed by no key that is known, or is no checkpoint.

    Attributes:
        shown: Its first bytes.
    """

    kind: ClassVar[CheckpointKind] = "signature"

    shown: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {"shown": base64_of(self.shown[:SHOWN_BYTES_MAX])}


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Records have been here for long, and the log has signed nothing that covers them.

    Attributes:
        last: The largest checkpoint that it is known to have signed, if any.
        first: Position of the first record behind it.
        until: Up to where records had been here for too long.
        shown: What the log showed as its latest checkpoint.
    """

    kind: ClassVar[CheckpointKind] = "unsealed"

    last: Note | None
    first: int
    until: int
    shown: Shown

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the document."""
        return {
            "last": self.last and _text(self.last),
            "first": self.first,
            "until": self.until,
            "shown": self.shown,
        }


Evidence: TypeAlias = Fork | OtherRoot | OtherHeads | Rollback | Unsigned | Unsealed


def document(evidence: Evidence, *, log: str, origin: str, found_at: datetime) -> bytes:
    """Return the file: RFC 8785 JSON."""
    said: Mapping[str, Any] = {
        "format": FORMAT,
        "kind": evidence.kind,
        "log": log,
        "origin": origin,
        "found_at": instant_text(found_at),
        **evidence.said,
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _text(note: Note) -> str:
    return note.encode().decode()


def _hashes(hashes: Sequence[bytes]) -> list[str]:
    return list(map(base64_of, hashes))

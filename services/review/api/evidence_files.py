"""Uploaded files: what is accepted, and what their names are on the wire."""

import re
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import quote, unquote
from uuid import UUID

from shared.web import Problem
from shared.web.problem import later

MAGIC_BYTES: Final = 8
NAME_MAX: Final = 200
ZIP: Final = b"PK\x03\x04"
ACCEPTED: Final[Mapping[str, tuple[bytes, ...]]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (ZIP,),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (ZIP,),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (ZIP,),
    "application/vnd.oasis.opendocument.text": (ZIP,),
    "application/vnd.oasis.opendocument.spreadsheet": (ZIP,),
    "text/plain": (),
    "text/csv": (),
}
"""Media types that are evidence, and how their content begins; texts hold no NUL."""
NO_FORMS: Final = (
    "Forms are not taken. Send the file itself as the body, with one of these as Content-Type: "
    f"{', '.join(ACCEPTED)}."
)
UPLOAD_HEADERS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "name": "Content-Disposition",
        "in": "header",
        "required": True,
        "description": "The file's name: attachment; filename=name.pdf, or percent-encoded, which "
        "can say every name (RFC 8187): attachment; filename*=UTF-8''%C3%A5rsredovisning.pdf. "
        f"At most {NAME_MAX} characters, and no path.",
        "schema": {"type": "string", "maxLength": 1_024},
    },
    {
        "name": "Content-Digest",
        "in": "header",
        "required": False,
        "description": "What the body must be (RFC 9530): sha-256=:...:, its SHA-256 in Base64. "
        "Nothing else is kept then. Without it the answer's evidence_hash tells what arrived.",
        "schema": {"type": "string", "maxLength": 1_024},
    },
)
"""RFC 6266, RFC 9530: how an upload says these, which the framework would call optional."""
UPLOAD_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "description": "The file itself, not a form; its Content-Type is one of those named here, and "
    "its content must be of that kind.",
    "content": {each: {"schema": {"type": "string", "format": "binary"}} for each in ACCEPTED},
}
EXTENDED: Final = re.compile(
    r";\s*filename\*\s*=\s*utf-8''([A-Za-z0-9!#$&+.^_`|~%-]{1,900})\s*(?:;|$)", re.IGNORECASE
)
"""RFC 8187: the form that can say every name; it counts before a plain one."""

COMING_IN_MAX: Final = 32
"""Files that a process takes in at once: of each it holds a part or two in memory (``PART_BYTES``)."""
COMING_INTO_ONE_MAX: Final = 4
"""Of them for one workspace, so that one firm does not keep the others waiting."""
DIGEST: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:;[^,]*)?")
"""RFC 9530, RFC 9651 3.2: one member of the header; nothing is said about parameters."""
ALGORITHM: Final = "sha-256"
"""The one that we look at; a sender may name others beside it, or instead."""


@dataclass(frozen=True, slots=True)
class ComingIn:
    """Style 9.3: counts the files that are on their way into this process, by workspace."""

    now: Counter[UUID] = field(default_factory=Counter)

    @contextmanager
    def one(self, application_id: UUID) -> Generator[None]:
        """Count one file while it comes in.

        Raises:
            Problem: 503: too many are on their way; the body has not been read.
        """
        if self.now.total() >= COMING_IN_MAX or self.now[application_id] >= COMING_INTO_ONE_MAX:
            raise later("temporarily_unavailable", "Too many files are coming in; send it again.")
        self.now[application_id] += 1
        try:
            yield
        finally:
            self.now[application_id] -= 1
            if not self.now[application_id]:
                del self.now[application_id]


def media_type_of(said: str | None) -> str:
    """Return the media type that the caller says the file has.

    Raises:
        Problem: 415: it is none of those that are accepted.
    """
    media_type = (said or "").partition(";")[0].strip().lower()
    if media_type.startswith("multipart/"):
        raise Problem(415, "media_type_not_accepted", NO_FORMS)
    if media_type not in ACCEPTED:
        raise Problem(415, "media_type_not_accepted", f"Evidence is one of: {', '.join(ACCEPTED)}.")
    return media_type


def name_of(disposition: str | None) -> str:
    """RFC 6266, RFC 8187: return the file's name in ``Content-Disposition``, in either form.

    Raises:
        Problem: 400: there is none, or it is malformed.
    """
    said = Message()
    said["Content-Disposition"] = disposition or ""
    extended = EXTENDED.search(disposition or "")
    name = ""
    if said.get_content_disposition() == "attachment":
        with suppress(UnicodeDecodeError):
            plain = said.get_filename("")
            found = unquote(extended[1], errors="strict") if extended else plain
            name = normalize("NFC", found)
    shown = name.isprintable() and bool(name.strip(" ."))
    if len(name) > NAME_MAX or not shown or "/" in name or "\\" in name:
        raise Problem(
            400,
            "file_name_malformed",
            "Name the file, without a path: Content-Disposition: attachment; filename*=UTF-8''name.pdf",
        )
    return name


def disposition_of(name: str | None) -> str:
    """RFC 6266: return the header that offers a file under ``name``; ``None``: it was erased."""
    return f"attachment; filename*=UTF-8''{quote(name or 'evidence', safe='')}"


async def checked(content: AsyncIterator[bytes], media_type: str) -> AsyncIterator[bytes]:
    """Yield ``content``, which must begin as files of ``media_type`` do.

    Raises:
        Problem: 415: it is something else; 422: it is empty.
    """
    beginnings = ACCEPTED[media_type]
    head = b""
    async for chunk in content:
        if not beginnings and b"\x00" in chunk:
            raise _something_else(media_type)
        if beginnings and len(head) < MAGIC_BYTES:
            head += chunk
            if len(head) < MAGIC_BYTES:
                continue
            chunk = head  # noqa: PLW2901 -- what was held back until it could be looked at
            if not head.startswith(beginnings):
                raise _something_else(media_type)
        elif not beginnings:
            head = chunk or head
        yield chunk
    if not head:
        raise Problem(422, "evidence_empty", "The file is empty.")
    if beginnings and len(head) < MAGIC_BYTES:
        raise _something_else(media_type)


def digest_of(said: Sequence[str]) -> bytes | None:
    """RFC 9530: return the SHA-256 that ``Content-Digest`` names; ``None``: it names none.

    Args:
        said: The header, as often as it stands.

    Raises:
        Problem: 400: it cannot be read, so that the sender would believe it was looked at.
    """
    named = dict[str, str]()
    for each in ",".join(said).split(",") if any(said) else ():
        member = DIGEST.fullmatch(each.strip(" \t"))
        if member is None:
            raise _digest_malformed()
        named[member[1]] = member[2].rstrip("=")
    if ALGORITHM not in named:
        return None
    try:
        digest = b64decode(named[ALGORITHM] + "=" * (-len(named[ALGORITHM]) % 4), validate=True)
    except ValueError as error:
        raise _digest_malformed() from error
    if len(digest) != sha256().digest_size:
        raise _digest_malformed()
    return digest


def _digest_malformed() -> Problem:
    """Return the problem of a digest that cannot be read, and how it is written."""
    return Problem(
        400,
        "content_digest_malformed",
        "Name the SHA-256 of the body, in lower case, as 32 bytes in Base64: Content-Digest: sha-256=:...:",
    )


async def whole(content: AsyncIterator[bytes], named: bytes | None) -> AsyncIterator[bytes]:
    """RFC 9530: yield ``content``, whose SHA-256 must be ``named``; ``None``: whatever it is.

    Raises:
        Problem: 422: something else has arrived.
    """
    if named is None:
        async for chunk in content:
            yield chunk
        return
    digest = sha256()
    async for chunk in content:
        digest.update(chunk)
        yield chunk
    if digest.digest() != named:
        raise Problem(
            422, "content_digest_mismatch", "What has arrived is not what Content-Digest names."
        )


def _something_else(media_type: str) -> Problem:
    """Return the problem of a file that is not what it is said to be."""
    return Problem(
        415, "media_type_not_accepted", f"The content is not that of a file of {media_type}."
    )

"""Files that are not what they seem, or never come whole: sent to an open workspace over HTTP."""

import io
import socket
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx2

from deploy.local.house import House
from shared.ids import new_id
from tests.hostile.scene import Scene

SERVICE: Final = "review"
BYTES_MAX: Final = 1_000_000
"""Of one file, in the house that is attacked."""
SETTING: Final = "REVIEW_UPLOAD_BYTES_MAX"
DOCUMENT: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF: Final = b"%PDF-1.7\nhostile\n%%EOF\n"
UNPACKED_BYTES: Final = 200_000_000
PLAIN: Final = "attachment; filename=a.pdf"


@dataclass(frozen=True, slots=True)
class Sent:
    """One file as it is sent.

    Attributes:
        code: Of the refusal; None: it is taken, and comes back as it was.
    """

    content: bytes
    status: int
    code: str | None
    media_type: str = "application/pdf"
    disposition: str = PLAIN
    more: tuple[tuple[str, str], ...] = ()


def bomb() -> bytes:
    """Return a document of some kilobytes that unpacks to ``UNPACKED_BYTES``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(UNPACKED_BYTES // 1_000_000):
                part.write(bytes(1_000_000))
        archive.writestr("../../outside.txt", "outside")
    return packed.getvalue()


def named(name: str) -> Sent:
    """Return a file whose name is a path."""
    return Sent(PDF, 400, "file_name_malformed", disposition=f"attachment; {name}")


def files() -> Mapping[str, Sent]:
    """Return every file that is not what it seems."""
    type_no = ("media_type_not_accepted",)
    return {
        "a page that calls itself a PDF": Sent(b"<html><script>", 415, *type_no),
        "a program that calls itself a picture": Sent(
            b"MZ\x90\x00" + bytes(60), 415, *type_no, "image/png"
        ),
        "a picture that calls itself a document": Sent(
            b"\x89PNG\r\n\x1a\n" + bytes(60), 415, *type_no, DOCUMENT
        ),
        "a page": Sent(b"<html>", 415, *type_no, "text/html"),
        "a drawing with a script": Sent(b"<svg onload=alert(1)>", 415, *type_no, "image/svg+xml"),
        "text with a NUL": Sent(b"a\x00b", 415, *type_no, "text/plain"),
        "nothing": Sent(b"", 422, "evidence_empty"),
        "too much": Sent(PDF + bytes(BYTES_MAX), 413, "body_too_large"),
        "packed on the way": Sent(PDF, 415, "body_encoded", more=(("Content-Encoding", "gzip"),)),
        "not what the sender meant": Sent(
            *(PDF, 422, "content_digest_mismatch"),
            more=(("Content-Digest", f"sha-256=:{b64encode(bytes(32)).decode()}:"),),
        ),
        "a digest that nobody can read": Sent(
            PDF, 400, "content_digest_malformed", more=(("Content-Digest", "sha-256=abc"),)
        ),
        "a path up": named("filename=../../../etc/passwd"),
        "a path up, written otherwise": named("filename*=UTF-8''..%2F..%2Fetc%2Fpasswd"),
        "a path of another system": named('filename="..\\\\..\\\\a.pdf"'),
        "a whole path": named("filename=/etc/passwd"),
        "a name with an end in it": named("filename*=UTF-8''a.pdf%00.exe"),
        "a name that reads backwards": named("filename*=UTF-8''a%E2%80%AEfdp.exe"),
        "a name of lines": named("filename*=UTF-8''a%0D%0AX-Injected%3A%20b.pdf"),
        "no name": named("filename="),
        "a name without end": named(f"filename={'a' * 300}.pdf"),
        "a bomb": Sent(bomb(), 201, None, DOCUMENT),
    }


def stored(house: House) -> frozenset[Path]:
    """Return every file below the store, whatever it is."""
    folder = house.stack.settings.data / "evidence"
    return frozenset(path for path in folder.rglob("*") if path.is_file())


def space(scene: Scene) -> str:
    """Return the address of the open workspace."""
    return f"/v1/workspaces/{scene.gamma.application_id}"


def version(scene: Scene, http: httpx2.Client) -> str:
    """Return the version of the open workspace."""
    seen = http.get(space(scene), headers=scene.headers(SERVICE, scene.gamma.applicant))
    tag: str = seen.raise_for_status().headers["etag"]
    return tag


def headers(scene: Scene, sent: Sent, seen: str) -> dict[str, str]:
    """Return the headers of one file."""
    return {
        **scene.headers(SERVICE, scene.gamma.applicant),
        "Idempotency-Key": str(new_id()),
        "If-Match": seen,
        "Content-Type": sent.media_type,
        "Content-Disposition": sent.disposition,
        **dict(sent.more),
    }


def send(scene: Scene, http: httpx2.Client, sent: Sent, seen: str) -> httpx2.Response:
    """Return the answer to a whole file, with its length said before."""
    asked = headers(scene, sent, seen)
    return http.post(f"{space(scene)}/files", content=sent.content, headers=asked)


def stream(scene: Scene, http: httpx2.Client, seen: str) -> httpx2.Response:
    """Return the answer to more than is taken, in chunks of which nobody said how many come."""

    def chunks() -> Iterator[bytes]:
        yield PDF
        for _ in range(BYTES_MAX // 50_000 + 2):
            yield bytes(50_000)

    asked = headers(scene, Sent(b"", 413, "body_too_large"), seen)
    return http.post(f"{space(scene)}/files", content=chunks(), headers=asked)


def break_off(scene: Scene, seen: str, *, chunked: bool) -> None:
    """Send the half of a file, and be gone."""
    sent = Sent(PDF + bytes(400_000), 0, None)
    asked = {**headers(scene, sent, seen), "Host": "house"}
    asked |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": "800000"}
    head = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    body = b"%x\r\n%b\r\n" % (len(sent.content), sent.content) if chunked else sent.content
    port = scene.house.stack.settings.port_of(SERVICE)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"POST {space(scene)}/files HTTP/1.1\r\n{head}\r\n".encode() + body)


def came_back(scene: Scene, http: httpx2.Client, evidence_id: str, sent: Sent) -> bool:
    """Return whether a file that was taken is given back as it was, and as nothing that runs."""
    asked = scene.headers(SERVICE, scene.gamma.applicant)
    got = http.get(f"{space(scene)}/files/{evidence_id}", headers=asked).raise_for_status()
    same = sha256(got.content).digest() == sha256(sent.content).digest()
    return same and "sandbox" in got.headers["content-security-policy"]

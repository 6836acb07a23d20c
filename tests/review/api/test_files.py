"""Files over HTTP: in and out as they are, by whom it is allowed, and nothing half done."""

import shlex
from base64 import b64encode
from contextlib import ExitStack
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from services.review.api.evidence_files import (
    ACCEPTED,
    COMING_IN_MAX,
    COMING_INTO_ONE_MAX,
    ComingIn,
    digest_of,
    disposition_of,
    name_of,
)
from shared.contracts.preparation import EvidenceFileUploaded
from shared.contracts.roles import Role
from shared.web import Problem
from tests.faults.disk import bounded, filled, require_mounting
from tests.review.api.conftest import WORKSPACE
from tests.review.api.house import UPLOAD_BYTES_MAX, House, events_of
from tests.review.api.journey import appoint, done, open_workspace, refused

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 500
NAME = "attachment; filename*=UTF-8''%C3%A5rsredovisning.pdf"
NAMED = b64encode(sha256(PDF).digest()).decode()
PATH = "/v1/workspaces/{application_id}/files"
DOCS = Path(__file__).parents[3] / "docs"
HEADERS = {"Content-Type": "application/pdf", "Content-Disposition": NAME}


async def upload(
    house: House, content: bytes = PDF, *, label: str = "alfa-applicant", **headers: str
) -> httpx2.Response:
    """Return the answer to an upload."""
    own = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    return await house.act(
        label, "POST", f"{WORKSPACE}/files", content, seen=WORKSPACE, headers=own
    )


def kept(folder: Path) -> list[Path]:
    """Return what lies in the store."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_comes_back_as_it_was(house: House, tmp_path: Path) -> None:
    """Q-094, Q-095: hashed while it streams, encrypted at rest, its name sealed."""
    await open_workspace(house)
    made = done(await upload(house), 201).json()
    assert made["evidence_hash"] == sha256(PDF).hexdigest()
    answer = done(await house.get("alfa-applicant", f"{WORKSPACE}/files/{made['id']}"))
    assert answer.content == PDF
    assert answer.headers["content-disposition"] == NAME
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["repr-digest"].startswith("sha-256=:")
    (stored,) = kept(tmp_path)
    assert PDF[:200] not in stored.read_bytes()
    assert b"rsredovisning" not in b"".join(house.log.leaves)


async def test_an_upload_is_repeated_safely(house: House, tmp_path: Path) -> None:
    """GEN-4: the same file and key again is the same; another file or name is told apart."""
    await open_workspace(house)
    again = {"Idempotency_Key": '"once"', "If_Match": '"3"'}
    first, second = [await upload(house, PDF, **again) for _ in "12"]
    assert done(first).json() == done(second).json()
    assert len([e for e in events_of(house.log) if isinstance(e, EvidenceFileUploaded)]) == 1
    refused(await upload(house, PDF + b"x", **again), 422, "idempotency_key_reused")
    assert len(kept(tmp_path)) == 2
    renamed = again | {"Content_Disposition": "attachment; filename=other.pdf"}
    refused(await upload(house, PDF, **renamed), 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (PDF, "application/zip", 415, "media_type_not_accepted"),
        (b"<html>", "application/pdf", 415, "media_type_not_accepted"),
        (b"%PD", "application/pdf", 415, "media_type_not_accepted"),
        (b"a\x00b", "text/plain", 415, "media_type_not_accepted"),
        (b"", "application/pdf", 422, "evidence_empty"),
        (b"", "text/plain", 422, "evidence_empty"),
        (PDF * 2, "application/pdf", 413, "body_too_large"),
    ],
)
async def test_what_is_no_evidence_is_turned_away_and_leaves_nothing(
    house: House, tmp_path: Path, content: bytes, media_type: str, status: int, code: str
) -> None:
    """House: by the content, not only by what is said of it."""
    assert len(PDF) < UPLOAD_BYTES_MAX < 2 * len(PDF)
    await open_workspace(house)
    refused(await upload(house, content, Content_Type=media_type), status, code)
    assert kept(tmp_path) == []
    assert not house.types("EvidenceFileUploaded")


async def test_a_compressed_file_is_not_unpacked_and_not_kept(house: House, tmp_path: Path) -> None:
    """WSP-3: what is hashed is what was meant; 415."""
    await open_workspace(house)
    answer = await upload(house, b"plain words", Content_Type="text/plain", Content_Encoding="br")
    refused(answer, 415, "body_encoded")
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"plain words", "text/plain; charset=utf-8"),
        (b"PK\x03\x04" + bytes(100), "application/vnd.oasis.opendocument.text"),
        (b"\xff\xd8\xff" + bytes(100), "image/jpeg"),
    ],
)
async def test_usual_kinds_of_files_are_evidence(
    house: House, content: bytes, media_type: str
) -> None:
    """Q-094: documents, pictures and texts."""
    await open_workspace(house)
    made = done(await upload(house, content, Content_Type=media_type), 201).json()
    answer = await house.get("alfa-applicant", f"{WORKSPACE}/files/{made['id']}")
    assert answer.content == content


async def test_what_would_be_refused_is_refused_before_the_file_has_come_in(
    house: House, tmp_path: Path
) -> None:
    """WSP-1, RFC 9110: another firm, a workspace not yet made, an older version."""
    refused(await upload(house), 404, "workspace_not_found")
    await open_workspace(house)
    refused(await upload(house, label="beta-applicant", If_Match='"3"'), 404, "workspace_not_found")
    refused(await upload(house, If_Match='"1"'), 412, "stream_moved")
    assert kept(tmp_path) == []


def test_so_many_files_come_in_at_once_and_so_many_for_one_workspace() -> None:
    """Style 9.3: a part of each is held in memory, however slowly it comes; 503, and ask again."""
    coming_in, one, gone = ComingIn(), UUID(int=1), UUID(int=2)
    with coming_in.one(gone):
        pass
    with ExitStack() as stack:
        for number in range(COMING_IN_MAX):
            case = UUID(int=1 + number // COMING_INTO_ONE_MAX)
            if number == COMING_INTO_ONE_MAX:
                with pytest.raises(Problem) as no, coming_in.one(one):
                    pass
                assert (no.value.status_code, no.value.headers["Retry-After"]) == (503, "1")
            stack.enter_context(coming_in.one(case))
        with pytest.raises(Problem), coming_in.one(UUID(int=99)):
            pass
    assert not coming_in.now
    with coming_in.one(one):
        pass


async def test_a_file_that_there_is_no_room_for_is_taken_later(
    house: House, tmp_path: Path
) -> None:
    """L8, RFC 9457: 503, nothing on record, nothing left over; the same key succeeds afterwards."""
    require_mounting()
    await open_workspace(house)
    same = {"Idempotency_Key": '"once"', "If_Match": '"3"'}
    with bounded(tmp_path):
        with filled(tmp_path) as ballast:
            answer = await upload(house, PDF, **same)
            refused(answer, 503, "temporarily_unavailable")
            assert answer.headers["retry-after"]
            assert kept(tmp_path) == [ballast]
            assert not house.types("EvidenceFileUploaded")
        made = done(await upload(house, PDF, **same), 201).json()
        answer = done(await house.get("alfa-applicant", f"{WORKSPACE}/files/{made['id']}"))
    assert answer.content == PDF


async def test_files_are_read_by_whom_the_firm_let_in(house: House) -> None:
    """WSP-2: each reading by SKOOPI's people is remembered; others get nothing."""
    await appoint(house, "S1", Role.SUPERVISOR)
    await open_workspace(house)
    made = done(await upload(house), 201).json()
    path = f"{WORKSPACE}/files/{made['id']}"
    assert (await house.get("S1", path)).content == PDF
    assert ("read_file", "read") in await house.codes()
    refused(await house.get("R1", path), 403, "access_not_granted")
    refused(await house.get("beta-applicant", path), 404, "workspace_not_found")
    other = f"{WORKSPACE}/files/{made['id'][:-1]}0"
    if other != path:
        refused(await house.get("alfa-applicant", other), 404, "evidence_not_found")


async def test_a_file_that_is_gone_is_not_there(house: House, tmp_path: Path) -> None:
    """ERA-1: the hash stays in the log; the file does not."""
    await open_workspace(house)
    made = done(await upload(house), 201).json()
    for path in kept(tmp_path):
        path.unlink()
    answer = await house.get("alfa-applicant", f"{WORKSPACE}/files/{made['id']}")
    refused(answer, 404, "evidence_not_found")


@pytest.mark.parametrize("disposition", [None, NAME])
async def test_a_form_is_told_to_send_the_file_itself(
    house: House, tmp_path: Path, disposition: str | None
) -> None:
    """RFC 9110: 415 says what is wrong first: the name of a file in a form is not looked for."""
    await open_workspace(house)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n%PDF-\r\n--x--'
    )
    named = {} if disposition is None else {"Content-Disposition": disposition}
    answer = await house.act(
        *("alfa-applicant", "POST", f"{WORKSPACE}/files", form),
        seen=WORKSPACE,
        headers={"Content-Type": "multipart/form-data; boundary=x", **named},
    )
    refused(answer, 415, "media_type_not_accepted")
    assert "Send the file itself as the body" in answer.json()["detail"]
    assert "application/pdf" in answer.json()["detail"]
    assert kept(tmp_path) == []


async def test_the_documentation_says_how_a_file_is_sent(house: House) -> None:
    """Conventions 1: whoever reads ``/docs`` or OpenAPI needs no 4XX to learn it."""
    upload_file = (await house.http.get("/openapi.json")).json()["paths"][PATH]["post"]
    said = {each["name"]: each for each in upload_file["parameters"]}
    assert said["Content-Disposition"]["required"]
    assert not said["Content-Digest"]["required"]
    assert all(said[name]["description"] for name in ("Content-Disposition", "Content-Digest"))
    assert {name.lower() for name in said}.isdisjoint({"content-type"})  # OpenAPI ignores it there
    assert upload_file["requestBody"]["content"].keys() == ACCEPTED.keys()
    codes = upload_file["responses"]["4XX"]["x-problem-codes"]
    assert {"body_not_json", "json_malformed"}.isdisjoint(codes)
    page = (await house.http.get("/docs")).text
    assert all(f"<li><code>{each}</code></li>" in page for each in ACCEPTED)
    assert "The file itself, not a form" in page
    assert "RFC 8187" in page


async def test_the_example_of_the_documentation_is_taken(house: House) -> None:
    """House: what is printed works as printed; only its shell variables are filled in."""
    text = (DOCS / "uploading.md").read_text()
    _, _, command = text.partition('curl -s "$WORKSPACE/files"')
    words = shlex.split(command.partition("```")[0])
    said = [word for flag, word in pairwise(words) if flag == "-H"]
    headers = dict(line.split(": ", 1) for line in said)
    assert [*headers] == [
        *("Authorization", "If-Match", "Idempotency-Key", "Content-Type"),
        *("Content-Disposition", "Content-Digest"),
    ]
    digest = b64encode(sha256(PDF).digest()).decode()
    assert headers["Content-Digest"].startswith(
        "sha-256=:$(openssl dgst -sha256 -binary report.pdf"
    )
    own = {"Content-Digest": f"sha-256=:{digest}:"}
    own |= {name: headers[name] for name in ("Content-Type", "Content-Disposition")}
    await open_workspace(house)
    answer = await house.act(
        *("alfa-applicant", "POST", f"{WORKSPACE}/files", PDF),
        seen=WORKSPACE,
        headers=own | {"Idempotency-Key": headers["Idempotency-Key"]},
    )
    made = done(answer, 201).json()
    assert made["evidence_hash"] == sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    "said",
    [
        [f"sha-256=:{NAMED}:"],
        [f"sha-256=:{NAMED.rstrip('=')}:"],
        [f"sha-512=:AAAA:, sha-256=:{NAMED}:"],
        [f"sha-256=:{NAMED}:;a=1 \t,\tmd5=:AAAA:"],
        ["sha-512=:AAAA:", f"sha-256=:{NAMED}:"],
        [f"sha-256=:AAAA:,sha-256=:{NAMED}:"],
    ],
)
def test_a_digest_is_read_wherever_it_stands(said: list[str]) -> None:
    """RFC 9651: beside other algorithms, in several lines, with parameters; the last one counts."""
    assert digest_of(said) == sha256(PDF).digest()


@pytest.mark.parametrize("said", [[], [""], ["sha-512=:AAAA:"], ["crc32c=::, md5=:AAAA:"]])
def test_other_digests_than_ours_are_passed_over(said: list[str]) -> None:
    """RFC 9530 section 2: whoever knows none of the algorithms may ignore the header."""
    assert digest_of(said) is None


@pytest.mark.parametrize(
    "said",
    [
        NAMED,
        "sha-256",
        f"sha-256={NAMED}",
        f'sha-256="{NAMED}"',
        f"SHA-256=:{NAMED}:",
        f"sha-256=:{NAMED}",
        f"sha-256=:{NAMED}:,",
        f"sha-256=:{NAMED}: sha-512=:AAAA:",
        f"sha-256 = :{NAMED}:",
        f"sha-256=:{sha256(PDF).hexdigest()}:",
        "sha-256=:A:",
        "sha-256=::",
        "sha-512=AAAA",
        " , ",
    ],
)
async def test_a_digest_that_cannot_be_read_is_refused(
    house: House, tmp_path: Path, said: str
) -> None:
    """RFC 9530: who names one wants it looked at, and is not to believe that it was; nothing is kept."""
    await open_workspace(house)
    refused(await upload(house, Content_Digest=said), 400, "content_digest_malformed")
    assert kept(tmp_path) == []


async def test_a_digest_is_held_against_what_arrived(house: House, tmp_path: Path) -> None:
    """RFC 9530: the other's file is not kept, and one's own is."""
    await open_workspace(house)
    answer = await upload(house, PDF + b"x", Content_Digest=f"sha-256=:{NAMED}:")
    refused(answer, 422, "content_digest_mismatch")
    assert kept(tmp_path) == []
    done(await upload(house, Content_Digest=f"sha-256=:{NAMED}:"), 201)


@pytest.mark.parametrize(
    "disposition",
    [
        None,
        "attachment",
        "inline; filename*=UTF-8''a.pdf",
        "attachment; filename*=UTF-8''%ff",
        "attachment; filename*=UTF-8''..%2Fa.pdf",
        "attachment; filename*=UTF-8''a%00.pdf",
        "attachment; filename*=UTF-8''%E2%80%AEfdp.exe",
        "attachment; filename*=UTF-8''%20",
        "attachment; filename=.",
        "attachment; filename=..",
        'attachment; filename="../a.pdf"',
        'attachment; filename=""',
        "form-data; filename=a.pdf",
    ],
)
def test_a_file_has_a_name_that_is_one(disposition: str | None) -> None:
    """RFC 8187: percent-encoded UTF-8, without a path in it."""
    with pytest.raises(Problem) as problem:
        name_of(disposition)
    assert problem.value.code == "file_name_malformed"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=a.pdf", "a.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''%C3%A5.pdf", "å.pdf"),
    ],
)
def test_a_plain_name_will_do(disposition: str, name: str) -> None:
    """RFC 6266: as most programs say it; where both forms stand there, the extended one counts."""
    assert name_of(disposition) == name


def test_a_name_is_kept_in_one_form_and_given_back() -> None:
    """SV-8: Swedish letters survive, however they were composed."""
    assert name_of("attachment; filename*=utf-8''a%CC%8A.pdf") == "å.pdf"
    assert disposition_of(name_of(NAME)) == NAME
    assert disposition_of(None) == "attachment; filename*=UTF-8''evidence"

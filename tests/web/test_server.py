"""The server over real sockets: what only it can keep, and the whole edge behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from http.client import HTTPConnection
from typing import cast

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from shared.contracts.roles import Role
from shared.process.door import waiting_room
from shared.web import server as module
from shared.web import strict
from shared.web.problem import Problem, render
from shared.web.server import HEAD_BYTES_MAX, ImpatientProtocol, server
from shared.web.strict import Limits, StrictFront, Upload
from tests.auth.issuer import claims, token
from tests.web.house import FILE_BYTES_MAX, LIMITS, NOTE, House, application
from tests.web.running import running

pytestmark = pytest.mark.integration

GOOD = {"text": "A note."}
HEADERS = {
    "Authorization": f"Bearer {token(claims(Role.REVIEWER))}",
    "Idempotency-Key": "a-key",
}


@pytest_asyncio.fixture
async def url(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Yield the address of the small service, whose server has little patience."""
    monkeypatch.setattr(ImpatientProtocol, "header_timeout_s", 0.2)
    app = application(House(), checks={})
    async with running(server(app, host="127.0.0.1", port=0)) as address:
        yield address


async def spoken(url: str, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Return what the server says to ``parts``, until it closes the connection."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


async def test_a_command_and_a_reading_over_the_wire(url: str) -> None:
    """House: the whole edge, as a partner meets it."""
    async with httpx2.AsyncClient(base_url=url, headers=HEADERS) as http:
        made = await http.post("/v1/notes", json=GOOD)
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        read = await http.get(f"/v1/notes/{NOTE}", headers={"If-None-Match": '"3"'})
        assert (read.status_code, read.content) == (304, b"")
        assert "server" not in made.headers
        assert (await http.get("/readyz")).json()["status"] == "ready"


async def test_a_client_that_sends_its_headers_drop_by_drop_is_left(url: str) -> None:
    """Conventions 1: a time-out for the headers: the connection is closed without an answer."""
    drops = [b"GET /v1/hello/you HTTP/1.1\r\n", *(b"x-%d: y\r\n" % n for n in range(20))]
    assert await spoken(url, *drops, pause_s=0.05) == b""


async def test_a_client_that_says_nothing_is_left(url: str) -> None:
    """Conventions 1: silence counts as well."""
    assert await spoken(url) == b""


async def test_a_connection_that_is_kept_gets_the_same_patience_again(url: str) -> None:
    """House: the second request of a connection is timed as the first."""
    first = b"GET /v1/hello/you HTTP/1.1\r\nhost: notes\r\n\r\n"
    said = await spoken(url, first, b"GET /v1/hello/you HTTP/1.1\r\n", pause_s=0.1)
    assert said.count(b"HTTP/1.1 200") == 1


async def test_headers_beyond_all_measure_end_the_connection(url: str) -> None:
    """Style 9.3: a limit before the application, for what would fill the memory."""
    long = b"GET / HTTP/1.1\r\nx-long: " + b"y" * (HEAD_BYTES_MAX + 1) + b"\r\n\r\n"
    many = b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(2_000)) + b"\r\n"
    for request in (long, many, b"GET /" + b"y" * (HEAD_BYTES_MAX + 1) + b" HTTP/1.1\r\n\r\n"):
        assert b" 200 " not in await spoken(url, request)


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"SHOUT /v1/hello/you HTTP/1.1\r\nhost: notes\r\n\r\n",
        b"POST /v1/notes HTTP/1.1\r\nhost: notes\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
async def test_what_is_no_http_gets_no_further(url: str, request_: bytes) -> None:
    """RFC 9112, RFC 9457: 400 as a problem document, and the connection ends."""
    said = await spoken(url, request_)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"content-length: %d" % len(body) in head.lower()
    assert json.loads(body)["code"] == "request_refused"


async def test_whoever_leaves_in_the_middle_of_a_file_is_no_fault_of_ours(url: str) -> None:
    """House: an upload that ends half way is not told as an error of this service."""
    head = (
        f"PUT /v1/notes/{NOTE}/file HTTP/1.1\r\nhost: notes\r\ncontent-length: 19\r\n"
        f"authorization: {HEADERS['Authorization']}\r\nidempotency-key: left\r\n\r\n"
    )
    host, _, port = url.removeprefix("http://").partition(":")
    with capture_logs() as entries:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + b"half")
        await writer.drain()
        await asyncio.sleep(LIMITS.upload_pause_s / 4)
        writer.close()
        await asyncio.sleep(0.2)
    assert entries == []


async def test_a_smuggled_request_is_not_served(url: str) -> None:
    """RFC 9112 section 6.3: a length and chunks at once are two requests for two readers."""
    smuggled = (
        b"POST /v1/notes HTTP/1.1\r\nhost: notes\r\ncontent-length: 4\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/hello/you HTTP/1.1\r\n\r\n"
    )
    assert b" 200 " not in await spoken(url, smuggled)


async def test_a_chunked_body_without_a_length_is_counted(url: str) -> None:
    """Conventions 1: 413 while it still comes, and the connection ends."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LIMITS.body_bytes_max // 1_024 + 2):
            yield b" " * 1_024

    async with httpx2.AsyncClient(base_url=url, headers=HEADERS) as http:
        kind = {"Content-Type": "application/json"}
        answer = await http.post("/v1/notes", content=endless(), headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /v1/notes HTTP/1.1\r\nif-match: 1\r\nif-match: 2\r\n", b"400"),
        (b"GET /v1/hello/you HTTP/1.1\r\nif-match: 1\r\nif-match: 2\r\n", b"400"),
        (b"PUT /v1/notes/%b/file HTTP/1.1\r\n" % str(NOTE).encode(), b"401"),
    ],
)
@pytest.mark.parametrize("length", [b"content-length: 9", b"transfer-encoding: chunked"])
async def test_whoever_is_refused_and_goes_on_sending_is_left(
    url: str, head: bytes, status: bytes, length: bytes
) -> None:
    """Style 9.3: what nobody reads has no limit of time, and would keep the connection for ever."""
    said = await spoken(url, head + b"host: notes\r\n%b\r\n\r\n" % length, b"1\r\n")
    assert said.startswith(b"HTTP/1.1 " + status)
    assert b"connection: close" in said


async def test_whoever_sends_a_file_slowly_and_reads_afterwards_hears_why_not(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conventions 1: most clients read nothing before they have sent all; a repeat would not help."""
    monkeypatch.setattr(strict, "LINGER_S", 0.1)
    monkeypatch.setattr(strict, "LEFT_PACE", 10)
    head = f"PUT /v1/notes/{NOTE}/file HTTP/1.1\r\nhost: notes\r\ncontent-length: 80\r\n\r\n"
    said = await spoken(url, head.encode(), *([b"\0"] * 80), pause_s=0.02)
    assert said.startswith(b"HTTP/1.1 401")
    assert said.endswith(b"}")


async def test_whoever_goes_on_sending_to_a_process_that_starts_is_left() -> None:
    """Style 9.3: no limit of a service holds in it yet, nor where only health is asked, ever."""
    head = b"POST /v1/notes HTTP/1.1\r\nhost: notes\r\ncontent-length: 90000000\r\n\r\n"
    async with running(server(waiting_room(), host="127.0.0.1", port=0)) as address:
        said = await spoken(address, head, b"1")
    assert said.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in said


async def test_whoever_is_refused_and_has_sent_all_may_ask_again(url: str) -> None:
    """RFC 9112 section 9.3: a body that has come costs nobody the connection."""
    head = b"PUT /v1/notes/%b/file HTTP/1.1\r\nhost: notes\r\n" % str(NOTE).encode()
    again = b"GET /v1/hello/you HTTP/1.1\r\nhost: notes\r\nconnection: close\r\n\r\n"
    said = await spoken(url, head + b"content-length: 3\r\n\r\nabc", again)
    assert said.count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize("expect", [b"", b"expect: 100-continue\r\n"])
async def test_whoever_says_too_much_hears_why_while_still_sending(url: str, expect: bytes) -> None:
    """Conventions 1: the answer arrives, and no reset in its place; nothing is asked for."""
    size = LIMITS.body_bytes_max * 4
    head = (
        b"POST /v1/notes HTTP/1.1\r\nhost: notes\r\ncontent-type: application/json\r\n%b"
        b"content-length: %d\r\n\r\n" % (expect, size)
    )
    for _ in range(5):
        said = await spoken(url, head, *([] if expect else [b" " * size]))
        assert said.startswith(b"HTTP/1.1 413"), said[:60]


async def test_whoever_sends_a_whole_file_before_they_listen_hears_why_it_is_refused() -> None:
    """RFC 9112 section 9.6: most libraries do; a reset in the place of a 401 is repeated for ever."""
    limits = Limits(uploads=(Upload("/file", 26_214_400),))

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await render(Problem(401, "token_missing"))(scope, receive, send)

    def put(port: int, size: int) -> int:
        line = HTTPConnection("127.0.0.1", port, timeout=20)
        with closing(line):
            line.request("PUT", "/file", body=bytes(size))
            return line.getresponse().status

    front = server(cast("FastAPI", StrictFront(refuse, limits)), host="127.0.0.1", port=0)
    async with running(front) as address:
        port = int(address.rpartition(":")[2])
        statuses = [await asyncio.to_thread(put, port, 26_214_400) for _ in range(5)]
    assert statuses == [401] * 5


async def test_a_body_that_comes_drop_by_drop_is_given_up(url: str) -> None:
    """Conventions 1: 408."""
    head = (
        "POST /v1/notes HTTP/1.1\r\nhost: notes\r\ncontent-type: application/json\r\n"
        f"content-length: 19\r\nauthorization: {HEADERS['Authorization']}\r\n\r\n"
    )
    said = await spoken(url, head.encode(), b"{", pause_s=0.02)
    assert said.startswith(b"HTTP/1.1 408")
    assert b'"body_too_slow"' in said


async def test_a_file_streams_through(url: str) -> None:
    """Conventions 1: uploads apart."""
    async with httpx2.AsyncClient(base_url=url, headers=HEADERS) as http:
        answer = await http.put(f"/v1/notes/{NOTE}/file", content=b"\0" * FILE_BYTES_MAX)
        assert (answer.status_code, answer.json()) == (200, FILE_BYTES_MAX)
        answer = await http.put(f"/v1/notes/{NOTE}/file", content=b"\0" * (FILE_BYTES_MAX + 1))
        assert answer.status_code == 413


def test_the_server_keeps_no_log_of_addresses() -> None:
    """Issue 3: a query may hold what must not be logged."""
    config = server(application(House()), host="127.0.0.1", port=0).config
    assert (config.access_log, config.server_header, config.log_config) == (False, False, None)
    assert config.limit_concurrency == module.CONNECTIONS_MAX

"""What only the server can refuse: what would fill its memory before the application sees any of it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import pytest
import pytest_asyncio
from starlette.types import Receive, Scope, Send

from shared.web import create_app
from shared.web.server import (
    HEAD_BYTES_MAX,
    PIPELINED_MAX,
    READ_BYTES_MAX,
    ImpatientProtocol,
    server,
)
from tests.web.running import running

pytestmark = pytest.mark.integration

ASKED: Final = b"GET / HTTP/1.1\r\nhost: house\r\n\r\n"
PIECE: Final = bytes(65_536)
PIECES: Final = 320
"""Twenty megabytes: more than the buffers between a server and a client hold."""
SOON_S: Final = 5.0


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with much, or with a word when the path says so."""
    if scope["type"] == "lifespan":
        return
    del receive
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(PIECES if scope["path"] == "/much" else 0):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body", "body": b"a word", "more_body": False})


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    """Yield where the server listens."""
    async with running(server(application, host="127.0.0.1", port=0)) as url:
        yield int(url.rpartition(":")[2])


async def said(port: int, words: bytes) -> bytes:
    """Return what is answered to ``words`` until the connection ends, which it does soon."""
    async with asyncio.timeout(SOON_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(words)
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def test_a_few_requests_may_wait_behind_one(port: int) -> None:
    """RFC 9112 section 9.3.2: pipelining is served, in order."""
    last = ASKED.replace(b"host", b"connection: close\r\nhost")
    answers = await said(port, ASKED * (PIPELINED_MAX - 1) + last)
    assert answers.count(b"HTTP/1.1 200") == PIPELINED_MAX


async def test_a_connection_in_which_too_many_requests_wait_is_closed(port: int) -> None:
    """Style 9.3: each that waits is kept in memory, and costs its sender forty bytes."""
    answers = await said(port, ASKED * 1_000)
    assert answers.count(b"HTTP/1.1 200") <= PIPELINED_MAX + 1


@pytest.mark.parametrize(
    ("headers", "size", "answer"),
    [
        (64, 10, b"HTTP/1.1 404"),
        (65, 10, b"HTTP/1.1 431"),
        (66, 10, b""),
        (12, 1_200, b"HTTP/1.1 404"),
        (20, 1_000, b"HTTP/1.1 431"),
        (30, 1_000, b""),
    ],
)
async def test_headers_that_are_too_large_are_answered_or_end_the_connection(
    headers: int, size: int, answer: bytes
) -> None:
    """docs/hostile-input.md: up to what a head may be in all there is an answer, and none beyond."""
    more = b"".join(b"x-%d: %b\r\n" % (each, b"a" * size) for each in range(headers - 2))
    head = b"GET / HTTP/1.1\r\nhost: house\r\nconnection: close\r\n%b\r\n" % more
    app = create_app("House", routers=(), operations={})
    async with running(server(app, host="127.0.0.1", port=0)) as url:
        answered = await said(int(url.rpartition(":")[2]), head)
    assert answered[: len(b"HTTP/1.1 431")] == answer


async def test_a_header_without_end_is_not_kept_until_its_time_is_up(port: int) -> None:
    """Style 9.3: the parser tells of a header at its end only; what came is counted before."""
    endless = b"GET / HTTP/1.1\r\nx-a: " + b"b" * 2 * (HEAD_BYTES_MAX + READ_BYTES_MAX)
    assert await said(port, endless) == b""


async def test_an_answer_that_nobody_reads_is_given_up(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Style 9.3: whoever does not read keeps no place among those who are served."""
    monkeypatch.setattr(ImpatientProtocol, "reading_timeout_s", 0.2)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    with line:
        await loop.sock_connect(line, ("127.0.0.1", port))
        await loop.sock_sendall(line, ASKED.replace(b"/ ", b"/much "))
        got = await loop.sock_recv(line, 1)
        await asyncio.sleep(1.0)
        with suppress(ConnectionResetError):
            async with asyncio.timeout(SOON_S):
                while piece := await loop.sock_recv(line, 65_536):
                    got += piece
        assert len(got) < len(PIECE) * PIECES


async def test_whoever_reads_slowly_gets_all_of_it(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """House: it is the silence that counts, and not how long the whole takes."""
    monkeypatch.setattr(ImpatientProtocol, "reading_timeout_s", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65_536)
    writer.write(ASKED.replace(b"/ ", b"/much ").replace(b"host", b"connection: close\r\nhost"))
    got = 0
    while piece := await reader.read(1_048_576):
        got += len(piece)
        await asyncio.sleep(0.004)
    writer.close()
    assert got > len(PIECE) * PIECES


async def test_one_connection_too_many_hears_why() -> None:
    """RFC 9457: 503 as a problem document, with Retry-After; what is open goes on."""
    full = server(application, host="127.0.0.1", port=0)
    full.config.limit_concurrency = 2
    async with running(full) as url:
        port = int(url.rpartition(":")[2])
        _, first = await asyncio.open_connection("127.0.0.1", port)
        answer = await said(port, ASKED)
        first.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"application/problem+json" in head
    assert b"retry-after: 1" in head.lower()
    assert json.loads(body)["code"] == "temporarily_unavailable"

"""A content that is streamed: as fast as it is read, and closed as soon as nobody reads it."""

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx2
import pytest
import pytest_asyncio
from starlette.types import Receive, Scope, Send

from shared.web.server import ImpatientProtocol, server
from shared.web.streamed import Streamed
from shared.web.strict import StrictFront
from tests.web.running import running

pytestmark = pytest.mark.integration

PIECE: Final = bytes(65_536)
PIECES: Final = 320
"""Twenty megabytes: more than the buffers between a server and a client hold."""
ASKED: Final = b"GET /much HTTP/1.1\r\nhost: house\r\n\r\n"
SOON_S: Final = 5.0
TAKEN_MAX: Final = 8_388_608
"""What the buffers of both systems may take that is read by nobody; it was all that was sent."""


@dataclass
class Read:
    """A content, and what has become of it."""

    pieces: int = 0
    closed: bool = False

    async def content(self) -> AsyncGenerator[bytes, None]:
        """Yield all of it."""
        try:
            for _ in range(PIECES):
                await asyncio.sleep(0)
                self.pieces += 1
                yield PIECE
        finally:
            self.closed = True


@pytest.fixture
def read() -> Read:
    """Return what is read."""
    return Read()


@pytest_asyncio.fixture
async def url(read: Read) -> AsyncIterator[str]:
    """Yield where it is asked for. No garbage is looked for meanwhile."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = Streamed(read.content(), media_type="text/plain", headers={"X-A": "b"})
            await answer(scope, receive, send)

    app = StrictFront(application)
    gc.disable()
    try:
        async with running(server(app, host="127.0.0.1", port=0)) as address:
            yield address
    finally:
        gc.enable()


async def closed(read: Read) -> bool:
    """Return whether the content is closed soon, and not read to its end for nobody."""
    for _ in range(int(SOON_S / 0.05)):
        if read.closed:
            break
        await asyncio.sleep(0.05)
    return read.closed and read.pieces < PIECES


async def test_whoever_reads_gets_all_of_it(read: Read, url: str) -> None:
    """House: with its headers and its type, and closed in the end."""
    async with httpx2.AsyncClient(base_url=url) as http:
        answer = await http.get("/much")
    assert answer.content == PIECE * PIECES
    assert (answer.headers["x-a"], answer.headers["content-type"]) == (
        "b",
        "text/plain; charset=utf-8",
    )
    assert read.closed


async def test_whoever_leaves_has_it_closed(read: Read, url: str) -> None:
    """Style 9.3: an open file and pieces of it are not kept until garbage is looked for."""
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(ASKED)
    await asyncio.sleep(0.5)
    assert 0 < read.pieces < PIECES
    assert not read.closed
    writer.transport.abort()
    assert await closed(read)


async def test_whoever_sends_on_meanwhile_is_not_read(read: Read, url: str) -> None:
    """docs/hostile-input.md: the body of a next request waits outside, as long as nobody limits it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(ASKED + b"POST /x HTTP/1.1\r\nhost: house\r\ncontent-length: 9000000000\r\n\r\n")
    taken = 0
    with suppress(TimeoutError):
        while read.pieces < PIECES:
            await reader.read(len(PIECE))
            writer.write(PIECE)
            async with asyncio.timeout(0.5):
                await writer.drain()
            taken += len(PIECE)
    assert taken < TAKEN_MAX
    writer.transport.abort()


async def test_whoever_reads_nothing_has_it_closed_in_time(
    read: Read, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/hostile-input.md: an answer that nobody reads is given up, and so is what it is made of."""
    monkeypatch.setattr(ImpatientProtocol, "reading_timeout_s", 0.5)
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), limit=4_096)
    writer.write(ASKED)
    assert await closed(read)
    writer.close()

"""Answers that are given as fast as they are read, and let go of as soon as nobody reads them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from shared.eventlog.background import running


class Streamed(StreamingResponse):
    """A content, piece by piece. When the caller leaves, it is closed before anything else.

    The framework's own cancels whoever reads the content: what they hold (an open file, pieces of
    it) stays in the cancellation's traceback, and so in memory, until garbage is looked for.
    """

    def __init__(
        self,
        content: AsyncGenerator[bytes, None],
        status_code: int = 200,
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, status_code, headers, media_type)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the content; each piece is waited for until the one before has been read."""
        del scope
        left = asyncio.Event()
        async with running(_set_when_left(receive, left)), aclosing(self._content):
            await self._give(send, left)

    async def _give(self, send: Send, left: asyncio.Event) -> None:
        """Give the content until the caller has left."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        async for piece in self._content:
            await send(_body(piece, more=True))
            if left.is_set():
                return
        await send(_body(b"", more=False))


def _body(piece: bytes, *, more: bool) -> Message:
    """Return a message with a part of the content."""
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def _set_when_left(receive: Receive, left: asyncio.Event) -> None:
    """Set ``left`` when the caller has left.

    Asked once, and not again and again: to ask lets in more of what the caller sends meanwhile, e.g. the
    body of a next request, which nobody limits yet.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()

"""Answers that are given as fast as they are read, and let go of as soon as nobody reads them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send


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
        async with aclosing(self._content):
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async for piece in self._content:
                await send(_body(piece, more=True))
                if await _gone(receive):
                    return
            await send(_body(b"", more=False))


def _body(piece: bytes, *, more: bool) -> Message:
    """Return a message with a part of the content."""
    return {"type": "http.response.body", "body": piece, "more_body": more}


async def _gone(receive: Receive) -> bool:
    """Return whether the caller has left, without waiting for it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            message = await receive()
            return bool(message["type"] == "http.disconnect")
    return False

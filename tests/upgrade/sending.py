"""People who send large files slowly, and one who never comes to an end, while their service is restarted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx2

from deploy.local.settings import LOOPBACK
from tests.faults.history import Invoked
from tests.faults.journeys_people import Careful, Repeating

PIECE_BYTES: Final = 65_536
PIECE_PAUSE_S: Final = 0.02
LOOK_S: Final = 0.002
PATIENCE_S: Final = 60.0
LOST: Final = 0
CUT_OFF: Final = 503
ENDLESS_BYTES: Final = 20_000_000
BEGINNING: Final = b"%PDF-1.7\n"


@dataclass
class Slowly:
    """A file that goes out in pieces with pauses between them; of each sending it is known how far it is.

    Attributes:
        sending: How many files are half sent, and how many are whole and not answered yet.
    """

    content: bytes
    sending: Counter[str]
    at: str = ""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the file from its beginning."""
        for start in range(0, len(self.content), PIECE_BYTES):
            yield self.content[start : start + PIECE_BYTES]
            self.now_at("half" if start else "")
            await asyncio.sleep(PIECE_PAUSE_S)
        self.now_at("whole")

    def now_at(self, at: str) -> None:
        """Take note of how far it is."""
        self.sending[self.at] -= 1
        self.sending[at] += 1
        self.at = at


@dataclass(kw_only=True)
class Unhurried(Careful):
    """A world in which large files take their time.

    Attributes:
        sending: See ``Slowly``.
    """

    sending: Counter[str] = field(default_factory=Counter[str])

    def person(self, label: str) -> "Sender":
        """Return whoever the issuer knows as ``label``."""
        return Sender(self, label)

    async def comes_to(self, at: str) -> None:
        """Return as soon as a file is half sent, or whole and not answered yet."""
        until = monotonic() + PATIENCE_S
        while self.sending[at] < 1:
            assert monotonic() < until, f"no file is {at} within {PATIENCE_S} s"
            await asyncio.sleep(LOOK_S)


@dataclass
class Sender(Repeating):
    """Somebody who sends large files slowly, and repeats until they are answered."""

    async def _once(
        self,
        method: str,
        service: str,
        path: str,
        request: dict[str, Any],
        invoked: Invoked | None,
    ) -> httpx2.Response | None:
        """Send once; a large file piece by piece."""
        content = request.get("content", b"")
        if len(content) <= PIECE_BYTES:
            return await super()._once(method, service, path, request, invoked)
        assert isinstance(self.world, Unhurried)
        file = Slowly(content, self.world.sending)
        headers = {**request["headers"], "Content-Length": str(len(content))}
        slow = {**request, "headers": headers, "content": file}
        try:
            return await super()._once(method, service, path, slow, invoked)
        finally:
            file.now_at("")


@dataclass
class Endless:
    """Somebody whose file never comes to its end, and who begins again when cut off.

    Attributes:
        head: Returns that of a request, without what says how long its body is.
        open: Whether the service takes one now.
        answers: How often each status was said to it; ``LOST``: the connection was, without a word.
    """

    port: int
    head: Callable[[], Awaitable[bytes]]
    open: bool = False
    answers: Counter[int] = field(default_factory=Counter[int])

    async def go_on(self, over: asyncio.Event) -> None:
        """Send and send, until told to stop."""
        while not over.is_set():
            head = await self.head()
            with suppress(OSError):
                await self._sent(head, over)
            self.open = False
            await asyncio.sleep(PIECE_PAUSE_S)

    async def _sent(self, head: bytes, over: asyncio.Event) -> None:
        """Send a file that does not end, and take note of what is said to it."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        answered = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        try:
            writer.write(head + b"Content-Length: %d\r\n\r\n%b" % (ENDLESS_BYTES, BEGINNING))
            while not answered.done() and not over.is_set():
                await asyncio.sleep(PIECE_PAUSE_S)
                self.open = not answered.done()
                writer.write(BEGINNING)
            if answered.done():
                self.answers[_status(answered)] += 1
        finally:
            answered.cancel()
            writer.close()


def _status(answered: asyncio.Future[bytes]) -> int:
    """Return the status of an answer; ``LOST``: there is none."""
    return LOST if answered.exception() else int(answered.result().split()[1])

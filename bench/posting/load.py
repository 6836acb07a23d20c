"""Asks one address over and over, over connections that are kept, as cheaply as Python can."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import cast

ANSWER_TIMEOUT_S = 30.0
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(slots=True)
class Load:
    """What is asked, and what came of it.

    Attributes:
        head: Of each request, up to the value of ``Idempotency-Key``, which is another each time.
        wanted: How an answer begins that is counted.
    """

    host: str
    port: int
    head: bytes
    body: bytes
    wanted: bytes = b"HTTP/1.1 201"
    answered: int = 0
    going: bool = True
    keys: "count[int]" = field(default_factory=lambda: count(1))

    def request(self) -> bytes:
        """Return the next request."""
        key = b'"%d"' % next(self.keys)
        return b"".join((self.head, key, END_OF_HEAD, self.body))


class Asking(asyncio.Protocol):
    """One connection: the next request as soon as the last one is answered."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._came = bytearray()
        self.failed: str | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._load.request())

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._came += data
        end = self._came.find(END_OF_HEAD)
        if end < 0:
            return
        head = bytes(self._came[:end]).lower()
        at = head.index(LENGTH) + len(LENGTH)
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._came) < end + len(END_OF_HEAD) + length:
            return
        if not self._came.startswith(self._load.wanted):
            self.failed = bytes(self._came).decode(errors="replace")
            self._transport.close()
            return
        self._came.clear()
        self._load.answered += 1
        if self._load.going:
            self._transport.write(self._load.request())
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be over."""
        self.failed = self.failed or (repr(exc) if exc else None)
        if not self.over.done():
            self.over.set_result(None)


async def answers_per_second(load: Load, *, connections: int, warm_s: float, for_s: float) -> float:
    """Return how many answers a second come over ``connections`` at once, once it is warm.

    Raises:
        RuntimeError: An answer is not as wanted.
        TimeoutError: One does not come.
    """
    loop = asyncio.get_running_loop()
    asking: list[Asking] = []
    for _ in range(connections):
        _, protocol = await loop.create_connection(lambda: Asking(load), load.host, load.port)
        asking.append(protocol)
    await asyncio.sleep(warm_s)
    before, begun_s = load.answered, loop.time()
    await asyncio.sleep(for_s)
    came, took_s = load.answered - before, loop.time() - begun_s
    load.going = False
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        await asyncio.gather(*(each.over for each in asking))
    for each in asking:
        if each.failed is not None:
            raise RuntimeError(each.failed)
    return came / took_s

"""Asks at a fixed rate, whether or not answers come: an open loop, as the world outside is one.

How long an answer takes is counted from when its request was due, also when it had to wait for a
connection: who measures only from the sending leaves out just the waiting that a slow server causes
("coordinated omission").
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final, cast

from bench.posting.load import ANSWER_TIMEOUT_S, END_OF_HEAD, LENGTH, Load

CONNECTIONS_MAX: Final = 256


@dataclass(slots=True)
class Paced:
    """What is asked, and how long each answer took.

    Attributes:
        taken_s: From when each request was due, in the order of the answers.
    """

    load: Load
    taken_s: list[float] = field(default_factory=list[float])
    failed: str | None = None
    _idle: "deque[_Connection]" = field(default_factory=deque["_Connection"])
    _due: deque[float] = field(default_factory=deque[float])

    async def run(self, rate: float, for_s: float) -> None:
        """Ask ``rate`` times a second for ``for_s``, and wait for the last answer.

        Raises:
            RuntimeError: An answer is not as wanted.
            TimeoutError: One does not come.
        """
        loop = asyncio.get_running_loop()
        opened = [
            (
                await loop.create_connection(
                    lambda: _Connection(self), self.load.host, self.load.port
                )
            )[1]
            for _ in range(CONNECTIONS_MAX)
        ]
        self._idle.extend(opened)
        begun_s, total = loop.time(), round(rate * for_s)
        for number in range(total):
            due_s = begun_s + number / rate
            if (left_s := due_s - loop.time()) > 0:
                await asyncio.sleep(left_s)
            self._due.append(due_s)
            self._send()
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while len(self.taken_s) < total and self.failed is None:  # noqa: ASYNC110 -- two conditions
                await asyncio.sleep(0.01)
        for each in opened:
            each.close()
        if self.failed is not None:
            raise RuntimeError(self.failed)

    def answered(self, connection: "_Connection", due_s: float) -> None:
        """Take note of an answer; its connection is free again."""
        self.taken_s.append(asyncio.get_running_loop().time() - due_s)
        self._idle.append(connection)
        self._send()

    def _send(self) -> None:
        """Send what is due and has a connection."""
        while self._due and self._idle:
            self._idle.pop().ask(self.load.request(), self._due.popleft())


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request when there is one."""

    def __init__(self, paced: Paced) -> None:
        self._paced = paced
        self._came = bytearray()
        self._due_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes, due_s: float) -> None:
        """Send a request that was due at ``due_s``."""
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._came += data
        end = self._came.find(END_OF_HEAD)
        if end < 0:
            return
        said = bytes(self._came[:end]).lower()
        at = said.index(LENGTH) + len(LENGTH)
        length = int(said[at:].split(b"\r\n", 1)[0])
        if len(self._came) < end + len(END_OF_HEAD) + length:
            return
        if not self._came.startswith(self._paced.load.wanted):
            self._paced.failed = bytes(self._came).decode(errors="replace")
            return
        self._came.clear()
        self._paced.answered(self, self._due_s)

    def close(self) -> None:
        """Be over."""
        self._transport.close()

"""Clients that are slow, endless, too many or too fond of headers, against one service at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx2

from deploy.local.memory import memory_mb
from shared.web.server import HEADER_TIMEOUT_S, KEEP_ALIVE_S
from shared.web.strict import Limits
from tests.hostile.scene import Scene

SERVICE: Final = "review"
SILENT, DRIPPING, IDLE = 200, 50, 200
FLOODING, ENDLESS, PIPELINING = 30, 20, 30
PIPELINED: Final = 500
DRIP_S: Final = 0.5
POUR_S: Final = 0.02
GRACE_S: Final = 10.0
"""How much later than it should a busy machine may close a connection."""
PATIENCE_S: Final = max(HEADER_TIMEOUT_S, KEEP_ALIVE_S, Limits().body_timeout_s) + GRACE_S
ASKING_S: Final = 0.2
GREETING: Final = b"GET /v1/scheme/v1 HTTP/1.1\r\nhost: house\r\n\r\n"
GONE: Final = (ConnectionError, OSError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the service ended a conversation.

    Attributes:
        after_s: From the first byte, or the connection.
        said: What it answered; ``b""``: it closed the connection without a word.
    """

    after_s: float
    said: bytes


@dataclass
class Measured:
    """What was seen from outside while all went on.

    Attributes:
        ended: By kind of client, how each was ended; ``None``: it was not, within ``PATIENCE_S``.
        before_mb: The service's memory when it began.
        peak_mb: The most that it had at any time.
        others_s: How long each of the others waited, who asked for nothing odd meanwhile.
        others_failed: What they got instead of an answer.
    """

    ended: dict[str, list[Ended | None]] = field(default_factory=dict)
    before_mb: int = 0
    peak_mb: int = 0
    others_s: list[float] = field(default_factory=list)
    others_failed: list[str] = field(default_factory=list)


Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def endured(scene: Scene) -> Measured:
    """Let all kinds of clients come at once, and return what was seen. Some twenty seconds."""
    record = scene.house.stack.processes.running(SERVICE)
    assert record is not None
    measured, token = Measured(), scene.tokens[SERVICE][scene.gamma.applicant]
    port = scene.house.stack.settings.port_of(SERVICE)
    kinds: dict[str, tuple[int, Attack]] = {
        "silent": (SILENT, _nothing),
        "idle after an answer": (IDLE, _sends(GREETING)),
        "headers drop by drop": (DRIPPING, _drips(b"GET / HTTP/1.1\r\n", b"x-a: b\r\n")),
        "body drop by drop": (DRIPPING, _drips(_posting(token, b"content-length: 999"), b" ")),
        "refused, and goes on": (DRIPPING, _drips(REFUSED, b" ")),
        "file of nobody": (DRIPPING, _drips(NOBODYS, b" ")),
        "headers without end": (FLOODING, _pours(b"GET / HTTP/1.1\r\n", b"x-a: b\r\n" * 100)),
        "one header without end": (FLOODING, _pours(b"GET / HTTP/1.1\r\nx-a: ", b"b" * 1_000)),
        "body without end": (ENDLESS, _pours(_posting(token, CHUNKED), b"400\r\n%b\r\n" % SPACES)),
        "requests upon requests": (PIPELINING, _sends(GREETING * PIPELINED)),
    }
    measured.before_mb = memory_mb(record.pid) or 0
    async with (
        _watched(measured, record.pid, scene.house.url(SERVICE)),
        asyncio.TaskGroup() as all_,
    ):
        tasks = {
            kind: [all_.create_task(_ended(port, attack)) for _ in range(times)]
            for kind, (times, attack) in kinds.items()
        }
    measured.ended = {kind: [each.result() for each in some] for kind, some in tasks.items()}
    return measured


REFUSED: Final = b"POST / HTTP/1.1\r\nif-match: 1\r\nif-match: 2\r\ncontent-length: 999\r\n\r\n"
NOBODYS: Final = (
    b"POST /v1/workspaces/00000000-0000-4000-8000-000000000001/files HTTP/1.1\r\n"
    b"content-length: 999\r\n\r\n"
)
CHUNKED: Final = b"transfer-encoding: chunked"
SPACES: Final = b" " * 1_024


async def _nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing."""


def _sends(words: bytes) -> Attack:
    """Return a client that says ``words`` at once, and reads on."""

    async def attack(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()

    return attack


def _drips(first: bytes, drop: bytes) -> Attack:
    """Return a client that goes on with a drop now and then."""

    async def attack(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            await writer.drain()
            await asyncio.sleep(DRIP_S)
            writer.write(drop)

    return attack


def _pours(first: bytes, more: bytes) -> Attack:
    """Return a client that goes on and on."""

    async def attack(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(POUR_S)

    return attack


def _posting(token: str, length: bytes) -> bytes:
    """Return the head of a command of somebody who may."""
    return (
        b"POST /v1/appointments HTTP/1.1\r\nhost: house\r\ncontent-type: application/json\r\n"
        b"idempotency-key: slow\r\nauthorization: Bearer %b\r\n%b\r\n\r\n"
    ) % (token.encode(), length)


async def _ended(port: int, attack: Attack) -> Ended | None:
    """Return how the service ended one conversation; ``None``: it went on."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    speaking = asyncio.ensure_future(_spoken(attack, reader, writer))
    said = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            with suppress(*GONE):
                while piece := await reader.read(65_536):
                    said += piece
        return Ended(time.monotonic() - began, said)
    except TimeoutError:
        return None
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        writer.close()


async def _spoken(
    attack: Attack, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Attack until the connection is gone."""
    with suppress(*GONE):
        await attack(reader, writer)


@asynccontextmanager
async def _watched(measured: Measured, pid: int, url: str) -> AsyncIterator[None]:
    """Ask for something ordinary again and again, and look at the memory, until the end."""
    async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_S) as http:

        async def watch() -> None:
            while True:
                began = time.monotonic()
                answer = await http.get("/v1/scheme/v1")
                measured.others_s.append(time.monotonic() - began)
                if answer.status_code != httpx2.codes.OK:
                    measured.others_failed.append(answer.text)
                now = await asyncio.to_thread(memory_mb, pid)
                measured.peak_mb = max(measured.peak_mb, now or 0)
                await asyncio.sleep(ASKING_S)

        watching = asyncio.ensure_future(watch())
        try:
            yield
        finally:
            watching.cancel()
            (left,) = await asyncio.gather(watching, return_exceptions=True)
            if isinstance(left, Exception):
                measured.others_failed.append(repr(left))

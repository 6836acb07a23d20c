"""What one client can take of a service's memory: slow and endless ones, counted and weighed.

Each kind comes as so many, and then as many again: what the second half adds, shared among them, is
what one of them costs. Then crowds of all kinds come and go, one like the other.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

import httpx2
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from deploy.local.memory import memory_kib
from services.review.api.evidence_files import COMING_INTO_ONE_MAX
from shared.vault.objects import PIECE_BYTES
from shared.web.server import HEAD_BYTES_MAX, PIPELINED_MAX, READ_BYTES_MAX
from shared.web.strict import Limits
from tests.hostile import uploads
from tests.hostile.scene import Scene

THOROUGH: Final = "review"
HALF: Final[Mapping[str, int]] = {THOROUGH: 60}
HALF_ELSEWHERE: Final = 30
"""Clients of one kind that come at first; as many follow. All services have the same server."""
WAVES: Final = 3
DRIP_S: Final = 0.5
LOOK_S: Final = 0.25
LOOKS_MAX: Final = 8
LEAVING_LOOKS_MAX: Final = 100
CALM_KIB: Final = 256
"""Two looks that differ by no more have seen the same."""
DEAF_BYTES: Final = 4_096
MUCH: Final = 2_000_000
"""More than any limit of a head or of a body, and than what is read at once."""
CONNECTION_BYTES: Final = 65_536
"""A connection and what serves it: protocol, parser, task, timers; a few kilobytes as measured."""
READ: Final = 2 * READ_BYTES_MAX
"""What the event loop hands over at once, and its copy on the way to the application."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of client.

    Attributes:
        says: As soon as it is there, and as far as it is read.
        drop: Again and again; ``b""``: nothing more.
        keeps: What the service may keep of one, in bytes, beside its connection.
        few: How many of them the service lets stay for longer than a moment; ``None``: all.
        deaf: Whether it never reads an answer.
    """

    says: bytes
    keeps: int
    drop: bytes = b""
    few: int | None = None
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """What one kind of client costs.

    Attributes:
        grown_kib: What the second half added, at most: as it came, and once it had come.
        there: How many there still were in the end.
    """

    kind: Kind
    half: int
    grown_kib: int
    there: int

    @property
    def each_kib(self) -> float:
        """Return what one client costs."""
        return self.grown_kib / self.half


@dataclass(slots=True)
class Weighed:
    """What was seen of one service.

    Attributes:
        before_kib: What the service held when the first of them came.
        of: By kind of client.
        left_kib: What the service held after each wave was gone.
        wave: How many clients one wave has.
        answered: What others got meanwhile, who asked for nothing odd.
    """

    before_kib: int = 0
    of: dict[str, Weight] = field(default_factory=dict)
    left_kib: list[int] = field(default_factory=list)
    wave: int = 0
    answered: list[int] = field(default_factory=list)


async def weighed(scene: Scene) -> dict[str, Weighed]:
    """Return what was seen of each service: thoroughly of one, of the others side by side."""
    thorough = await _weighed(scene, THOROUGH)
    others = [name for name in scene.tokens if name != THOROUGH]
    found = await asyncio.gather(*(_weighed(scene, name) for name in others))
    return {THOROUGH: thorough, **dict(zip(others, found, strict=True))}


def kinds_of(scene: Scene, service: str) -> dict[str, Kind]:
    """Return the kinds of clients that come to ``service``, by name."""
    head, body = b"GET / HTTP/1.1\r\nhost: house\r\nx-a: ", Limits().body_bytes_max
    asks = b"GET /openapi.json HTTP/1.1\r\nhost: house\r\n\r\n"
    piece = b"%x\r\n%b\r\n" % (1_000, b" " * 1_000)
    said = _posting(b"content-length: %d" % body) + b" " * (body - 1_000)
    poured = _posting(b"transfer-encoding: chunked") + piece * (MUCH // 1_000)
    found = {
        "head drop by drop": Kind(head + b"b" * 15_000, HEAD_BYTES_MAX, b"b"),
        "head without end": Kind(head + b"b" * MUCH, READ, b"b", few=0),
        "body drop by drop": Kind(said, body + HIGH_WATER_LIMIT, b" "),
        "body without end": Kind(poured, body + READ + HIGH_WATER_LIMIT, piece, few=0),
        "never reads": Kind(asks * PIPELINED_MAX, 2 * HIGH_WATER_LIMIT, deaf=True),
    }
    if service == uploads.SERVICE:
        found |= {"file drop by drop": _file(scene), "file that is not read": _unread(scene)}
    return found


def _posting(length: bytes) -> bytes:
    """Return the head of a command of nobody: bodies are read before anybody is asked who calls."""
    kind = b"content-type: application/json"
    return b"POST /v1/any HTTP/1.1\r\nhost: house\r\n%b\r\n%b\r\n\r\n" % (kind, length)


def _file(scene: Scene) -> Kind:
    """Return a client that puts in nearly all of a file at once, and the rest drop by drop.

    All but a few hear 503, and what has been read of theirs is dropped; those few are of the first half.
    """
    with scene.speaking_to(uploads.SERVICE) as http:
        seen = uploads.version(scene, http)
    sent = uploads.Sent(uploads.PDF + bytes(uploads.BYTES_MAX * 9 // 10), 0, None)
    asked = {**uploads.headers(scene, sent, seen), "Host": "house"}
    asked |= {"Content-Length": str(uploads.BYTES_MAX)}
    head = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    line = f"POST {uploads.space(scene)}/files HTTP/1.1\r\n{head}\r\n"
    says = line.encode() + sent.content
    return Kind(says, READ + HIGH_WATER_LIMIT, b"x", few=COMING_INTO_ONE_MAX)


def _unread(scene: Scene) -> Kind:
    """Return a client that asks for the largest file, and reads nothing.

    It asks as often as a connection may: what lies between service and client holds several files. Of
    the last one read the service has a piece on its way, one that waits, and what the next is cut from.
    """
    sent = uploads.Sent(uploads.PDF + bytes(uploads.BYTES_MAX - len(uploads.PDF)), 201, None)
    with scene.speaking_to(uploads.SERVICE) as http:
        made = uploads.send(scene, http, sent, uploads.version(scene, http))
        path = f"{uploads.space(scene)}/files/{made.raise_for_status().json()['id']}"
    asked = {**scene.headers(uploads.SERVICE, scene.gamma.applicant), "Host": "house"}
    head = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    says = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() * PIPELINED_MAX
    return Kind(says, HIGH_WATER_LIMIT + 4 * PIECE_BYTES, deaf=True)


class _Client(asyncio.Protocol):
    """One client."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._transport: asyncio.Transport | None = None
        self.there = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what it has to say."""
        self._transport, self.there = cast("asyncio.Transport", transport), True
        if self._kind.deaf:
            self._transport.pause_reading()
        self._transport.write(self._kind.says)
        if self._kind.drop:
            self._drip()

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that the service has left."""
        self.there = False

    def leave(self) -> None:
        """Be gone without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _drip(self) -> None:
        """Say a little more, and later again."""
        if self.there and self._transport is not None:
            if not self._transport.get_write_buffer_size():
                self._transport.write(self._kind.drop)
            asyncio.get_running_loop().call_later(DRIP_S, self._drip)


@asynccontextmanager
async def _crowd(port: int, kinds: list[Kind], times: int) -> AsyncIterator[list[_Client]]:
    """Yield so many clients of each kind, who are gone in the end."""
    loop, clients = asyncio.get_running_loop(), list[_Client]()
    try:
        for kind in kinds * times:
            client, line = _Client(kind), socket.socket()
            line.setblocking(False)
            if kind.deaf:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BYTES)
            await loop.sock_connect(line, ("127.0.0.1", port))
            await loop.create_connection(lambda client=client: client, sock=line)  # type: ignore[misc]
            clients.append(client)
        yield clients
    finally:
        for client in clients:
            client.leave()


@dataclass(frozen=True, slots=True)
class _Scales:
    """Asks a service for something ordinary, and weighs it."""

    http: httpx2.AsyncClient
    pid: int
    weighed: Weighed

    async def look(self) -> int:
        """Return the memory, KiB, once it has come to rest, or after ``LOOKS_MAX`` looks."""
        last = await self._once()
        for _ in range(LOOKS_MAX):
            now = await self._once()
            if abs(now - last) <= CALM_KIB:
                return now
            last = now
        return last

    async def thinned(self, clients: list[_Client], few: int | None) -> int:
        """Return how many are there, once those have been left who are not to stay."""
        there = [each.there for each in clients]
        for _ in range(LEAVING_LOOKS_MAX):
            there = [each.there for each in clients]
            if few is None or sum(there) <= few:
                break
            await self._once()
        return sum(there)

    async def _once(self) -> int:
        """Ask, wait a moment, and return the memory."""
        answer = await self.http.get("/livez")
        self.weighed.answered.append(answer.status_code)
        await asyncio.sleep(LOOK_S)
        found = await asyncio.to_thread(memory_kib, self.pid)
        assert found is not None
        return found


async def _weighed(scene: Scene, service: str) -> Weighed:
    """Return what was seen of one service."""
    record = scene.house.stack.processes.running(service)
    assert record is not None
    port, kinds = scene.house.stack.settings.port_of(service), kinds_of(scene, service)
    half, seen = HALF.get(service, HALF_ELSEWHERE), Weighed()
    async with httpx2.AsyncClient(base_url=scene.house.url(service), timeout=60) as http:
        scales = _Scales(http, record.pid, seen)
        seen.before_kib = await scales.look()
        for name, kind in kinds.items():
            seen.of[name] = await _weight(scales, port, kind, half)
        seen.wave = half // 2 * len(kinds)
        for _ in range(WAVES):
            async with _crowd(port, [*kinds.values()], half // 2):
                await scales.look()
            seen.left_kib.append(await scales.look())
    return seen


async def _weight(scales: _Scales, port: int, kind: Kind, half: int) -> Weight:
    """Return what one kind of client costs."""
    async with _crowd(port, [kind], half) as first:
        await scales.thinned(first, kind.few)
        before = await scales.look()
        async with _crowd(port, [kind], half) as second:
            coming = await scales.look()
            there = await scales.thinned([*first, *second], kind.few)
            after = coming if kind.few is None else max(coming, await scales.look())
    return Weight(kind, half, after - before, there)

"""SIGTERM while a file comes in: what can end ends well, what cannot is told to ask again."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final

import pytest

from shared.ids import new_id
from tests.process.house import House, Running, eventually

pytestmark = pytest.mark.system

PIECE: Final = bytes(1_000)
HEADERS: Final = b"Host: house\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n"
DRIP_S: Final = 0.05
GRACE_MS: Final = "1000"
LONGER_S: Final = 2.5
"""Past the grace and whatever is added to it; well within ``DRAIN_MS``."""
DRAIN_MS: Final = "20000"


@contextmanager
def uploading(process: Running) -> Iterator[socket.socket]:
    """Yield a connection on which the first half of a file has been sent."""
    port = int(process.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        path = f"/v1/letters/{new_id()}/enclosures"
        line.sendall(f"POST {path} HTTP/1.1\r\n".encode() + HEADERS + PIECE * 450)
        yield line


@contextmanager
def dripping(line: socket.socket) -> Iterator[None]:
    """Send a little more now and then, for as long as the other side takes it."""
    over = Event()

    def drip() -> None:
        with suppress(OSError):
            while not over.wait(DRIP_S):
                line.sendall(b" ")

    thread = Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def answer_on(line: socket.socket) -> tuple[int, bytes, bytes]:
    """Return status, headers and body of what is said on ``line`` until it is closed."""
    said = b""
    with suppress(ConnectionError):
        while piece := line.recv(65_536):
            said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    assert head, "closed without a word"
    return int(head.split()[1]), head.lower(), body


def test_an_upload_without_end_is_told_to_come_again_and_holds_nobody_back(house: House) -> None:
    """Architecture 4, RFC 9457: the grace is for everybody; its end is a 503, and never our fault."""
    with house.running("api", shutdown_grace_ms=GRACE_MS) as process:
        assert eventually(lambda: process.failing() == [])
        with uploading(process) as line, dripping(line):
            code = process.ended(20)
            status, head, body = answer_on(line)
    assert code == 0
    assert (status, json.loads(body)["code"]) == (503, "outcome_unknown"), body
    assert b"content-type: application/problem+json" in head
    assert b"retry-after: " in head
    assert b"connection: close" in head
    assert "Exception in ASGI application" not in house.log("api")


def test_what_comes_in_while_the_door_is_still_open_has_the_grace_after_it(house: House) -> None:
    """House: the drain is for balancers that are slow to hear; nobody loses a request by it."""
    with house.running("api", shutdown_grace_ms=GRACE_MS, drain_ms=DRAIN_MS) as process:
        assert eventually(lambda: process.failing() == [])
        with uploading(process) as line:
            process.process.send_signal(signal.SIGTERM)
            assert eventually(lambda: "stopping" in process.failing())
            time.sleep(LONGER_S)
            line.sendall(PIECE * 450)
            status, _, body = answer_on(line)
    assert (status, body) == (201, b"900000")

"""Which ports are free, and who holds one that is not."""

import fcntl
import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.settings import LOOPBACK

_LISTEN = "0A"
_FREE_FROM = 20_000
_FREE_UNTIL = 32_000  # below the ports that the kernel hands to outgoing connections
_BLOCK = 24
_locks: list[int] = []  # descriptors; the kernel closes them when this process ends


def require_free(part: str, ports: Mapping[str, int]) -> None:
    """Do nothing when ``part`` can listen on its ``ports``, which are keyed by setting.

    Raises:
        StackError: One is taken; the message names the holder and the setting to change.
    """
    for setting, port in ports.items():
        if not is_free(port):
            raise StackError(
                f"{part} needs port {port}, which {holder(port)} holds: stop it, or choose "
                f"another port with {setting}"
            )


def is_free(port: int) -> bool:
    """Return whether nobody listens on ``port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int, timeout_s: float = 0.5) -> bool:
    """Return whether somebody takes connections on ``port``; that is not yet readiness."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def free_ports(count: int) -> tuple[int, ...]:
    """Return ``count`` free ports, ascending, for as long as this process lives.

    They come from a block of ports that no other process gets from here, so test runs beside each
    other never meet, not even while one of them has stopped a part and is about to start it again.
    """
    assert count <= _BLOCK
    blocks = range(_FREE_FROM, _FREE_UNTIL, _BLOCK)
    start = os.getpid() % len(blocks)
    for first in (*blocks[start:], *blocks[:start]):
        if (lock := _block_lock(first)) is None:
            continue
        found = [port for port in range(first, first + _BLOCK) if is_free(port)]
        if len(found) >= count:
            _locks.append(lock)
            return tuple(found[:count])
        os.close(lock)
    raise StackError(f"no {count} free ports between {_FREE_FROM} and {_FREE_UNTIL}")


def _block_lock(first: int) -> int | None:
    """Return the lock of the block that begins at ``first``; None when somebody has it.

    A bare descriptor: a file object that nobody closes is complained about at the end.
    """
    folder = Path(tempfile.gettempdir()) / f"sigill-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / str(first), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def holder(port: int) -> str:
    """Return the process that listens on ``port`` as far as this user can see it."""
    inodes = _listening_inodes(port)
    for entry in Path("/proc").glob("[0-9]*"):
        if inodes & _socket_inodes(entry):
            return f"process {entry.name} ({_command(entry)})"
    return "another process"


def _listening_inodes(port: int) -> frozenset[str]:
    """Return the kernel's numbers of the sockets that listen on ``port``; none outside Linux."""
    found: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return frozenset(found)


def _socket_inodes(process: Path) -> frozenset[str]:
    """Return the sockets that ``process`` holds; none when they are not ours to see."""
    try:
        links = [str(link.readlink()) for link in (process / "fd").iterdir()]
    except OSError:
        return frozenset()
    return frozenset(
        link.removeprefix("socket:[").removesuffix("]")
        for link in links
        if link.startswith("socket:[")
    )


def _command(process: Path) -> str:
    """Return the command of ``process``, shortened to what fits on a line."""
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "ended meanwhile"
    return b" ".join(words).decode(errors="replace").strip()[:80]

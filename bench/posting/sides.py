"""The sides of a measurement over HTTP, each a process of its own: how they start, are reached and end."""

import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.posting.forms import PATH, SENT
from deploy.local.part import answers_with_ok
from deploy.local.ports import is_open
from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, LOOPBACK, bare_environment
from deploy.local.stack import Stack

START_TIMEOUT_S = 60.0
SERVICE = "bench"
AUDIENCE = "intake"
"""The issuer knows the services of the house; this one borrows a name."""

NOT_TRACED: Final[Mapping[str, str]] = {
    "OTEL_TRACES_EXPORTER": "none",
    "OTEL_METRICS_EXPORTER": "none",
}
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_SPENT: Final = slice(11, 13)
"""utime and stime, counted after the program's name: proc(5), fields 14 and 15."""


def head(port: int, token: str) -> bytes:
    """Return the head of every request, up to the value of its key."""
    lines = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {LOOPBACK}:{port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(SENT)}",
        "Idempotency-Key: ",
    )
    return "\r\n".join(lines).encode()


def environment(
    stack: Stack, port: int, telemetry: Mapping[str, str] = NOT_TRACED
) -> dict[str, str]:
    """Return what the service is told."""
    admin = stack.postgres_admin_dsn
    host = urlsplit(admin).netloc.rpartition("@")[2]
    own = {
        "DATABASE_DSN": f"postgresql://{SERVICE}_app:a@{host}/{SERVICE}",
        "RELAY_DSN": f"postgresql://{SERVICE}_relay:r@{host}/{SERVICE}",
        "DATABASE_ADMIN_DSN": admin,
        "KAFKA_BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
        "HTTP_PORT": str(port),
        "ISSUER_URL": stack.issuer_url,
        "AUDIENCE": AUDIENCE,
        "CLIENT_SECRET": "unused",
        "VAULT_MASTER_KEY": b64encode(bytes(32)).decode(),
        "LEDGER_FOLDER": str(stack.settings.data / "ledger"),
    }
    return {
        **bare_environment(),
        **telemetry,
        "SIGILL_LOG_LEVEL": "WARNING",
        **{f"{SERVICE.upper()}_{name}": value for name, value in own.items()},
    }


def migrate(told: Mapping[str, str]) -> None:
    """Make the database of the service."""
    subprocess.run(  # noqa: S603 -- our own program
        module("bench.posting.service", "migrate"), env=dict(told), cwd=CHECKOUT, check=True
    )


@contextmanager
def running(program: str, word: str, told: Mapping[str, str]) -> Generator[int]:
    """Run one side as a process of its own, and yield its id; end it afterwards."""
    process = subprocess.Popen(  # noqa: S603 -- our own program
        module(program, word), env=dict(told), cwd=CHECKOUT, stdout=sys.stderr
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)


@contextmanager
def service(told: Mapping[str, str]) -> Generator[int]:
    """Run the service until it is ready, and yield its id; end it afterwards."""
    port = told[f"{SERVICE.upper()}_HTTP_PORT"]
    with running("bench.posting.service", "api", told) as process:
        wait_for(lambda: answers_with_ok(f"http://{LOOPBACK}:{port}/readyz"))
        yield process


@contextmanager
def bare(port: int, told: Mapping[str, str]) -> Generator[int]:
    """Run the bare side until it listens, and yield its id; end it afterwards."""
    with running("bench.posting.bare", str(port), told) as process:
        wait_for(lambda: is_open(port))
        yield process


def wait_for(answers: Callable[[], bool]) -> None:
    """Return when a side answers.

    Raises:
        TimeoutError: It does not, for long.
    """
    until_s = time.monotonic() + START_TIMEOUT_S
    while not answers():
        if time.monotonic() > until_s:
            raise TimeoutError("a side does not start")
        time.sleep(0.1)


def spent_s(process: int) -> float:
    """Return how much processor time a process has used, in seconds, all of its threads."""
    said = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, said[_SPENT])) / _TICKS_A_SECOND

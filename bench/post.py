"""A durable POST, from the first byte to the answer, against a bare FastAPI answer.

``python -m bench.post`` starts a stack of its own. Ours is a service as every service is: strict
front, token, role, idempotency key, rules, an event in the log on disk, problem documents at hand;
the other side is FastAPI under uvicorn that validates the same body and answers the same shape.
Tracing is off on both sides. Both in processes of their own, the same bytes asked over the same
number of connections, in turns; the ratio is the median over the rounds.
"""

import logging
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from statistics import median
from urllib.parse import urlsplit

import structlog
import uvloop

from bench.posting.forms import PATH, SENT
from bench.posting.load import Load, answers_per_second
from deploy.local.part import answers_with_ok
from deploy.local.ports import free_ports, is_open
from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, LOOPBACK, bare_environment
from deploy.local.stack import Stack
from deploy.local.tokens import sign_in
from tests.stack import folder_of_its_own, settings_of_its_own

ROUNDS = 5
CONNECTIONS = 64
WARM_S = 1.0
ROUND_S = 4.0
RATIO_MIN = 0.5
START_TIMEOUT_S = 60.0
KEYS_MAX = 1_000_000
"""Of one round."""

SERVICE = "bench"
AUDIENCE = "intake"
"""The issuer knows the services of the house; this one borrows a name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers a second of both sides, one entry a round."""

    ours: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return median(a / b for a, b in zip(self.ours, self.bare, strict=True))

    def __str__(self) -> str:
        """Return the line to print."""
        return (
            f"durable POST / bare FastAPI answer: {self.ratio:.2f} (gate {RATIO_MIN};"
            f" {median(self.ours):,.0f}/s against {median(self.bare):,.0f}/s,"
            f" {CONNECTIONS} connections, tracing off, {ROUNDS} rounds in turns)"
        )


def measure(stack: Stack) -> Measured:
    """Return the answers a second of both sides, measured in turns."""
    ours_port, bare_port = free_ports(2)
    environment = _environment(stack, ours_port)
    subprocess.run(  # noqa: S603 -- our own program
        module("bench.posting.service", "migrate"), env=environment, cwd=CHECKOUT, check=True
    )
    token = sign_in(stack.issuer_url, "PL1", AUDIENCE)
    ours: list[float] = []
    bare: list[float] = []
    with (
        _running("bench.posting.service", "api", environment),
        _running("bench.posting.bare", str(bare_port), environment),
    ):
        _await(lambda: answers_with_ok(f"http://{LOOPBACK}:{ours_port}/readyz"))
        _await(lambda: is_open(bare_port))
        for number in range(ROUNDS):
            for port, rates in ((ours_port, ours), (bare_port, bare)):
                keys = count(number * KEYS_MAX)
                load = Load(LOOPBACK, port, _head(port, token), SENT, keys=keys)
                rates.append(
                    uvloop.run(
                        answers_per_second(
                            load, connections=CONNECTIONS, warm_s=WARM_S, for_s=ROUND_S
                        )
                    )
                )
    return Measured(tuple(ours), tuple(bare))


def _head(port: int, token: str) -> bytes:
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


def _environment(stack: Stack, port: int) -> dict[str, str]:
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
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "SIGILL_LOG_LEVEL": "WARNING",
        **{f"{SERVICE.upper()}_{name}": value for name, value in own.items()},
    }


@contextmanager
def _running(program: str, word: str, environment: Mapping[str, str]) -> Generator[None]:
    """Run one side as a process of its own; end it afterwards."""
    process = subprocess.Popen(  # noqa: S603 -- our own program
        module(program, word), env=environment, cwd=CHECKOUT, stdout=sys.stderr
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)


def _await(answers: Callable[[], bool]) -> None:
    """Return when a side answers.

    Raises:
        TimeoutError: It does not, for long.
    """
    until_s = time.monotonic() + START_TIMEOUT_S
    while not answers():
        if time.monotonic() > until_s:
            raise TimeoutError("a side does not start")
        time.sleep(0.1)


def main() -> None:
    """Measure on a stack of its own, and print one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder)
        assert settings.clock is not None
        settings.clock.write_text("offset 0\n")  # the issuer's
        with Stack(settings) as stack:
            print(measure(stack))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

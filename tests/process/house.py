"""Starts the example service as real processes, and talks to it."""

import asyncio
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import bare_environment
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.ids import new_id
from shared.process import ServiceSettings
from shared.process.provide import migrate
from tests.process.forked import Forked, forked

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
CHECKOUT = Path(__file__).parents[2]


@dataclass
class Running:
    """A process of the example service.

    Attributes:
        base: Where it is asked.
    """

    process: Forked | subprocess.Popen[str]
    base: str

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Return the answer to a GET; a connection that is refused is an answer with status 0."""
        try:
            return httpx2.get(f"{self.base}{path}", headers=headers, timeout=10)
        except httpx2.TransportError:
            return httpx2.Response(599)

    def plan(self, letter_id: UUID) -> httpx2.Response:
        """Plan a letter."""
        headers = {"Idempotency-Key": str(new_id()), "Content-Type": "application/json"}
        return httpx2.put(f"{self.base}/v1/letters/{letter_id}", headers=headers, timeout=20)

    def letters(self, position: str = "0") -> list[list[Any]]:
        """Return all letters, as soon as the list has come as far as ``position``."""
        answer = self.get("/v1/letters", **{"Wait-For-Position": position})
        assert answer.status_code == 200, answer.text
        found: list[list[Any]] = answer.json()
        return found

    def failing(self) -> list[str]:
        """Return what ``/readyz`` names; ``[]`` when all is well."""
        answer = self.get("/readyz")
        if answer.status_code == 599:
            return ["door"]
        names: list[str] = answer.json().get("failing", [])
        return names

    def ended(self, limit_s: float) -> int:
        """Tell the process to end; return its code."""
        self.process.terminate()
        return self.process.wait(limit_s)


@dataclass
class House:
    """One installation of a service: its database, topic and clock.

    Attributes:
        more: Settings of its own, without the prefix.
        cold: Whether its processes load everything themselves, as in production.
    """

    stack: Stack
    folder: Path
    name: str = "example"
    module: str = "tests.process.example"
    more: Mapping[str, str] = field(default_factory=dict)
    cold: bool = False

    @property
    def clock(self) -> Path:
        """Return the file that all processes read the time from."""
        return self.folder / "clock"

    def environment(self, port: int) -> dict[str, str]:
        """Return what a process is told."""
        admin = self.stack.postgres_admin_dsn
        host = urlsplit(admin).netloc.rpartition("@")[2]
        own = {
            "DATABASE_DSN": f"postgresql://{self.name}_app:a@{host}/{self.name}",
            "RELAY_DSN": f"postgresql://{self.name}_relay:r@{host}/{self.name}",
            "DATABASE_ADMIN_DSN": admin,
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.kafka_bootstrap,
            "HTTP_PORT": str(port),
            "ISSUER_URL": "http://127.0.0.1:1",
            "CLIENT_SECRET": "s",
            "VAULT_MASTER_KEY": b64encode(bytes(32)).decode(),
            "LEDGER_FOLDER": str(self.folder / "ledger"),
            "SIMULATED_TIME": "true",
            "STALLED_AFTER_MS": "1000",
            "SHUTDOWN_GRACE_MS": "3000",
            **self.more,
        }
        return {
            **bare_environment(),
            "PYTHONPATH": str(CHECKOUT),
            "SIGILL_CLOCK": str(self.clock),
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
            **{f"{self.name.upper()}_{key}": value for key, value in own.items()},
        }

    def set_clock(self, at: datetime) -> None:
        """Let it be ``at`` everywhere."""
        set_clock(self.clock, at)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a role or an operator's command that ends by itself."""
        out, error = (self.folder / f"{words[0]}.{new_id()}.{end}" for end in ("out", "err"))
        process = self._start(words, self.environment(1), out, error)
        try:
            code = process.wait(120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, code, out.read_text(), error.read_text())

    def _start(
        self, words: Sequence[str], env: Mapping[str, str], out: Path, error: Path
    ) -> Forked | subprocess.Popen[str]:
        """Start the service with ``words``; it writes at the ends of the files."""
        if not self.cold:
            return forked(self.module, *words, env=env, cwd=CHECKOUT, out=out, error=error)
        with out.open("a") as said, error.open("a") as complained:
            return subprocess.Popen(  # noqa: S603 -- our own program
                (sys.executable, "-m", self.module, *words),
                env=dict(env),
                cwd=CHECKOUT,
                stdout=said,
                stderr=complained,
                text=True,
            )

    def settings(self) -> ServiceSettings:
        """Return the settings of the service, as a process of it would read them."""
        with pytest.MonkeyPatch.context() as environment:
            for name, value in self.environment(1).items():
                environment.setenv(name, value)
            found: ServiceSettings = import_module(self.module).service.settings()
        return found

    def migrate(self) -> None:
        """Do here what the role ``migrate`` does: a process of its own would load everything again."""
        asyncio.run(migrate(import_module(self.module).service, self.settings()))

    @contextmanager
    def running(self, role: str, **more: str) -> Iterator[Running]:
        """Start a role that goes on; end it afterwards, whatever became of it."""
        (port,) = free_ports(1)
        prefix, log = self.name.upper(), self.folder / f"{role}.log"
        told = {f"{prefix}_{key.upper()}": value for key, value in more.items()}
        told[f"{prefix}_HEALTH_PORT"] = str(port)
        process = self._start((role,), self.environment(port) | told, log, log)
        try:
            yield Running(process, f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait(10)

    def log(self, role: str) -> str:
        """Return what the processes of ``role`` said."""
        return (self.folder / f"{role}.log").read_text()


def eventually(holds: Callable[[], bool], limit_s: float = 30) -> bool:
    """Return whether ``holds`` came true in time."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return holds()

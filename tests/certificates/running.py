"""The certificates service at work: its own processes over real parts, and what a test does to it."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any

import asyncpg
import httpx2

from deploy.local.house import House
from deploy.local.part import answers_with_ok
from deploy.local.ports import free_ports
from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, inherited_environment
from deploy.local.tokens import sign_in
from shared.clock import set_clock
from shared.kafka import Brokers

PATIENCE_S = 60.0
PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Running:
    """The service, and the parts under it."""

    house: House

    @property
    def brokers(self) -> Brokers:
        """Return how the broker is reached."""
        return Brokers(self.house.stack.kafka_bootstrap)

    @property
    def url(self) -> str:
        """Return the address of its API."""
        return self.house.url("certificates")

    def move_clock(self, at: datetime) -> None:
        """Let it be ``at`` in every process."""
        clock = self.house.stack.settings.clock
        assert clock is not None
        set_clock(clock, at)

    async def database(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the service's own database, as its administrator."""
        dsn = self.house.stack.postgres_admin_dsn.rpartition("/")[0] + "/certificates"
        connection = await asyncpg.connect(dsn)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def positions(self) -> int:
        """Return how much is on record."""
        [row] = await self.database("SELECT pos FROM log.log_head")
        return int(row["pos"])

    def token(self, label: str) -> str:
        """Return an access token of a person."""
        return sign_in(self.house.stack.issuer_url, label, "certificates")

    async def answer(
        self, path: str, *, until: Callable[[httpx2.Response], bool]
    ) -> httpx2.Response:
        """Return the answer at ``path`` as soon as it is as a test wants it."""

        async def asked() -> httpx2.Response | None:
            async with httpx2.AsyncClient(base_url=self.url) as http:
                try:
                    response = await http.get(path)
                except httpx2.TransportError:
                    return None
            return response if until(response) else None

        found: httpx2.Response = await eventually(asked)
        return found

    def command(self, *words: str) -> tuple[int, str]:
        """Return how a command of an operator ended, and what it said."""
        done = subprocess.run(  # noqa: S603 -- our own program
            module("services.certificates.main", *words),
            cwd=CHECKOUT,
            env=inherited_environment() | self.house.environment("certificates"),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stdout

    @contextmanager
    def role(self, name: str) -> Generator[str]:
        """Run one more process of the service in the role ``name``; yield its address."""
        [port] = free_ports(1)
        env = self.house.environment("certificates") | {"CERTIFICATES_HTTP_PORT": str(port)}
        process = subprocess.Popen(  # noqa: S603 -- our own program
            module("services.certificates.main", name),
            cwd=CHECKOUT,
            env=inherited_environment() | env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            give_up_at_s = time.monotonic() + PATIENCE_S
            while not answers_with_ok(f"{url}/readyz"):
                assert time.monotonic() < give_up_at_s
                time.sleep(PAUSE_S)
            yield url
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


async def eventually(asked: Callable[[], Awaitable[Any]]) -> Any:
    """Return what ``asked`` returns as soon as that is something."""
    give_up_at_s = time.monotonic() + PATIENCE_S
    for pause_s in repeat(PAUSE_S):
        if (found := await asked()) not in (None, False, []):
            return found
        assert time.monotonic() < give_up_at_s
        await asyncio.sleep(pause_s)
    raise AssertionError("unreachable")

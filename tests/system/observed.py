"""What a system test looks at: the logs themselves, the mirror, Kafka's offsets, real spans."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import httpx2

from deploy.local.house import House
from deploy.local.processes import module
from deploy.local.settings import CHECKOUT, SERVICES, inherited_environment
from deploy.local.stack import await_answer
from shared.contracts.record import Record, decode
from tests.system.rewinding import begin_anew

COMMAND_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Observed:
    """A running house, looked at from the side."""

    house: House

    async def records(self, service: str) -> list[Record]:
        """Return every record of a service's log, in order of position."""
        return [decode(leaf) for leaf in await self.leaves(service)]

    async def stream(self, service: str, name: str) -> list[Record]:
        """Return the records of one stream, in order of version."""
        return [record for record in await self.records(service) if record.stream == name]

    async def leaves(self, service: str) -> list[bytes]:
        """Return the exact bytes in a service's log, in order of position."""
        rows = await self._fetch(service, "SELECT leaf FROM log.event ORDER BY pos")
        return [row["leaf"] for row in rows]

    async def mirrored(self, service: str) -> list[bytes]:
        """Return the exact bytes that audit holds of a service's log, in order of position."""
        asked = "SELECT leaf FROM audit.mirror WHERE log = $1 ORDER BY position"
        return [row["leaf"] for row in await self._fetch("audit", asked, f"asf/{service}")]

    async def happened(self, case: str) -> list[str]:
        """Return the types of all events of one case over all services, in order of recording."""
        found: list[tuple[Any, int, str]] = []
        for number, service in enumerate(SERVICES):
            found += [
                (record.recorded_at, number, record.type)
                for record in await self.records(service)
                if str(record.correlation_id) == case
            ]
        return [kind for _, _, kind in sorted(found, key=lambda each: each[0])]

    async def access_entries(self, service: str) -> list[dict[str, Any]]:
        """Return what a service's access log holds, oldest first."""
        rows = await self._fetch(service, "SELECT leaf FROM access.event ORDER BY pos")
        return [json.loads(row["leaf"])["data"] for row in rows]

    async def _fetch(self, database: str, statement: str, *values: object) -> list[Any]:
        dsn = self.house.stack.postgres_admin_dsn.rpartition("/")[0] + f"/{database}"
        connection = await asyncpg.connect(dsn)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def rewind(self, service: str) -> None:
        """Stop a service, set all its consumers' offsets to the beginning, and start it again."""
        await asyncio.to_thread(self.house.stack.processes.stop, service)
        await begin_anew(self.house.stack.kafka_bootstrap, service)
        await asyncio.to_thread(self.house.restart, service)

    async def only_answering(self, service: str) -> None:
        """Start a service anew in the role ``api``: it answers, and no timer, view or relay runs.

        ``house.restart`` lets everything run again.
        """
        processes = self.house.stack.processes
        await asyncio.to_thread(processes.stop, service)
        launch = replace(
            self.house._planned(service), argv=module(f"services.{service}.main", "api")
        )
        await asyncio.to_thread(processes.start, service, launch)
        await asyncio.to_thread(await_answer, service, lambda: self.house.ready(service), processes)

    def asked(self, service: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Return what a service's operator command says, run as a process of its own."""
        environment = inherited_environment() | self.house.environment(service)
        environment[f"{service.upper()}_DATABASE_ADMIN_DSN"] = self.house.stack.postgres_admin_dsn
        return subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-m", f"services.{service}.main", *words],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    async def traces(self, service: str, span: str) -> list[list[dict[str, Any]]]:
        """Return the traces that hold a span of that name of ``service``, from the trace viewer."""
        asked = {"serviceName": service, "spanName": span, "lookback": "3600000", "limit": "50"}
        async with httpx2.AsyncClient() as http:
            url = f"{self.house.stack.zipkin_url}/api/v2/traces"
            found: list[list[dict[str, Any]]] = (await http.get(url, params=asked)).json()
            return found

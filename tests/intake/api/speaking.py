"""How tests speak to intake: the same whether it is over memory or for real."""

from datetime import datetime
from typing import Any, Protocol

import httpx2

from services.intake.queries import Lists
from shared.contracts.base import Event
from shared.contracts.record import Record
from shared.contracts.roles import Role
from tests.intake.api.people import LEADER, Who


class Speaking(Protocol):
    """Intake, and a clock in the hands of the test."""

    http: httpx2.AsyncClient
    lists: Lists
    keys: int = 0

    def headers(self, who: Who) -> dict[str, str]:
        """Return the header that says who calls."""
        ...

    async def at(self, when: datetime) -> None:
        """Set the clock."""
        ...

    async def hears(self, event: Event) -> None:
        """Let the policies hear an event of review."""
        ...

    async def react(self) -> None:
        """Return when the policies have heard everything that intake said."""
        ...

    async def run_timers(self) -> None:
        """Return when what is due has been carried out."""
        ...

    async def records(self, *types: str) -> list[Record]:
        """Return the records of these types, or of all, oldest first."""
        ...

    async def get(self, who: Who | None, path: str, **headers: str) -> httpx2.Response:
        """Return the answer to a question."""
        return await self.http.get(path, headers={**(self.headers(who) if who else {}), **headers})

    async def send(
        self,
        who: Who,
        path: str,
        body: Any = None,
        *,
        seen: str | int | None = None,
        key: str | None = None,
        method: str = "POST",
    ) -> httpx2.Response:
        """Return the answer to a command; a ``key`` of ``None`` is a fresh one.

        If-Match holds the version ``seen``, or the ETag of the address ``seen``, or nothing.
        """
        headers = self.headers(who)
        if isinstance(seen, str):
            reader = who if Role.PROJECT_LEADER in who.roles or who.organisation else LEADER
            seen = int((await self.get(reader, seen)).headers["etag"].strip('"'))
        if seen is not None:
            headers |= {"If-Match": f'"{seen}"'}
        self.keys += 1
        headers |= {"Idempotency-Key": f'"{key or self.keys}"'}
        return await self.http.request(method, path, headers=headers, json=body)

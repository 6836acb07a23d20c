"""How the tests read from audit's API: all pages, commands with a key."""

from typing import Any

import httpx2

from tests.audit.api.house import House, client


async def read_pages(http: httpx2.AsyncClient, url: str) -> list[httpx2.Response]:
    """Return every page from ``url`` on."""
    pages: list[httpx2.Response] = []
    following: str | None = url
    while following is not None:
        answer = await http.get(following)
        assert answer.status_code == 200, answer.text
        pages.append(answer)
        following = answer.links.get("next", {}).get("url")
    return pages


async def export(house: House, body: dict[str, Any], *, key: str = "one") -> httpx2.Response:
    """Return what an auditor gets who exports ``body``."""
    return await client(house).post("/v1/exports", json=body, headers={"Idempotency-Key": key})

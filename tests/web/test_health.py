"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Mapping

import httpx2
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.process.door import waiting_room
from shared.web import Check, health
from tests.web.house import House, client


async def good() -> bool:
    """Hold."""
    return True


async def bad() -> bool:
    """Fail."""
    return False


async def broken() -> bool:
    """Break."""
    raise ValueError("secret")


async def stuck() -> bool:
    """Never answer."""
    await asyncio.Event().wait()
    return True


@pytest.mark.parametrize(
    ("checks", "status", "failing"),
    [
        ({}, 200, None),
        ({"database": good}, 200, None),
        ({"relay": bad, "database": good}, 503, ["relay"]),
        ({"relay": broken, "database": bad}, 503, ["database", "relay"]),
        ({"kafka": stuck, "database": good}, 503, ["kafka"]),
    ],
)
async def test_readiness_names_what_is_not_ready(
    checks: Mapping[str, Check],
    status: int,
    failing: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Conventions 1: 503 with names; a check that breaks or hangs is one that does not hold."""
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.02)
    http = client(House(), checks=checks)
    answer = await http.get("/readyz")
    assert answer.status_code == status
    assert answer.json().get("failing") == failing
    assert answer.json()["simulated"] is False
    assert "secret" not in answer.text
    assert (await http.get("/livez")).json() == {"status": "alive", "simulated": False}


async def test_health_needs_no_token_and_leaves_no_trace(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Conventions 1: not authenticated, not traced, not in the document."""
    http = client(House(), checks={"database": good})
    del http.headers["Authorization"]
    assert (await http.get("/readyz")).status_code == 200
    assert (await http.get("/livez")).status_code == 200
    assert (await http.post("/livez")).status_code == 405
    assert recorded_spans.get_finished_spans() == ()
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert not {"/livez", "/readyz"} & paths.keys()


async def test_a_process_that_still_starts_is_not_traced_either(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Conventions 1: the framework's own spans would be named by the path as called."""
    asked = httpx2.ASGITransport(waiting_room())
    async with httpx2.AsyncClient(transport=asked, base_url="http://starting") as http:
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["failing"]) == (503, ["starting"])
        assert (await http.get("/livez")).status_code == 200
        early = await http.get("/v1/applications/850709-9805")
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    assert early.json()["code"] == "temporarily_unavailable"
    assert recorded_spans.get_finished_spans() == ()

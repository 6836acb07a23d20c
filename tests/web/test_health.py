"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Mapping

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

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

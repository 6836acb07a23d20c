"""Whether the process lives, and whether it can do its work. Asked by balancers and people."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from shared.clock import simulated
from shared.telemetry import get_logger

LIVE: Final = "/livez"
READY: Final = "/readyz"
CHECK_TIMEOUT_S: Final = 2.0

Check: TypeAlias = Callable[[], Awaitable[bool]]
"""Return whether one part is as it must be. May raise: then it is not."""

_log = get_logger("web")


def add_health(app: FastAPI, checks: Mapping[str, Check]) -> None:
    """Let ``app`` answer ``/livez`` and ``/readyz``: no token, no trace, not in the OpenAPI page.

    ``/readyz`` is 200 when every check holds, else 503 with the names of those that do not.
    """

    async def live(_: Request) -> Response:
        return _said(200, {"status": "alive"})

    async def ready(_: Request) -> Response:
        failing = await _failing(checks)
        if failing:
            return _said(503, {"status": "not ready", "failing": failing})
        return _said(200, {"status": "ready"})

    app.add_route(LIVE, live, methods=["GET"], include_in_schema=False)
    app.add_route(READY, ready, methods=["GET"], include_in_schema=False)


async def _failing(checks: Mapping[str, Check]) -> list[str]:
    """Return the names of the checks that do not hold, ascending. All are asked at once."""
    async with asyncio.TaskGroup() as group:
        asked = {name: group.create_task(_holds(name, check)) for name, check in checks.items()}
    return sorted(name for name, task in asked.items() if not task.result())


async def _holds(name: str, check: Check) -> bool:
    """Return whether ``check`` holds, within its time."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception as error:  # noqa: BLE001 -- the edge of the process: any failure is "not ready"
        _log.warning("web.check_failed", check=name, exc_info=error)
        return False


def _said(status_code: int, body: dict[str, object]) -> Response:
    """Return the answer; it says whether the clock is the real one."""
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({**body, "simulated": simulated()}, status_code, headers)

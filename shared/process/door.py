"""The HTTP door: open before anything else is, so that whoever asks how we are gets an answer."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.process.loops import cut_off, rest
from shared.web import add_health, bare_app
from shared.web.problem import later, render_problems
from shared.web.server import server


async def _started() -> bool:
    """Return that the process is still starting."""
    return False


def waiting_room() -> FastAPI:
    """Return the application of a process that is not ready to serve: health, and 503."""
    app = bare_app()
    add_health(app, {"starting": _started})

    async def not_yet(_: Request) -> Response:
        raise later("temporarily_unavailable")

    render_problems(app)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app.add_route("/{path:path}", not_yet, methods=methods, include_in_schema=False)
    return app


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


class Door:
    """Serves one application after another at the same address.

    Attributes:
        app: What answers now.
    """

    def __init__(self, *, host: str, port: int, grace_s: float) -> None:
        self.app: ASGIApp = waiting_room()
        described = server(
            cast("FastAPI", self), host=host, port=port, grace_s=max(1, round(grace_s))
        )
        self._server = _Server(described.config)
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Serve until it is closed. Requests under way are finished, within the grace.

        Raises:
            OSError: The address is taken.
        """
        try:
            await self._server.serve()
        except SystemExit as error:
            config = self._server.config
            raise OSError(f"{config.host}:{config.port} cannot be listened to") from error
        else:
            await cut_off(self._server.server_state.tasks)
        finally:
            self._ended.set()

    async def close(self, limit_s: float) -> None:
        """Take no new connection; return when the last request is answered, or time is up."""
        self._server.should_exit = True
        await rest(self._ended, limit_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to what answers now; the server's own life is not the application's."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        while (message := cast("dict[str, Any]", await receive()))["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})

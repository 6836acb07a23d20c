"""Every request is a span and a measurement, and no exception gets past here untold."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import current_trace_id, http_span
from shared.web.problem import Problem, cut_off, render, unexpected

TRACE_ID = b"trace-id"
"""The answer's header that names its trace, for whoever wants to look it up."""


class Observed:
    """Spans each request, names the span by the route's template, and answers for our mistakes."""

    def __init__(self, app: ASGIApp, untraced: Iterable[str] = ()) -> None:
        self.app = app
        self._untraced = frozenset(untraced)
        self._templates: dict[Callable[..., Any], str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        method = scope.get("method", "")
        if method == "HEAD":  # RFC 9110 section 9.3.2: as GET; the server sends no content
            scope = {**scope, "method": "GET"}
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http" or scope["path"] in self._untraced:
            await self.app(scope, receive, send)
        else:
            await self._spanned(method, scope, receive, send)

    async def _spanned(self, method: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, made with ``method``, inside its span."""
        with http_span(
            method, scheme=scope.get("scheme", "http"), headers=scope["headers"]
        ) as exchange:
            trace_id = (current_trace_id() or "").encode()

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    exchange.status_code = message["status"]
                    headers = [*message.get("headers", ()), (b"x-content-type-options", b"nosniff")]
                    if trace_id:
                        headers.append((TRACE_ID, trace_id))
                    message = {**message, "headers": headers}
                await send(message)

            try:
                await self.app(scope, receive, watched)
            except Problem as problem:  # from a stream that was read past the handlers
                if exchange.status_code is not None:
                    raise
                await render(problem)(scope, receive, watched)
            except ClientDisconnect:
                pass  # the caller left in the middle of an upload: there is nobody to answer
            except asyncio.CancelledError:  # the process ends, and its grace is over
                if exchange.status_code is not None:
                    raise
                await render(cut_off(method))(scope, receive, watched)
            except Exception as error:
                exchange.error_type = type(error).__name__
                answer = unexpected(error)
                if exchange.status_code is not None:
                    raise
                await answer(scope, receive, watched)
            finally:
                exchange.route = self._template(scope)

    def _template(self, scope: Scope) -> str | None:
        """Return the template of the route that served; ``None`` when none did."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return None
        if endpoint not in self._templates:
            app: FastAPI = scope["app"]
            for route in iter_route_contexts(app.routes):
                if route.endpoint is not None and route.path_format is not None:
                    self._templates[route.endpoint] = route.path_format
        return self._templates.get(endpoint)

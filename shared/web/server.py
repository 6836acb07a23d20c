"""The HTTP server: uvicorn, with the limits that only a server can keep.

The headers must arrive within ``HEADER_TIMEOUT_S`` of their first byte, or of the connection, and
must not be larger than ``HEADER_BYTES_MAX``; the application never sees those that do not. Nobody
may have more than ``PIPELINED_MAX`` requests wait behind one, or leave an answer unread for longer
than ``READING_TIMEOUT_S``: what waits for them is kept in memory.
"""

from asyncio import BaseTransport, TimerHandle
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.web.codes import CODES
from shared.web.problem import RETRY_AFTER_S, document
from shared.web.strict import HEADER_BYTES_MAX, HEADERS_MAX, PATH_CHARS_MAX

HEADER_TIMEOUT_S: Final = 10.0
KEEP_ALIVE_S: Final = 15
CONNECTIONS_MAX: Final = 2_000
BACKLOG: Final = 512
PIPELINED_MAX: Final = 16
READ_BYTES_MAX: Final = 262_144
"""What the event loop hands over at once; a head may begin anywhere in it."""
READING_TIMEOUT_S: Final = 30.0
QUERY_CHARS_MAX: Final = 8_192
HEAD_BYTES_MAX: Final = HEADER_BYTES_MAX + PATH_CHARS_MAX + QUERY_CHARS_MAX
CLOSING: Final = {"Connection": "close", "X-Content-Type-Options": "nosniff"}


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503 in the form of every no: there are more connections than are served."""
    code = "temporarily_unavailable"
    headers = {**CLOSING, "Retry-After": str(RETRY_AFTER_S)}
    await document(503, code, CODES[code], headers=headers)(scope, receive, send)


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes the connection when the head of a request is late or too large.

    And when too many requests wait in it, or nobody reads what is answered.
    """

    header_timeout_s: float = HEADER_TIMEOUT_S
    reading_timeout_s: float = READING_TIMEOUT_S

    def connection_made(self, transport: BaseTransport) -> None:
        """Start waiting for the first head."""
        super().connection_made(cast("Any", transport))
        self._head_bytes = self._received_bytes = 0
        self._late: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        self._read_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came. The parser keeps a header until its end, and tells of none before."""
        super().data_received(data)
        self._received_bytes += len(data)
        if self._late is not None and self._received_bytes > HEAD_BYTES_MAX + READ_BYTES_MAX:
            self.transport.close()

    def pause_writing(self) -> None:
        """Give up soon: the caller does not read."""
        if self._unread is None:
            self._unread = self.loop.call_later(self.reading_timeout_s, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on: the caller has read."""
        self._read_on()
        super().resume_writing()

    def on_message_begin(self) -> None:
        """Count and time the head that begins."""
        self._head_bytes = self._received_bytes = 0
        if len(self.pipeline) >= PIPELINED_MAX:
            self.transport.close()
        if self._late is None:
            self._wait()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop waiting: the application has its own limits for what follows."""
        self._stop()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say in the form of every no that this is no HTTP; ``msg`` is the parser's, not ours."""
        del msg
        answer = document(400, "request_refused", CODES["request_refused"], headers=CLOSING)
        head = b"".join(b"%b: %b\r\n" % each for each in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (head, bytes(answer.body)))
        self.transport.close()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Begin to answer a request."""
        chosen: Any = busy if app is service_unavailable else app
        super()._start_asgi_task(cycle, chosen)

    def _count(self, size: int) -> None:
        """Close the connection when the head is too large."""
        self._head_bytes += size
        headers: list[Any] = self.headers
        if self._head_bytes > HEAD_BYTES_MAX or len(headers) > HEADERS_MAX:
            self.transport.close()

    def _wait(self) -> None:
        """Close the connection unless the head is complete in time."""
        self._late = self.loop.call_later(self.header_timeout_s, self.transport.close)

    def _stop(self) -> None:
        """Wait no longer."""
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _read_on(self) -> None:
        """Wait no longer for the caller to read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def server(app: ASGIApp, *, host: str, port: int, grace_s: int = 10) -> uvicorn.Server:
    """Return the server of ``app``; ``await server.serve()`` runs it until SIGTERM.

    Logs go where ``telemetry.configure`` sends them; there is no access log, since its lines
    hold addresses as called. ``port`` 0 takes a free one.

    Args:
        app: The service's application.
        host: On which address to listen.
        port: Where to listen.
        grace_s: How long requests under way may still take after SIGTERM.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=ImpatientProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=grace_s,
        )
    )

"""Problem documents (RFC 9457): every no, in one form, from one place.

A document never repeats what the caller sent, and says nothing of the inside.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from shared.auth import IssuerUnreachable, TokenRefused
from shared.contracts.catalogue import NewerVersionError
from shared.decider import Refusal, RefusalKind
from shared.eventlog import CommandReused, LogBusy, OutcomeUnknown, RecordRefused, StreamMoved
from shared.ids import new_id
from shared.telemetry import Metric, current_trace_id, get_logger, measure, note
from shared.web.codes import CODES
from shared.web.validation import Fault, faults

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
REALM: Final = "sigill"
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})

STATUS: Final[Mapping[RefusalKind, int]] = {
    RefusalKind.NOT_FOUND: 404,
    RefusalKind.NOT_PERMITTED: 403,
    RefusalKind.CONFLICT: 409,
    RefusalKind.INCOMPLETE: 409,
}

_log = get_logger("web")


class Problem(Exception):  # noqa: N818 -- an answer about the request, not about a rule
    """The request itself cannot be served.

    Args:
        code: One of ``codes.CODES``.
        detail: One sentence for a person; ``None`` takes the one that stands there.
    """

    def __init__(
        self,
        status_code: int,
        code: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Fault] = (),
    ) -> None:
        self.detail = detail or CODES[code]
        super().__init__(self.detail)
        self.status_code = status_code
        self.code = code
        self.headers = dict(headers or {})
        self.errors = tuple(errors)


class ProblemDocument(BaseModel):
    """RFC 9457: what went wrong, for a program (``code``) and for a person (``detail``).

    Attributes:
        type: Address of a page about the code.
        title: The code in words.
        instance: Names this one occurrence; the same bits as ``trace_id``.
        trace_id: Of the request, 32 hexadecimal digits.
        errors: Where in the request the faults are; ``[]`` unless it is malformed.
    """

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: tuple[Fault, ...] = ()


def document(
    status_code: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Fault] = (),
) -> Response:
    """Return the answer that carries the problem document for ``code``."""
    trace_id = current_trace_id() or new_id().hex
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status_code,
        "detail": detail,
        "instance": UUID(trace_id).urn,
        "code": code,
        "trace_id": trace_id,
        "errors": [fault.model_dump(exclude_none=True) for fault in errors],
    }
    own = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(body, status_code, own, media_type=MEDIA_TYPE)


def render(problem: Problem) -> Response:
    """Return the answer for ``problem``, and put its code on the span."""
    note(problem=problem.code)
    return document(
        problem.status_code,
        problem.code,
        problem.detail,
        headers=problem.headers,
        errors=problem.errors,
    )


def unauthenticated(refused: TokenRefused) -> Problem:
    """RFC 6750 section 3: return the 401 for a token that is missing or proves nothing."""
    challenge = f'Bearer realm="{REALM}"'
    if refused.code != "token_missing":
        challenge += f', error="invalid_token", error_description="{refused.detail}"'
    return Problem(401, refused.code, refused.detail, headers={"WWW-Authenticate": challenge})


def later(code: str, detail: str | None = None) -> Problem:
    """Return the 503 for what may succeed when it is asked again."""
    return Problem(503, code, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def cut_off(method: str) -> Problem:
    """Return the 503 for a request that the end of this process has cut off, in the middle of anything."""
    problem = later("temporarily_unavailable" if method in READING else "outcome_unknown")
    problem.headers["Connection"] = "close"
    return problem


def unexpected(error: BaseException) -> Response:
    """Return the 500: it says nothing of the inside; the log says class and place."""
    _log.error("web.failed", exc_info=error)
    return document(500, "unexpected", CODES["unexpected"])


def problem_of(error: Exception, request: Request) -> Problem:
    """Return what the caller is told about ``error``; one table for all services."""
    match error:
        case Problem():
            return error
        case TokenRefused():
            return unauthenticated(error)
        case StreamMoved():
            return Problem(412 if "if-match" in request.headers else 409, "stream_moved")
        case CommandReused():
            return Problem(422, "idempotency_key_reused")
        case LogBusy():
            return later("log_busy")
        case OutcomeUnknown():
            return later("outcome_unknown")
        case RecordRefused():
            return Problem(409, "record_refused")
        case IssuerUnreachable():
            return later("issuer_unreachable")
        case NewerVersionError():
            _log.error("web.newer_version", why=str(error))
            return later("newer_version")
        case RequestValidationError():
            return Problem(422, "request_malformed", errors=faults(error.errors()))
        case HTTPException():
            return _by_status(error, request)
        case _:  # the world: a database that is away, a neighbour that is slow
            _log.warning("web.dependency_failed", exc_info=error)
            return later("temporarily_unavailable")


def _by_status(error: HTTPException, request: Request) -> Problem:
    """Return the problem for what the framework itself turned down."""
    if error.status_code == METHOD_NOT_ALLOWED:
        return Problem(405, "method_not_allowed", headers={"Allow": _allowed(request)})
    code = "not_found" if error.status_code == NOT_FOUND else "request_refused"
    return Problem(error.status_code, code, headers=error.headers)


def _allowed(request: Request) -> str:
    """RFC 9110 section 10.2.1: return every method that the address knows, of all its routes."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path_format and compile_path(route.path_format)[0].match(request.url.path):
            found |= route.methods or set()
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


ANSWERED: Final[tuple[type[Exception], ...]] = (
    Problem,
    TokenRefused,
    IssuerUnreachable,
    StreamMoved,
    CommandReused,
    LogBusy,
    OutcomeUnknown,
    RecordRefused,
    NewerVersionError,
    RequestValidationError,
    HTTPException,
    OSError,  # TimeoutError and ConnectionError among them
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InterfaceError,  # a connection that was closed under the question
    asyncpg.InternalClientError,
)


def render_problems(app: FastAPI) -> None:
    """Make ``app`` answer every refusal, problem, lost race and outage with a document."""

    async def refused(_: Request, no: Exception) -> Response:
        assert isinstance(no, Refusal)
        note(code=no.code)
        measure(Metric.REFUSALS, 1, code=no.code)
        return document(STATUS[no.kind], no.code, no.detail)

    async def answered(request: Request, error: Exception) -> Response:
        if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
            raise error  # arguments of a query that cannot be sent: our mistake
        return render(problem_of(error, request))

    app.add_exception_handler(Refusal, refused)
    for kind in ANSWERED:
        app.add_exception_handler(kind, answered)

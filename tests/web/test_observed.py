"""Every request is a span named by its template; refusals are counted; errors stay inside."""

import json

import httpx2
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from shared.auth import PUBLIC
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.telemetry import span
from shared.web import Caller, create_app
from tests.auth.issuer import claims, token
from tests.telemetry.recorded import points
from tests.web.asking import ask, chunks
from tests.web.house import CASE, NOTE, House, application, client

CHANGE = f"/v1/notes/{NOTE}/cases/{CASE}"
GOOD = {"text": "A note."}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PRIVATE = "8507099805"


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    """Return the one span that has ended."""
    (found,) = exporter.get_finished_spans()
    return found


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [
        ("GET", f"/v1/notes/{NOTE}?x={PRIVATE}", "GET /v1/notes/{note_id}", 200),
        ("GET", f"/v1/notes/{PRIVATE}", "GET /v1/notes/{note_id}", 422),
        ("PUT", CHANGE, "PUT /v1/notes/{note_id}/cases/{application_id}", 428),
        ("GET", f"/v1/hello/{PRIVATE}", "GET /v1/hello/{name}", 200),
        ("GET", "/docs", "GET /docs", 200),
        ("GET", "/problems/log_busy", "GET /problems/{code}", 200),
        ("DELETE", "/v1/notes", "DELETE /v1/notes", 405),
        ("GET", f"/v1/{PRIVATE}", "GET", 404),
        ("GET", f"/v1/notes/%00{PRIVATE}", "GET", 400),
    ],
)
async def test_a_request_is_named_by_the_template_of_its_route(
    recorded_spans: InMemorySpanExporter, method: str, path: str, name: str, status: int
) -> None:
    """Conventions 4: routers inside routers keep their template; nothing of the address is kept."""
    content = json.dumps(GOOD) if method == "PUT" else None
    kind = {"Content-Type": "application/json"} if content else {}
    answer = await client(House()).request(method, path, content=content, headers=kind)
    found = only(recorded_spans)
    assert (answer.status_code, found.name) == (status, name)
    assert (found.attributes or {})["http.response.status_code"] == status
    assert PRIVATE not in found.to_json()


async def test_the_answer_and_the_problem_name_the_callers_trace(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """RFC 9457, W3C Trace Context: whoever asks for help names the trace."""
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = await client(House()).get("/v1/nothing", headers=headers)
    assert answer.headers["trace-id"] == answer.json()["trace_id"] == TRACE
    found = only(recorded_spans)
    assert found.context is not None
    assert f"{found.context.trace_id:032x}" == TRACE
    assert (found.attributes or {})["asf.problem"] == "not_found"


async def test_a_command_puts_its_role_and_case_on_the_span(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Conventions 4: found by case; and the work inside belongs to the request."""

    async def act(_: Caller) -> None:
        with span("note.append"):
            pass

    headers = {"If-Match": '"3"'}
    await client(House(act=act)).put(CHANGE, json=GOOD, headers=headers)
    inner, outer = recorded_spans.get_finished_spans()
    assert inner.parent is not None
    assert outer.context is not None
    assert inner.parent.span_id == outer.context.span_id
    attributes = dict(outer.attributes or {})
    assert (attributes["asf.role"], attributes["asf.case"]) == ("reviewer", str(CASE))


async def test_a_refusal_is_counted_by_its_code_and_never_logged(
    recorded_spans: InMemorySpanExporter, recorded_metrics: InMemoryMetricReader
) -> None:
    """Style 7: counted by code, an attribute on the span, never logged as an error."""

    async def act(_: Caller) -> None:
        raise Refusal(RefusalKind.CONFLICT, "note_shut_by_test", "It is shut.")

    with capture_logs() as entries:
        for _ in range(2):
            await client(House(act=act)).post("/v1/notes", json=GOOD)
    having = {"asf.refusal": "note_shut_by_test"}
    (point,) = points(recorded_metrics, "asf.refusals", having)
    assert isinstance(point, NumberDataPoint)
    assert point.value == 2
    first, second = recorded_spans.get_finished_spans()
    for found in (first, second):
        assert (found.attributes or {})["asf.refusal"] == "note_shut_by_test"
        assert found.status.status_code is StatusCode.UNSET
    assert entries == []


async def test_requests_are_measured_by_template(
    recorded_metrics: InMemoryMetricReader,
) -> None:
    """HTTP conventions: ``http.server.request.duration``; no address as called among them."""
    await client(House()).get(f"/v1/notes/{NOTE}")
    having = {"http.route": "/v1/notes/{note_id}", "http.request.method": "GET"}
    assert points(recorded_metrics, "http.server.request.duration", having)
    for point in points(recorded_metrics, "http.server.request.duration"):
        assert str(NOTE) not in str(point.attributes)


async def test_an_error_of_ours_is_told_in_the_log_by_class_and_place(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """Style 7: 500 tells nothing of the inside; the log tells nothing of the person."""

    async def act(_: Caller) -> None:
        raise LookupError(PRIVATE)

    with capture_logs() as entries:
        answer = await client(House(act=act)).post("/v1/notes", json=GOOD)
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith("Something went wrong here.")
    assert [(entry["event"], entry["log_level"]) for entry in entries] == [("web.failed", "error")]
    found = only(recorded_spans)
    assert (found.attributes or {})["error.type"] == "LookupError"
    assert found.status.status_code is StatusCode.ERROR
    assert PRIVATE not in found.to_json() + answer.text


async def test_an_answer_of_the_wrong_form_is_an_error_of_ours() -> None:
    """House: what leaves is checked as well; a broken answer is a 500, and shows nothing."""
    router = APIRouter()

    @router.get("/broken")
    async def answer_wrongly() -> int:
        return f"no number: {PRIVATE}"  # type: ignore[return-value]

    app = create_app("Broken", routers=[router], operations={"answer_wrongly": PUBLIC})
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://broken")
    with capture_logs() as entries:
        answer = await http.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert PRIVATE not in answer.text
    assert entries[0]["event"] == "web.failed"


async def test_answers_may_not_be_sniffed() -> None:
    """OWASP: JSON is never taken for a page."""
    http = client(House())
    for path in ("/v1/hello/you", "/v1/nothing", "/docs"):
        assert (await http.get(path)).headers["x-content-type-options"] == "nosniff"


async def test_a_websocket_is_closed_at_once() -> None:
    """House: this service speaks plain HTTP only."""
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message["type"])

    scope = {"type": "websocket", "path": "/v1/notes", "headers": [], "query_string": b""}
    await application(House())(scope, receive, send)
    assert sent == ["websocket.close"]


async def test_a_method_nobody_knows_is_named_other(
    recorded_spans: InMemorySpanExporter,
) -> None:
    """HTTP conventions: ``_OTHER``, so that nobody can fill the names of spans."""
    answer = await ask(application(House()), chunks(b""), method=PRIVATE, path="/v1/notes")
    assert answer is not None
    found = only(recorded_spans)
    assert found.name == "HTTP /v1/notes"
    assert (found.attributes or {})["http.request.method"] == "_OTHER"


async def test_a_token_is_in_no_span_and_no_log(recorded_spans: InMemorySpanExporter) -> None:
    """House: secrets least of all."""
    secret = token(claims(Role.AUDITOR))
    with capture_logs() as entries:
        await client(House()).post(
            "/v1/notes", json=GOOD, headers={"Authorization": f"Bearer {secret}"}
        )
    assert secret not in only(recorded_spans).to_json() + str(entries)

"""Every no is a problem document: one mapping for all services, and nothing of the inside."""

from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions._base import DataError

from shared.contracts.catalogue import NewerVersionError
from shared.decider import Refusal, RefusalKind
from shared.eventlog import CommandReused, LogBusy, OutcomeUnknown, RecordRefused, StreamMoved
from shared.web import Caller
from tests.web.house import CASE, NOTE, House, client

CHANGE = f"/v1/notes/{NOTE}/cases/{CASE}"
GOOD = {"text": "A note."}


def failing(error: Exception) -> House:
    """Return a house whose commands end in ``error``."""

    async def act(_: Caller) -> None:
        raise error

    return House(act=act)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (RefusalKind.NOT_FOUND, 404),
        (RefusalKind.NOT_PERMITTED, 403),
        (RefusalKind.CONFLICT, 409),
        (RefusalKind.INCOMPLETE, 409),
    ],
)
async def test_a_refusal_becomes_a_problem_document(kind: RefusalKind, status: int) -> None:
    """RFC 9457: kind to status, code to type; the detail is the rule's own sentence."""
    http = client(failing(Refusal(kind, "note_closed", "The note is closed.")))
    answer = await http.post("/v1/notes", json=GOOD)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body == {
        "type": "/problems/note_closed",
        "title": "Note closed",
        "status": status,
        "detail": "The note is closed.",
        "code": "note_closed",
        "instance": UUID(body["trace_id"]).urn,
        "trace_id": body["trace_id"],
        "errors": [],
    }


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (StreamMoved("x"), 409, "stream_moved", False),
        (CommandReused(), 422, "idempotency_key_reused", False),
        (LogBusy(), 503, "log_busy", True),
        (OutcomeUnknown(), 503, "outcome_unknown", True),
        (RecordRefused("secret"), 409, "record_refused", False),
        (NewerVersionError("secret"), 503, "newer_version", True),
        (TimeoutError("secret"), 503, "temporarily_unavailable", True),
        (ConnectionResetError("secret"), 503, "temporarily_unavailable", True),
        (asyncpg.InterfaceError("secret"), 503, "temporarily_unavailable", True),
        (asyncpg.InternalClientError("secret"), 503, "temporarily_unavailable", True),
        (asyncpg.DiskFullError("secret"), 503, "temporarily_unavailable", True),
        (asyncpg.PostgresIOError("secret"), 503, "temporarily_unavailable", True),
        (DataError("secret"), 500, "unexpected", False),
        (ValueError("secret"), 500, "unexpected", False),
        (AssertionError("secret"), 500, "unexpected", False),
    ],
)
async def test_what_the_log_and_the_world_say_has_its_status(
    error: Exception, status: int, code: str, retry: bool
) -> None:
    """Conventions 1: 503 says when to ask again; no document says anything of the inside."""
    answer = await client(failing(error)).post("/v1/notes", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) is retry
    assert "secret" not in answer.text


async def test_a_caller_who_named_a_version_hears_that_it_is_stale() -> None:
    """RFC 9110: 412 when If-Match named the version; 409 is for those who named none."""
    http = client(failing(StreamMoved("note")))
    answer = await http.put(CHANGE, json=GOOD, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "stream_moved")

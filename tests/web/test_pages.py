"""The OpenAPI document and the pages made from it: valid, complete, and without any CDN."""

import re
from typing import Any

import pytest
from fastapi import APIRouter
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.auth import PUBLIC
from shared.web import Meaning, create_app, problems
from shared.web.codes import CODES
from shared.web.openapi import CODES_KEY, operations_in
from tests.web.house import OPERATIONS, House, client, made


def document() -> dict[str, Any]:
    """Return the document of the small service."""
    return made().openapi()


def test_the_document_is_valid_openapi_3_1() -> None:
    """Conventions 1: OpenAPI 3.1, validated by somebody else's validator."""
    found = document()
    assert found["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(found).validate()
    assert made().openapi() == found


def test_operations_are_named_as_in_the_code_and_the_table() -> None:
    """SOD-15: one name for the function, the table and the document."""
    found = {operation["operationId"]: operation for _, _, operation in operations_in(document())}
    assert found.keys() == OPERATIONS.keys()
    assert found["write_note"]["x-roles"] == ["supervisor", "reviewer"]
    assert found["write_note"]["security"] == [{"token": []}]
    assert "security" not in found["say_hello"]
    headers = {
        name: [each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"]
        for name, operation in found.items()
    }
    assert headers["write_note"] == ["Idempotency-Key", "On-Behalf-Of"]
    assert headers["change_note"] == ["If-Match", "Idempotency-Key", "On-Behalf-Of"]
    assert headers["read_note"] == ["If-None-Match", "On-Behalf-Of"]
    assert headers["say_hello"] == ["Accept-Language"]


def test_every_operation_says_which_problems_it_may_answer_with() -> None:
    """Style 1.5: refusals declared on the route, so that generated clients know them."""
    found = {operation["operationId"]: operation for _, _, operation in operations_in(document())}
    for operation in found.values():
        for status in ("4XX", "5XX"):
            content = operation["responses"][status]["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert "422" not in operation["responses"]
    change = found["change_note"]["responses"]["4XX"]
    expected = {"note_closed", "if_match_required", "stream_moved", "role_may_not_act"}
    assert expected <= {*change[CODES_KEY]}
    assert all(code in change["description"] for code in expected)
    hello = {*found["say_hello"]["responses"]["4XX"][CODES_KEY]}
    assert not {"token_missing", "role_may_not_act", "if_match_required"} & hello


def test_a_problem_is_described_as_it_is_answered() -> None:
    """RFC 9457: a client made from the document reads every problem."""
    schemas = document()["components"]["schemas"]
    assert {"type", "title", "status", "detail", "instance", "code", "trace_id"} <= {
        *schemas["Problem"]["required"]
    }
    assert "HTTPValidationError" not in schemas


async def test_the_pages_load_nothing_from_anywhere() -> None:
    """Conventions 1: docs pages served without any CDN, and without any script."""
    http = client(House())
    del http.headers["Authorization"]
    for path in ("/docs", "/problems", "/problems/stream_moved"):
        answer = await http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert not re.search(r"<script|<link|<img|@import|url\(|https?://", answer.text)
    docs = (await http.get("/docs")).text
    for name in OPERATIONS:
        assert f'id="{name}"' in docs
    assert "Write a note." in docs


@pytest.mark.parametrize("code", [*CODES, "note_closed", "note_exists"])
async def test_the_type_of_every_problem_can_be_looked_up(code: str) -> None:
    """RFC 9457 section 3.1.1: ``type`` is resolvable, for a program and for a person."""
    http = client(House())
    answer = await http.get(f"/problems/{code}")
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert answer.json()["meaning"]
    page = await http.get(f"/problems/{code}", headers={"Accept": "text/html"})
    assert f"<code>{code}</code>" in page.text


async def test_the_page_of_a_code_says_what_it_means_by_which_rules_and_where() -> None:
    """RFC 9457 section 3.1.1: whoever follows ``type`` reads there what the list of codes says."""
    http = client(House())
    about = (await http.get("/problems/note_closed")).json()
    assert about["meaning"] == "The note takes no <changes> any more."
    assert about["rules"] == ["GEN-4", "WSP-5"]
    assert about["given_by"] == ["PUT /v1/notes/{note_id}/cases/{application_id}"]
    page = (await http.get("/problems/note_closed", headers={"Accept": "text/html"})).text
    assert "The note takes no &lt;changes&gt; any more." in page
    assert "A rule says no: GEN-4, WSP-5." in page
    assert 'href="/docs#change_note"' in page
    every = (await http.get("/problems", headers={"Accept": "text/html"})).text
    assert "GEN-4, WSP-5" in every
    assert "The note takes no &lt;changes&gt; any more." in every


@pytest.mark.parametrize("code", ["note_exists", "stream_moved"])
async def test_what_no_rule_says_is_not_said_to_be_a_rule(code: str) -> None:
    """House: an empty file or a missing note is no rule's no."""
    http = client(House())
    about = (await http.get(f"/problems/{code}")).json()
    assert about["rules"] == []
    assert about["given_by"]
    page = await http.get(f"/problems/{code}", headers={"Accept": "text/html"})
    assert "rule" not in page.text.lower()


def test_a_code_without_a_meaning_is_told_when_the_document_is_made() -> None:
    """RFC 9457: nobody is sent to a page that explains nothing."""
    router = APIRouter()

    @router.get("/v1/things", responses=problems("thing_lost", "thing_found"))
    async def list_things() -> None:
        """Return things."""

    known = {"thing_found": Meaning.of("It is here.")}
    app = create_app("Things", routers=[router], operations={"list_things": PUBLIC}, meanings=known)
    with pytest.raises(ValueError, match=r"^codes without a meaning: thing_lost$"):
        app.openapi()


@pytest.mark.parametrize("code", ["unheard_of", "<script>", "%3Cscript%3E", "a/b"])
async def test_a_code_nobody_gives_is_not_found(code: str) -> None:
    """House: a page says nothing that was not asked by us; nothing of the address is repeated."""
    answer = await client(House()).get(f"/problems/{code}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "script" not in answer.text


def test_the_codes_of_the_edge_are_told_apart_by_their_sentences() -> None:
    """Style 4: snake_case, states the obstacle; one sentence each."""
    assert len({*CODES.values()}) == len(CODES)
    for code, sentence in CODES.items():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code)
        assert sentence.endswith(".")
    assert [*CODES] == sorted(CODES)

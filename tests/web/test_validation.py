"""Malformed requests: where the fault is, and nothing of what was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.validation import FAULTS_MAX, faults
from tests.web.house import NOTE, House, client

PRIVATE = "8507099805"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "#/text", "missing"),
        ({"text": 7}, "#/text", "string_type"),
        ({"text": "x"}, "#/text", "string_too_short"),
        ({"text": PRIVATE * 11}, "#/text", "string_too_long"),
        ({"text": "ok", "weight": PRIVATE + "x"}, "#/weight", "int_parsing"),
        ({"text": "ok", "weight": 1.5}, "#/weight", "int_from_float"),
        ({"text": "ok", PRIVATE: 1}, "#", "extra_forbidden"),
        ({"text": "ok", "reviewer_id": PRIVATE}, "#", "extra_forbidden"),
        ([PRIVATE], "#", "model_attributes_type"),
        (PRIVATE, "#", "model_attributes_type"),
        (None, "#", "missing"),
    ],
)
async def test_a_body_of_the_wrong_form_is_told_where_it_is_wrong(
    body: Any, pointer: str, code: str
) -> None:
    """RFC 6901 pointers; 422 does not echo the input, not even the name of an unknown field."""
    house = House()
    answer = await client(house).post("/v1/notes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)
    assert PRIVATE not in answer.text
    assert house.heard == []


async def test_no_body_at_all_is_malformed_too() -> None:
    """House: a command without what it needs."""
    answer = await client(House()).post("/v1/notes")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")


async def test_an_address_with_a_malformed_id_is_told_by_its_name() -> None:
    """House: the path's part is named, its content is not."""
    answer = await client(House()).get(f"/v1/notes/{PRIVATE}")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault == {
        "detail": "An identifier (UUID) is expected.",
        "code": "uuid_parsing",
        "parameter": "path note_id",
    }
    assert PRIVATE not in answer.text


async def test_several_faults_are_told_at_once() -> None:
    """House: a person with a deadline mends them all in one go."""
    answer = await client(House()).post("/v1/notes", json={"text": "", "weight": "x", "who": 1})
    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert pointers == {"#/text", "#/weight", "#"}


@pytest.mark.parametrize(
    ("error", "detail", "pointer"),
    [
        (
            {"type": "organisation_wrong", "loc": ("body", "number"), "msg": "A check digit."},
            "A check digit.",
            "#/number",
        ),
        (
            {"type": "value_error", "loc": ("body", "x"), "msg": f"Value error, {PRIVATE}"},
            "The value is not valid here.",
            "#/x",
        ),
        (
            {"type": "enum", "loc": ("body", "a", 3), "ctx": {"expected": "'x' or 'y'"}},
            "One of these is expected: 'x' or 'y'.",
            "#/a/3",
        ),
        (
            {"type": "union_tag_invalid", "loc": ("body",), "msg": f"Input tag '{PRIVATE}'"},
            "The value is not valid here.",
            "#",
        ),
        (
            {"type": "enum", "loc": ("body", "answers", PRIVATE, "[key]"), "ctx": {}},
            "The value is not valid here.",
            "#/answers",
        ),
        (
            {"type": "missing", "loc": ("body", "answers", PRIVATE, "text")},
            "This is required.",
            "#/answers",
        ),
        ({"type": "missing", "loc": ()}, "This is required.", "#"),
    ],
)
def test_only_our_own_words_are_passed_on(error: Any, detail: str, pointer: str) -> None:
    """Conventions 1: a library's message may quote the input; a validator of ours may speak."""
    (fault,) = faults([error])
    assert (fault.detail, fault.pointer) == (detail, pointer)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "type": st.text(max_size=10) | st.sampled_from(["missing", "enum", "too_long"]),
                "loc": st.lists(st.text(max_size=5) | st.integers(0, 9), max_size=4).map(tuple),
            },
            optional={"msg": st.text(max_size=5), "ctx": st.none() | st.just({"gt": 1})},
        ),
        max_size=60,
    )
)
def test_whatever_a_validator_says_there_is_an_answer(errors: list[dict[str, Any]]) -> None:
    """House: total, and bounded."""
    assert len(faults(errors)) == min(len(errors), FAULTS_MAX)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/notes/", 404, "not_found"),
        ("GET", f"/v1/notes/{NOTE}/", 404, "not_found"),
        ("DELETE", "/v1/notes", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/notes", 405, "method_not_allowed"),
        ("BREW", "/v1/notes", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    method: str, path: str, status: int, code: str
) -> None:
    """RFC 9457: every no has one form; 405 says what the address does know."""
    answer = await client(House()).request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("allow") == ("GET, HEAD, POST" if status == 405 else None)


async def test_whoever_asks_for_the_head_alone_gets_the_head_of_the_answer() -> None:
    """RFC 9110 section 9.3.2: HEAD is GET without content, also for problems and health."""
    http = client(House(), checks={})
    for path in (f"/v1/notes/{NOTE}", "/v1/notes/x", "/v1/hello/you", "/v1/nothing", "/livez"):
        head, whole = await http.head(path), await http.get(path)
        assert head.status_code == whole.status_code
        kept = {"etag", "content-type", "cache-control", "log-position"}
        assert {n: head.headers.get(n) for n in kept} == {n: whole.headers.get(n) for n in kept}

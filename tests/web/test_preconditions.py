"""Which version the caller saw, and which there is now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web import Problem, if_match, if_none_match
from tests.web.house import CASE, NOTE, House, client

GOOD = {"text": "A note."}
CHANGE = f"/v1/notes/{NOTE}/cases/{CASE}"
READ = f"/v1/notes/{NOTE}"


async def test_a_created_resource_says_where_it_is_which_version_and_which_position() -> None:
    """Conventions 1: 201 + Location + ETag + Log-Position."""
    answer = await client(House()).post("/v1/notes", json=GOOD)
    assert (answer.status_code, answer.json()) == (201, {"text": "A note."})
    assert answer.headers["location"] == READ
    assert (answer.headers["etag"], answer.headers["log-position"]) == ('"1"', "41")


@pytest.mark.parametrize(
    ("value", "status", "code"),
    [
        (None, 428, "if_match_required"),
        ("", 400, "if_match_malformed"),
        ("3", 400, "if_match_malformed"),
        ("*", 400, "if_match_malformed"),
        ('W/"3"', 400, "if_match_malformed"),
        ('"3", "4"', 400, "if_match_malformed"),
        ('"-1"', 400, "if_match_malformed"),
        ('"\u0663"', 400, "if_match_malformed"),
        ('"1234567890123456789"', 400, "if_match_malformed"),
        ('"3" ', 400, "if_match_malformed"),  # a server takes outer spaces away before
        ('"0"', 200, None),
    ],
)
async def test_a_caller_must_have_seen_what_they_change(
    value: str | None, status: int, code: str | None
) -> None:
    """RFC 9110, RFC 6585: 428 names no version, 400 none of ours."""
    house = House()
    headers = {} if value is None else {b"If-Match": value.encode()}
    answer = await client(house).put(CHANGE, json=GOOD, headers=headers)
    assert answer.status_code == status
    assert (answer.json() or {}).get("code") == code
    assert bool(house.heard) is (status == 200)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (None, 200),
        ('"2"', 200),
        ('"33"', 200),
        ('W/"2"', 200),
        ('"3"', 304),
        ('W/"3"', 304),
        ('"1", "3"', 304),
        ('"x" , W/"3"', 304),
        ("*", 304),
        ("3", 400),
        ('"3', 400),
        ('"1" "3"', 400),
        ('"3",', 400),
        ("x" * 2_000, 400),
        ('"a", ' * 200 + '"b"', 200),
        ('"a", ' * 300 + '"b"', 400),
    ],
)
async def test_who_has_the_version_already_is_not_sent_it_again(
    value: str | None, status: int
) -> None:
    """RFC 9110 section 13.1.2: weak comparison; 304 carries the tag and no body."""
    headers = {} if value is None else {"If-None-Match": value}
    answer = await client(House(version=3)).get(READ, headers=headers)
    assert answer.status_code == status
    if status != 400:
        assert answer.headers["etag"] == '"3"'
        assert answer.headers["cache-control"] == "private, no-cache"
    if status == 304:
        assert answer.content == b""


@given(st.text(max_size=40))
def test_no_header_breaks_the_reading_of_versions(text: str) -> None:
    """House: whatever stands there, the answer is a version or a problem."""
    for read in (if_match, if_none_match):
        try:
            read(text)
        except Problem as problem:
            code = problem.status_code
        else:
            code = 400
        assert code == 400

"""The caller's key: required on every command, scoped to its actor, in one of two spellings."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web import Problem
from shared.web.idempotency import command_id, digest, parse_key
from tests.web.house import House, client

GOOD = {"text": "A note."}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"abc"', "abc"),
        ("abc", "abc"),
        ("  abc  ", "abc"),
        (r'"a\"b\\c"', 'a"b\\c'),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("~" * 255, "~" * 255),
        (f'"{"k" * 255}"', "k" * 255),
    ],
)
def test_a_key_is_a_quoted_string_or_bare(value: str, key: str) -> None:
    """IETF draft, Idempotency-Key: a structured string; the bare spelling is one key with it."""
    assert parse_key(value) == key


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_missing"),
        ("   ", "idempotency_key_missing"),
        ('""', "idempotency_key_malformed"),
        ('"', "idempotency_key_malformed"),
        ('"a', "idempotency_key_malformed"),
        ('"a"b', "idempotency_key_malformed"),
        (r'"a\x"', "idempotency_key_malformed"),
        ("two words", "idempotency_key_malformed"),
        ('"two words"', "idempotency_key_malformed"),
        ("a\tb", "idempotency_key_malformed"),
        ("\u00e5", "idempotency_key_malformed"),
        ("a\u00a0", "idempotency_key_malformed"),
        ("k" * 256, "idempotency_key_malformed"),
    ],
)
def test_anything_else_is_no_key(value: str | None, code: str) -> None:
    """Conventions 1: 400 where it is missing; 1 to 255 visible ASCII characters."""
    with pytest.raises(Problem) as problem:
        parse_key(value)
    assert (problem.value.status_code, problem.value.code) == (400, code)


async def test_every_command_needs_a_key() -> None:
    """Conventions 1: retries are safe, or they are not offered."""
    house = House()
    http = client(house)
    del http.headers["Idempotency-Key"]
    answer = await http.post("/v1/notes", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert house.heard == []


@given(st.uuids(), st.uuids(), st.text(min_size=1), st.text(min_size=1))
def test_a_key_counts_for_its_own_actor_only(
    one: UUID, other: UUID, key: str, another: str
) -> None:
    """Conventions 1: keys are scoped to the actor."""
    assert command_id(one, key) == command_id(one, key)
    assert (command_id(one, key) == command_id(other, another)) is ((one, key) == (other, another))


def test_a_digest_knows_where_one_part_ends_and_the_next_begins() -> None:
    """House: what is told apart by people is told apart by the digest."""
    found = {
        digest("POST", "/a", b"b"),
        digest("POST", "/ab", b""),
        digest("POS", "T/a", b"b"),
        digest("PUT", "/a", b"b"),
    }
    assert len(found) == 4

"""JSON as strictly as it can be read, as laws over any JSON there is."""

import json
import unicodedata
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from shared.web import Problem
from shared.web.json_text import checked_json

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = st.none() | st.booleans() | INTEGERS | TEXTS | st.floats(allow_nan=False, width=32)
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def in_nfc(value: Any) -> Any:
    """Return ``value`` with its texts in NFC; of keys that become one, the last wins."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case dict():
            return {in_nfc(key): in_nfc(each) for key, each in value.items()}
        case list():
            return [in_nfc(each) for each in value]
        case _:
            return value


def read(body: bytes) -> bytes | str:
    """Return ``body`` as the front hands it on, or the code of the 400 that it gets."""
    try:
        return checked_json(body)
    except Problem as problem:
        return f"{problem.code}" if problem.status_code == 400 else f"{problem.status_code}?"


@given(VALUES, st.booleans())
def test_good_json_keeps_its_meaning_and_gets_its_texts_in_nfc(value: Any, escaped: bool) -> None:
    """Conventions 1: text normalised to NFC; a second reader (orjson) reads the same."""
    body = json.dumps(value, ensure_ascii=escaped).encode()
    checked = read(body)
    if checked in {"json_duplicate_key", "json_too_deep"}:
        return
    assert isinstance(checked, bytes), checked
    assert json.loads(checked) == in_nfc(value)
    assert orjson.loads(checked) == in_nfc(value)
    assert checked_json(checked) == checked
    if in_nfc(value) == value:
        assert checked == body


@given(st.binary(max_size=200))
def test_whatever_bytes_arrive_the_answer_is_json_or_a_problem(body: bytes) -> None:
    """House: no bytes lead to an error of ours."""
    checked = read(body)
    if isinstance(checked, bytes):
        orjson.loads(checked)


@given(st.text('[]{}",:\\u0d8eE+-.1 NaInfity', max_size=60))
def test_whatever_looks_like_json_is_read_as_another_reader_reads_it(text: str) -> None:
    """RFC 7493: one text has one meaning for every reader."""
    checked = read(text.encode())
    if isinstance(checked, bytes):
        assert orjson.loads(checked) == json.loads(text)

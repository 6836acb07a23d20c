"""The strict front: what cannot be meant well changes nothing and gets a clear document."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.web.openapi import CODES_KEY, operations_in
from shared.web.strict import LINGER_BYTES_MAX
from tests.web.asking import JSON, Answered, ask, chunks
from tests.web.house import CASE, FILE_BYTES_MAX, LIMITS, NOTE, House, application

ROOT = Path(__file__).parents[2]
GOOD = b'{"text": "A note."}'
FILE = f"/v1/notes/{NOTE}/file"
LARGE = b'{"text": "' + b"x" * LIMITS.body_bytes_max + b'"}'


async def post(house: House, *parts: bytes, **more: Any) -> Answered:
    """Return the answer to a command whose body comes in ``parts``."""
    answer = await ask(application(house), chunks(*parts), **more)
    assert answer is not None
    return answer


async def test_a_good_body_passes_in_one_piece_or_in_many() -> None:
    """House: the front reads the body whole; the framework finds it whole."""
    house = House()
    assert (await post(house, GOOD)).status == 201
    assert (await post(house, *(bytes([byte]) for byte in GOOD), b"")).status == 201
    assert house.texts == ["A note."] * 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json_malformed"),
        (b'{"text": "A note."} x', "json_malformed"),
        (b"{'text': 'A note.'}", "json_malformed"),
        (b'{"text": "A note.",}', "json_malformed"),
        (b'{"text": "A \xff note."}', "json_malformed"),
        (b'\xef\xbb\xbf{"text": "A note."}', "json_malformed"),
        ('{"text": "A note."}'.encode("utf-16"), "json_malformed"),
        (b'{"text": "A\x00note."}', "json_malformed"),
        (b'{"text": "A\nnote."}', "json_malformed"),
        (b'{"text": "A note.", "weight": NaN}', "json_not_a_number"),
        (b'{"text": "A note.", "weight": Infinity}', "json_not_a_number"),
        (b'{"text": "A note.", "weight": -Infinity}', "json_not_a_number"),
        (b'{"text": "A note.", "weight": 1e999}', "json_number_too_large"),
        (b'{"text": "A note.", "weight": 9007199254740992}', "json_number_too_large"),
        (b'{"text": "A note.", "weight": -9007199254740992}', "json_number_too_large"),
        (b'{"text": "A note.", "weight": ' + b"9" * 60_000 + b"}", "json_number_too_large"),
        (b'{"text": "A note.", "text": "Another."}', "json_duplicate_key"),
        (b'{"text": "A note.", "\\u0074ext": "Another."}', "json_duplicate_key"),
        ('{"\u00e5": 1, "a\u030a": 2}'.encode(), "json_duplicate_key"),
        (b'{"text": "A\\u0000note."}', "text_malformed"),
        (b'{"A\\u0000note.": "text"}', "text_malformed"),
        (b'{"text": "A \\ud800 note."}', "text_malformed"),
        (b'{"text": "A \\udc00\\ud800 note."}', "text_malformed"),
        (b'{"\\udfff": 1}', "text_malformed"),
        (b'{"text": "A \xed\xa0\x80 note."}', "json_malformed"),
        (b"[" * 17 + b"]" * 17, "json_too_deep"),
        (b"[" * 60_000, "json_too_deep"),
        (b'{"a":' * 12_000, "json_too_deep"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "json_too_deep"),
        (json.dumps({str(n): n for n in range(2_001)}).encode(), "json_too_many_keys"),
        (b'{"' + b"k" * 129 + b'": 1}', "json_too_many_keys"),
    ],
)
async def test_a_body_that_could_be_read_in_two_ways_is_turned_away(body: bytes, code: str) -> None:
    """Conventions 1: 400, and nothing has happened; what was sent is not repeated."""
    house = House()
    answer = await post(house, body)
    assert (answer.status, answer.code) == (400, code)
    assert house.texts == []
    assert b"note." not in answer.body


async def test_texts_arrive_in_one_form() -> None:
    """Conventions 1: NFC, so that equal texts have equal bytes, hence equal hashes."""
    house = House()
    for body in (
        '{"text": "A\u030angstro\u0308m"}'.encode(),
        b'{"text": "A\\u030angstro\\u0308m"}',
        '{"text": "\u00c5ngstr\u00f6m"}'.encode(),
    ):
        assert (await post(house, body)).status == 201
    assert house.texts == ["\u00c5ngstr\u00f6m"] * 3
    first, second, third = (by.cause.digest for by in house.heard)
    assert first == second
    assert third is not None


async def test_a_whole_character_of_two_halves_is_a_text() -> None:
    """RFC 8259: an escaped pair is one character."""
    house = House()
    assert (await post(house, b'{"text": "\\ud83d\\ude00!"}')).status == 201
    assert house.texts == ["\U0001f600!"]


async def test_a_body_that_says_it_is_too_large_is_turned_away() -> None:
    """Conventions 1: 413; what is on its way is let in and dropped, or a reset hides the answer."""
    length = (b"content-length", str(len(LARGE)).encode())
    answer = await post(House(), LARGE, headers=[JSON, length])
    assert (answer.status, answer.code, answer.read) == (413, "body_too_large", 1)
    assert answer.headers["connection"] == "close"


async def test_who_waits_for_our_word_is_not_asked_for_a_body_that_is_too_large() -> None:
    """RFC 9110 10.1.1: 413 before a single byte is taken."""
    length = (b"content-length", str(len(LARGE)).encode())
    expect = (b"expect", b"100-continue")
    answer = await post(House(), LARGE, headers=[JSON, length, expect])
    assert (answer.status, answer.code, answer.read) == (413, "body_too_large", 0)


async def test_a_body_that_does_not_say_its_size_is_counted_while_it_comes() -> None:
    """Conventions 1: chunked, without a length: nothing is kept beyond the limit."""
    answer = await post(House(), *([b" " * 30_000] * 10))
    assert (answer.status, answer.code, answer.read) == (413, "body_too_large", 10)


async def test_a_body_without_an_end_is_not_read_to_it() -> None:
    """Conventions 1: what is dropped has a limit too."""
    chunk = b" " * 65_536
    answer = await post(House(), *([chunk] * 100))
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert answer.read <= 3 + LINGER_BYTES_MAX // len(chunk)


async def test_the_largest_body_is_accepted() -> None:
    """Style 8: both sides of each boundary."""
    padding = b" " * (LIMITS.body_bytes_max - len(GOOD))
    house = House()
    assert (await post(house, GOOD + padding)).status == 201
    assert (await post(house, GOOD + padding + b" ")).status == 413


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"", b"\xb2", b"0x10"])
async def test_a_length_that_is_no_number_is_malformed(length: bytes) -> None:
    """RFC 9110 section 8.6: Content-Length is digits."""
    answer = await post(House(), GOOD, headers=[JSON, (b"content-length", length)])
    assert (answer.status, answer.code) == (400, "header_malformed")


async def test_a_body_that_stops_coming_is_given_up() -> None:
    """Conventions 1: a time-out for the body: 408, and nothing has happened."""
    house = House()
    slow = chunks(GOOD, b"")[:1]
    answer = await ask(application(house), slow)
    assert answer is not None
    assert (answer.status, answer.code) == (408, "body_too_slow")
    assert (answer.headers["connection"], house.texts) == ("close", [])


async def test_a_caller_who_leaves_in_the_middle_is_asked_for_nothing() -> None:
    """House: half a body is no command."""
    house = House()
    gone = [*chunks(GOOD, b"")[:1], {"type": "http.disconnect"}]
    assert await ask(application(house), gone) is None
    assert house.texts == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ((b"content-type", b"text/plain"), "body_not_json"),
        ((b"content-type", b"application/x-www-form-urlencoded"), "body_not_json"),
        ((b"content-type", b"multipart/form-data; boundary=x"), "body_not_json"),
        ((b"content-type", b"application/jsonp"), "body_not_json"),
        ((b"content-type", b""), "body_not_json"),
        ((b"x-nothing", b""), "body_not_json"),
        ((b"content-type", b"application/json; charset=utf-16"), "body_encoded"),
        ((b"content-type", b"application/json; charset=latin-1"), "body_encoded"),
    ],
)
async def test_a_body_that_is_no_json_is_not_guessed_at(
    header: tuple[bytes, bytes], code: str
) -> None:
    """Conventions 1: 415."""
    answer = await post(House(), GOOD, headers=[header])
    assert (answer.status, answer.code) == (415, code)


@pytest.mark.parametrize("kind", [b"application/json;charset=UTF-8", b"application/x+json"])
async def test_json_may_say_that_it_is_utf_8(kind: bytes) -> None:
    """RFC 8259: there is no other."""
    assert (await post(House(), GOOD, headers=[(b"content-type", kind)])).status == 201


async def test_a_compressed_body_is_not_unpacked() -> None:
    """House: a small body that unpacks to a large one is an attack; 415."""
    answer = await post(House(), GOOD, headers=[JSON, (b"content-encoding", b"gzip")])
    assert (answer.status, answer.code) == (415, "body_encoded")


@pytest.mark.parametrize(
    "name", [b"authorization", b"Idempotency-Key", b"content-type", b"if-match", b"host"]
)
async def test_a_header_that_may_stand_once_stands_once(name: bytes) -> None:
    """House: two readers must not read two different ones."""
    answer = await post(House(), GOOD, headers=[JSON, (name, b"x"), (name, b"y")])
    assert (answer.status, answer.code) == (400, "header_repeated")


@pytest.mark.parametrize(
    "headers", [[(b"x-a", b"1")] * 70, [(b"x-a", b"y" * 17_000)], [(b"x" * 17_000, b"")]]
)
async def test_headers_have_a_limit(headers: list[tuple[bytes, bytes]]) -> None:
    """Style 9.3: what has no limit will find one; 431."""
    answer = await post(House(), GOOD, headers=[JSON, *headers])
    assert (answer.status, answer.code) == (431, "headers_too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/notes/\u0660\u0661",
        "/v1/notes/\x00",
        "/v1/notes/a b",
        "/v1/notes/\ufffd",
        "/v1/notes/\uff10",
        "/v1/notes/\n",
        "/v1/notes/\u00e5",
        "v1/notes",
        "",
        "/" + "x" * 3_000,
    ],
)
async def test_an_address_is_ascii(path: str) -> None:
    """Conventions 1: ASCII digits in ids: no other alphabet's digit can stand for one of ours."""
    answer = await post(House(), b"", path=path, method="GET")
    assert (answer.status, answer.code) == (400, "path_malformed")


@pytest.mark.parametrize(
    "query", [b"word=%00", b"word=%ff", b"word=%ed%a0%80", b"%00=1", b"word=\xff", b"a&" * 60]
)
async def test_a_query_is_text(query: bytes) -> None:
    """Conventions 1: no NUL, no half characters, no more fields than a page needs."""
    answer = await post(House(), b"", method="GET", query=query)
    assert (answer.status, answer.code) == (400, "query_malformed")


async def test_a_query_arrives_in_one_form() -> None:
    """Conventions 1: NFC in queries too, so that a search finds what was written."""
    house = House()
    for query in (b"word=A%CC%8A", b"word=%C3%85", b"word=%C3%85&limit=1"):
        assert (await post(house, b"", method="GET", query=query)).status == 200
    assert house.texts == ["\u00c5"] * 3


@pytest.mark.parametrize(
    "query", [b"limit=1&limit=2", b"limit=1&limit=1", b"q=&word=a&q=", b"%6c=1&l="]
)
async def test_a_parameter_stands_once(query: bytes) -> None:
    """Conventions 1: two readers of an address would take another one of them each."""
    house = House()
    answer = await post(house, b"", method="GET", query=query)
    assert (answer.status, answer.code) == (400, "request_malformed")
    (fault,) = json.loads(answer.body)["errors"]
    assert (fault["parameter"], fault["code"]) == ("query", "parameter_repeated")
    assert house.texts == []


def test_no_operation_takes_a_list_in_its_address() -> None:
    """House: it would never arrive, since each parameter stands once; and each says that it may be refused."""
    documents = [json.loads(path.read_text()) for path in (ROOT / "docs" / "api").glob("*.json")]
    operations = [each for document in documents for _, _, each in operations_in(document)]
    taken = [p for each in operations for p in each.get("parameters", ()) if p["in"] == "query"]
    assert len(taken) > 20
    assert not [each["name"] for each in taken if "array" in json.dumps(each["schema"])]
    assert all("request_malformed" in each["responses"]["4XX"][CODES_KEY] for each in operations)


async def test_an_upload_streams_past_the_limits_of_all_others() -> None:
    """Conventions 1: uploads apart, up to their own limit, of any type."""
    house = House()
    parts = [b"\x00" * 25_000] * 4
    answer = await post(house, *parts, path=FILE, method="PUT", headers=())
    assert (answer.status, json.loads(answer.body)) == (200, FILE_BYTES_MAX)


async def test_an_upload_that_says_it_is_too_large_is_turned_away() -> None:
    """Conventions 1: 413."""
    length = (b"content-length", str(FILE_BYTES_MAX + 1).encode())
    answer = await post(House(), b"x", path=FILE, method="PUT", headers=[length])
    assert (answer.status, answer.code, answer.read) == (413, "body_too_large", 1)


async def test_an_upload_is_counted_while_it_comes() -> None:
    """Conventions 1: 413 as soon as it is too large; nothing has happened."""
    house = House()
    answer = await post(house, *([b"\x00" * 30_000] * 9), path=FILE, method="PUT", headers=())
    assert (answer.status, answer.code, answer.read) == (413, "body_too_large", 4)
    assert house.heard == []


async def test_an_upload_that_stops_coming_is_given_up() -> None:
    """Conventions 1: a time-out; 408."""
    started = chunks(b"x", b"")[:1]
    answer = await ask(application(House()), started, path=FILE, method="PUT", headers=())
    assert answer is not None
    assert (answer.status, answer.code) == (408, "body_too_slow")


@pytest.mark.parametrize(
    "path", [f"{FILE}/x", f"/x{FILE}", f"/v1/notes/{NOTE}/cases/{CASE}", "/v1/notes//file"]
)
async def test_only_the_uploads_own_address_is_an_upload(path: str) -> None:
    """House: no other operation gets the larger limit."""
    length = (b"content-length", str(LIMITS.body_bytes_max + 1).encode())
    answer = await post(House(), b"x", path=path, method="PUT", headers=[JSON, length])
    assert answer.status == 413

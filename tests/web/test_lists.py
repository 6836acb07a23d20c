"""Lists: pages by key, reading one's own writes, and the language of the answer."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.language import preferred
from tests.web.house import House, client


async def test_pages_follow_each_other_until_the_list_ends() -> None:
    """Conventions 1: keyset paging; ``Link`` names the next page, the last page names none."""
    http = client(House())
    seen: list[int] = []
    url: str | None = "/v1/notes?word=%C3%A5&limit=2"
    while url is not None:
        answer = await http.get(url)
        assert answer.status_code == 200
        seen += answer.json()
        link = answer.headers.get("link")
        url = link.removeprefix("<").removesuffix('>; rel="next"') if link else None
        if url is not None:
            assert parse_qs(urlsplit(url).query)["word"] == ["\u00e5"]
            assert set(parse_qs(urlsplit(url).query)) == {"word", "limit", "after"}
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "query limit"),
        ("limit=201", "query limit"),
        ("limit=-1", "query limit"),
        ("limit=many", "query limit"),
        ("limit=%D9%A3", "query limit"),
        ("limit=", "query limit"),
        ("after=", "query after"),
        ("after=a%20b", "query after"),
        ("after=%C3%A5", "query after"),
        ("after=" + "x" * 201, "query after"),
    ],
)
async def test_a_page_that_is_none_is_malformed(query: str, name: str) -> None:
    """Conventions 1: 1 to 200 entries, after a key that this service gave."""
    answer = await client(House()).get(f"/v1/notes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == name


@pytest.mark.parametrize(
    ("position", "status", "code"),
    [
        (None, 200, None),
        ("0", 200, None),
        ("7", 200, None),
        ("8", 503, "position_not_reached"),
        ("-1", 400, "wait_for_position_malformed"),
        ("", 400, "wait_for_position_malformed"),
        ("7.0", 400, "wait_for_position_malformed"),
        ("\u0667", 400, "wait_for_position_malformed"),
        ("1" * 19, 400, "wait_for_position_malformed"),
    ],
)
async def test_a_list_waits_until_it_has_come_far_enough(
    position: str | None, status: int, code: str | None
) -> None:
    """Event log 5: else 503 with Retry-After; sound, because positions are dense."""
    headers = {} if position is None else {b"Wait-For-Position": position.encode()}
    answer = await client(House(applied=7)).get("/v1/notes", headers=headers)
    assert answer.status_code == status
    if code is not None:
        assert answer.json()["code"] == code
    assert ("retry-after" in answer.headers) is (status == 503)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "sv"),
        ("", "sv"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("sv", "sv"),
        ("sv, en", "sv"),
        ("en, sv", "sv"),
        ("en, sv;q=0.9", "en"),
        ("en;q=0.5, sv;q=0.9", "sv"),
        ("en ; q=0.9 , sv;Q=0.5", "en"),
        ("de", "sv"),
        ("*", "sv"),
        ("sv;q=0, *", "en"),
        ("en;q=0", "sv"),
        ("de, en;q=0.1", "en"),
        ("en;q=7", "sv"),
        ("en;q=x", "sv"),
        (";;,,==", "sv"),
    ],
)
def test_swedish_unless_english_is_preferred(header: str | None, language: str) -> None:
    """Conventions 1: sv (default), en."""
    assert preferred(header) == language


@given(st.text(max_size=80))
def test_no_header_breaks_the_choice_of_language(header: str) -> None:
    """House: total."""
    assert preferred(header) in {"sv", "en"}


async def test_an_answer_says_in_which_language_it_is() -> None:
    """RFC 9110: Content-Language, and Vary for whoever keeps it."""
    answer = await client(House()).get("/v1/hello/you", headers={"Accept-Language": "en"})
    assert answer.json() == "Hello you"
    assert (answer.headers["content-language"], answer.headers["vary"]) == ("en", "Accept-Language")

"""A cursor is of one question: with another's filters its pages would silently leave records out."""

import pytest

from tests.audit.api.asked import read_pages
from tests.audit.api.house import CASE, House, client, record
from tests.audit.case import CERTIFIER, FIRM, certification

HISTORY = f"/v1/history?case={CASE}&recorded_from=2019-01-01T00:00:00Z"
MATRIX = f"/v1/involvement?case={CASE}"


async def next_of(house: House, url: str) -> str:
    """Return the cursor with which the page after the first one of ``url`` begins."""
    answer = await client(house).get(f"{url}&limit=1")
    return str(answer.links["next"]["url"].rpartition("after=")[2])


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        (HISTORY, f"{HISTORY}&type=CertificationApproved"),
        (HISTORY, f"/v1/history?case={CASE}"),
        (HISTORY, f"/v1/history?organisation={FIRM}"),
        (HISTORY, HISTORY.replace("2019-01-01", "2019-01-02")),
        (HISTORY, f"{HISTORY}&order_by=effective"),
        (HISTORY, f"{HISTORY}&as_of_recorded=2019-06-18T00:00:00Z"),
        (MATRIX, f"/v1/involvement?person={CERTIFIER}"),
        (MATRIX, f"/v1/involvement?organisation={FIRM}"),
    ],
)
async def test_a_cursor_of_another_question_is_refused(asked: str, other: str) -> None:
    """AUD-1: 400, in words that say what to do, and nothing was read."""
    house = House()
    house.keep(certification())
    after = await next_of(house, asked)
    before = await house.access.entries()
    answer = await client(house).get(f"{other}&limit=1&after={after}")
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
    assert "another question" in answer.json()["detail"]
    assert await house.access.entries() == before


@pytest.mark.parametrize("asked", [HISTORY, MATRIX])
async def test_the_same_question_in_other_words_goes_on(asked: str) -> None:
    """AUD-1: the order of parameters, the size of a page and a zone are no other question."""
    house = House()
    house.keep(certification())
    rest = (await read_pages(client(house), f"{asked}&limit=1"))[1:]
    path, _, words = asked.partition("?")
    words = words.replace("2019-01-01T00:00:00Z", "2019-01-01T01:00:00%2B01:00")
    again = f"{path}?after={await next_of(house, asked)}&{'&'.join(reversed(words.split('&')))}"
    assert [
        each
        for page in await read_pages(client(house), f"{again}&limit=200")
        for each in page.json()
    ] == [each for page in rest for each in page.json()]


async def test_a_bare_date_is_told_what_is_expected() -> None:
    """GEN-5: a date is no instant; whose midnight would it be?"""
    house = House()
    house.keep([record("intake", 1)])
    answer = await client(house).get(f"/v1/history?case={CASE}&recorded_from=2026-11-26")
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["parameter"]) == (422, "query recorded_from")
    assert "RFC 3339" in fault["detail"]

"""What did not agree, and how much is mirrored, over HTTP. Translation only."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts.audit import TamperSuspected
from tests.audit.api.house import MONDAY, House, client, record

PATH = "/v1/findings"


def found(number: int) -> TamperSuspected:
    """Return a finding."""
    return TamperSuspected(
        finding_id=UUID(int=100 - number),
        log="asf/review",
        position=number,
        finding="gap",
        expected=None,
        found=None,
        suspected_at=MONDAY + timedelta(seconds=number),
    )


async def test_findings_are_listed_in_the_order_in_which_they_were_found() -> None:
    """AUD-3: whatever their ids; the pages together are the list."""
    http = client(House(found=tuple(found(number) for number in range(1, 6))))
    seen: list[int] = []
    url: str | None = f"{PATH}?limit=2"
    while url is not None:
        answer = await http.get(url)
        seen += [each["position"] for each in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9007199254740993", "1e3"])
async def test_a_cursor_that_is_none_of_ours_is_malformed(after: str) -> None:
    """House: 400, and never 500."""
    answer = await client(House()).get(PATH, params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")


async def test_a_reader_waits_for_a_finding_or_is_told_to_come_back() -> None:
    """Event log 5: Wait-For-Position."""
    http = client(House(applied=3))
    assert (await http.get(PATH, headers={"Wait-For-Position": "3"})).status_code == 200
    assert (await http.get(PATH, headers={"Wait-For-Position": "4"})).status_code == 503


async def test_mirrors_say_how_far_they_are() -> None:
    """AUD-1: by log, in the order of the process; a log that nobody has heard of yet is left out."""
    house = House()
    house.keep([record("review", 1), record("intake", 1), record("intake", 2)])
    assert (await client(house).get("/v1/mirrors")).json() == [
        {"log": "asf/intake", "head": 2, "missing": 0},
        {"log": "asf/review", "head": 1, "missing": 0},
    ]

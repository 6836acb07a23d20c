"""One history, asked for by any combination of facets and times, as of what was known or true."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts.certificate_number import number_of
from shared.contracts.envelope import Actor
from shared.contracts.record import Record
from shared.contracts.roles import Role
from tests.audit.api.asked import read_pages
from tests.audit.api.house import CASE, MONDAY, OTHER_CASE, PERSON, House, client, record
from tests.audit.case import CERTIFICATE, FIRM, REVIEWER, certification

PATH = "/v1/history"


def filled() -> House:
    """Return a house with a case, something of another, and a letter."""
    house = House()
    house.keep(certification())
    house.keep([record("notify", 1, type="NotificationPlanned", after_s=7)])
    house.keep([record("intake", 9, correlation_id=OTHER_CASE, data={}, after_s=8)])
    return house


async def types(house: House, **query: object) -> list[str]:
    """Return the types of what is answered, in order."""
    answer = await client(house).get(PATH, params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200, answer.text
    return [each["type"] for each in answer.json()]


async def test_any_of_the_facets_is_enough() -> None:
    """AUD-1: case, organisation, certificate, person, role, criterion, type, service."""
    house = filled()
    assert len(await types(house, case=CASE)) == 21
    assert "TieDeclared" not in await types(house, organisation=FIRM)
    assert await types(house, certificate=CERTIFICATE) == [
        "CertificatePrepared",
        "CertificateIssued",
    ]
    assert await types(house, certificate=number_of(CERTIFICATE).lower()) == [
        "CertificatePrepared",
        "CertificateIssued",
    ]
    assert await types(house, criterion="3.2") == ["CriterionReviewed", "CriterionReviewRevised"]
    assert await types(house, type="CertificationApproved") == ["CertificationApproved"]
    assert await types(house, type="SomethingNewer") == []
    assert await types(house, service="notify") == ["NotificationPlanned"]
    assert len(await types(house, role="reviewer")) == 6
    assert set(await types(house, person=REVIEWER)) >= {"ReviewerAssigned", "CriterionReviewed"}


async def test_what_is_named_together_holds_together() -> None:
    """AUD-1: each condition narrows."""
    house = filled()
    assert await types(house, case=CASE, person=REVIEWER, criterion="3.2") == [
        "CriterionReviewed",
        "CriterionReviewRevised",
    ]
    assert await types(house, case=OTHER_CASE, person=REVIEWER) == []


async def test_times_are_spans_with_an_open_end() -> None:
    """GEN-5: from is within, until is not; knowing and world apart."""
    house = House()
    late = record("intake", 2, after_s=9)._replace(effective_at=MONDAY)
    house.keep([record("intake", 1, after_s=3), late])
    at = {n: (MONDAY + timedelta(seconds=n)).isoformat() for n in (0, 3, 9)}
    assert len(await types(house, case=CASE, recorded_from=at[3])) == 2
    assert len(await types(house, case=CASE, recorded_until=at[9])) == 1
    assert len(await types(house, case=CASE, recorded_from=at[9])) == 1
    assert len(await types(house, case=CASE, effective_until=at[3])) == 1
    assert len(await types(house, case=CASE, as_of_recorded=at[3])) == 1
    assert len(await types(house, case=CASE, as_of_effective=at[0])) == 1
    assert await types(house, case=CASE, as_of_effective=at[0], as_of_recorded=at[3]) == []


async def test_an_answer_can_be_ordered_by_what_was_true_when() -> None:
    """GEN-5: a late timer stands where it belongs in the world."""
    house = House()
    late = record("intake", 2, after_s=9)._replace(effective_at=MONDAY)
    house.keep([record("intake", 1, after_s=3), late])
    answer = await client(house).get(PATH, params={"case": str(CASE), "order_by": "effective"})
    assert [each["position"] for each in answer.json()] == [2, 1]
    pages = await read_pages(client(house), f"{PATH}?case={CASE}&order_by=effective&limit=1")
    assert [page.json()[0]["position"] for page in pages] == [2, 1]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "limit=5",
        "recorded_from=2019-06-17T08:00:00Z",
        "as_of_sizes=asf/intake@1",
        f"case={CASE}&colour=red",
        f"case={CASE}&case_id={CASE}",
        "organisation=769999001x",
        "organisation=7609990011",
        "certificate=ASF-00000-00000-0",
        "person=x",
        "role=king",
        "criterion=4.1",
        "type=a-b",
        "service=portal",
        f"case={CASE}&recorded_from=yesterday",
        f"case={CASE}&recorded_from=1560758400",
        f"case={CASE}&recorded_from=2019-06-17T08:00:00",
        f"case={CASE}&recorded_from=2019-06-17",
        f"case={CASE}&recorded_from=2019-06-18T00:00:00Z&recorded_until=2019-06-17T00:00:00Z",
        f"case={CASE}&order_by=size",
        f"case={CASE}&as_of_sizes=",
        f"case={CASE}&as_of_sizes=asf/intake@01",
    ],
)
async def test_a_question_that_makes_no_sense_is_told_where(query: str) -> None:
    """RFC 9457: 422 with a pointer; nothing was read, and what is unknown is refused."""
    house = filled()
    answer = await client(house).get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")
    assert answer.json()["errors"]
    assert await house.access.entries() == ()


async def test_a_question_is_remembered_by_what_it_names() -> None:
    """GEN-8: who looked at what; the case where one is named."""
    house = filled()
    await types(house, case=CASE, person=REVIEWER)
    await types(house, organisation=FIRM)
    first, second, *shown = [each.entry for each in await house.access.entries()]
    assert (first.stream, first.case) == (f"case-{CASE},person-{REVIEWER}", CASE)
    assert (second.stream, second.case) == (f"organisation-{FIRM}", None)
    assert {each.stream for each in shown} == {f"organisation-{FIRM}"}
    assert CASE in {each.case for each in shown}, "the firm concerned sees that it was shown"


async def test_all_pages_are_as_of_what_the_first_one_was() -> None:
    """AUD-1: records that arrive meanwhile, before and behind, are not in it; asked again they are."""
    house = House()
    house.keep(record("intake", n, after_s=2 * n) for n in range(1, 6))
    http = client(house)
    first = await http.get(f"{PATH}?case={CASE}&limit=2")
    assert first.headers["asf-as-of"].startswith("asf/intake@5, asf/review@0")
    house.keep([record("intake", 9, after_s=3), record("review", 1, after_s=5)])
    rest = await read_pages(http, first.links["next"]["url"])
    assert [e["position"] for page in (first, *rest) for e in page.json()] == [1, 2, 3, 4, 5]
    assert {page.headers["asf-as-of"] for page in rest} == {first.headers["asf-as-of"]}
    assert len((await http.get(f"{PATH}?case={CASE}")).json()) == 7


async def test_the_same_sizes_give_the_same_bytes_at_any_later_time() -> None:
    """AUD-1: pages, links and headers; also when the sizes are named, not carried."""
    house = House()
    house.keep(record("intake", n, after_s=2 * n) for n in range(1, 6))
    http = client(house)
    sizes = (await http.get(f"{PATH}?case={CASE}")).headers["asf-as-of"]
    url = f"{PATH}?case={CASE}&limit=2&as_of_sizes={sizes.replace(' ', '%20')}"
    before = await read_pages(http, url)
    house.keep([record("intake", 9, after_s=3), record("review", 1, after_s=5)])
    after = await read_pages(http, url)
    assert [page.content for page in after] == [page.content for page in before]
    assert [p.headers.get("link") for p in after] == [p.headers.get("link") for p in before]


async def test_what_is_not_here_yet_is_not_answered_with_less() -> None:
    """AUD-1: 503 and try again: for sizes beyond the mirror, and while the index is being made."""
    house = House()
    house.keep([record("intake", 1)])
    query = {"case": str(CASE), "as_of_sizes": "asf/intake@2"}
    for listed in (True, False):
        house.listed = listed
        answer = await client(house).get(PATH, params=query)
        assert (answer.status_code, answer.json()["code"]) == (503, "history_incomplete")
        assert "retry-after" in answer.headers
        query.pop("as_of_sizes", None)


async def test_a_cursor_and_sizes_that_contradict_each_other_are_malformed() -> None:
    """House: 400: which of them is meant cannot be known."""
    house = House()
    house.keep(record("intake", n, after_s=n) for n in range(1, 4))
    http = client(house)
    url = (await http.get(f"{PATH}?case={CASE}&limit=1")).links["next"]["url"]
    answer = await http.get(f"{url}&as_of_sizes=asf/intake@2")
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")


async def test_a_person_is_found_as_actor_for_whom_and_as_one_concerned() -> None:
    """AUD-1: whichever way somebody stands in a record."""
    house = House()
    others = Actor(UUID(int=77), Role.SERVICE, on_behalf_of=PERSON)
    house.keep(
        Record(*each)
        for each in (
            record("intake", 1),
            record("intake", 2, actor=others, after_s=1),
            record(
                "intake",
                3,
                actor=Actor(UUID(int=77), Role.REVIEWER),
                after_s=2,
                data={"reviewer_id": str(PERSON)},
            ),
            record("intake", 4, actor=Actor(UUID(int=77), Role.REVIEWER), data={}),
        )
    )
    answer = await client(house).get(PATH, params={"person": str(PERSON)})
    assert [each["position"] for each in answer.json()] == [1, 2, 3]

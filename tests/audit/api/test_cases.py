"""What is made of a whole case over HTTP: what differs, why it was decided, and who was involved."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from services.audit.api import differences
from shared.contracts.certificate_number import number_of
from tests.audit.api.asked import read_pages
from tests.audit.api.house import CASE, MONDAY, OTHER_CASE, House, client, record
from tests.audit.case import (
    CERTIFICATE,
    CERTIFIER,
    FIRM,
    REVIEW,
    REVIEWER,
    SCREENER,
    SUPERVISOR,
    appointed,
    certification,
)

DIFFERENCE, MATRIX = "/v1/history/difference", "/v1/involvement"


def filled() -> House:
    """Return a house with a case, appointments, and an earlier case of the same organisation."""
    house = House()
    deferred = certification()[2]._replace(
        type="ApplicationDeferred",
        stream="application-2",
        correlation_id=OTHER_CASE,
        data={**certification()[2].data, "application_id": str(OTHER_CASE)},
    )
    begun = certification()[0]._replace(
        stream="application-3",
        correlation_id=OTHER_CASE,
        data={**certification()[0].data, "application_id": str(OTHER_CASE)},
    )
    house.keep([begun, deferred, *certification()])
    house.keep([appointed(REVIEWER, "reviewer", "2019-01-01", "2020-12-31")])
    return house


def at(hours: int) -> str:
    """Return the instant so many hours after the case began."""
    return (MONDAY + timedelta(hours=hours)).isoformat()


async def compared(house: House, first: int, last: int, **more: str) -> httpx2.Response:
    """Return the difference between two hours of the case."""
    query = {"case": str(CASE), "from": at(first), "to": at(last), **more}
    return await client(house).get(DIFFERENCE, params=query)


async def test_a_difference_shows_what_came_in_between_and_what_is_different() -> None:
    """AUD-1: after `from`, up to and with `to`."""
    answer = (await compared(filled(), 13, 17)).json()
    assert [each["type"] for each in answer["between"]] == [
        "CriterionReviewRevised",
        "OverallAssessmentMade",
        "DecisionRecommended",
        "CertificationApproved",
    ]
    changed = {each["part"]: each for each in answer["changed"]}
    assert changed["criterion 3.2"]["before"]["value"] == "minor_nonconformity"
    assert changed["decision"]["before"] is None
    assert changed["decision"]["after"]["rests_on"]["position"] == 15
    assert "application" not in changed


async def test_a_difference_can_be_of_the_world_as_far_as_was_known() -> None:
    """GEN-5: effective time, and both times together."""
    house = House()
    late = certification()[17]._replace(effective_at=MONDAY + timedelta(hours=1))
    house.keep([*certification()[:17], late])
    parts = {e["part"] for e in (await compared(house, 0, 1, time="effective")).json()["changed"]}
    assert "decision" in parts
    answer = await compared(house, 0, 1, time="effective", as_of_recorded=at(16))
    assert "decision" not in {each["part"] for each in answer.json()["changed"]}
    recorded = await compared(house, 0, 1)
    assert "decision" not in {each["part"] for each in recorded.json()["changed"]}


async def test_a_difference_is_the_same_again_by_its_sizes() -> None:
    """AUD-1: whatever has come since."""
    house = filled()
    first = await compared(house, 0, 17)
    house.keep([record("intake", 99, after_s=3_600, type="ApplicationRejected")])
    assert (await compared(house, 0, 17)).content != first.content
    again = await compared(house, 0, 17, as_of_sizes=first.headers["asf-as-of"])
    assert again.content == first.content


async def test_a_period_that_ends_before_it_begins_is_malformed() -> None:
    """RFC 9457: 422."""
    answer = await compared(filled(), 2, 1)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_malformed")


async def test_a_case_that_is_too_long_is_not_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-1: an answer that leaves something out says nothing true."""
    monkeypatch.setattr(differences, "RECORDS_MAX", 10)
    answer = await compared(filled(), 0, 17)
    assert (answer.status_code, answer.json()["code"]) == (422, "answer_too_long")


@pytest.mark.parametrize("subject", [CASE, REVIEW, CERTIFICATE, number_of(CERTIFICATE)])
async def test_a_decision_is_explained_by_case_by_review_and_by_certificate(
    subject: UUID | str,
) -> None:
    """AUD-1: one document, on record as read, with what stands in other cases and beside all."""
    house = filled()
    answer = await client(house).get(f"/v1/decisions/{subject}/lineage")
    assert answer.status_code == 200, answer.text
    why = answer.json()
    assert (why["outcome"], why["case"], why["review_id"]) == ("approved", str(CASE), str(REVIEW))
    assert [each["outcome"] for each in why["earlier"]] == ["admitted", "deferred"]
    assert [(e["person"], e["in_force"]) for e in why["mandates"]] == [(str(REVIEWER), True)]
    cited = why["decision"]
    stored = await client(house).get(f"/v1/mirrors/review/records/{cited['position']}")
    assert stored.json()["type"] == "CertificationApproved"
    entry = (await house.access.entries())[0].entry
    assert (entry.command, entry.case) == ("read_lineage", CASE)


@pytest.mark.parametrize(
    "subject", [OTHER_CASE, UUID(int=404), number_of(UUID(int=404)), "ASF-XXXXX", "x" * 64]
)
async def test_where_nothing_was_decided_nothing_is_explained(subject: UUID | str) -> None:
    """RFC 9457: 404, and nothing was read."""
    house = filled()
    answer = await client(house).get(f"/v1/decisions/{subject}/lineage")
    assert (answer.status_code, answer.json()["code"]) == (404, "decision_not_found")
    assert await house.access.entries() == ()


async def test_what_was_not_known_then_explains_nothing_then() -> None:
    """GEN-5: before it was recorded there was no decision; later records change no lineage."""
    house = filled()
    url = f"/v1/decisions/{CASE}/lineage"
    early = await client(house).get(url, params={"as_of_recorded": at(16)})
    assert early.status_code == 404
    first = await client(house).get(url)
    house.keep([record("intake", 99, after_s=3_600, type="ApplicationRejected")])
    again = await client(house).get(url, params={"as_of_sizes": first.headers["asf-as-of"]})
    assert again.content == first.content


async def cells(house: House, query: str) -> list[tuple[str, str, str]]:
    """Return case, person and part of every cell, read in pages."""
    pages = await read_pages(client(house), f"{MATRIX}?{query}")
    return [(e["case"], e["person"], e["part"]) for page in pages for e in page.json()]


async def test_the_matrix_says_who_had_which_part() -> None:
    """SOD-1 to SOD-9: by case, by organisation and by person; page by page the same."""
    house = filled()
    whole = await cells(house, f"case={CASE}")
    assert {(person, part) for _, person, part in whole} >= {
        (str(SCREENER), "screener"),
        (str(SUPERVISOR), "supervisor"),
        (str(REVIEWER), "reviewer"),
        (str(CERTIFIER), "certifier"),
    }
    for query in (f"case={CASE}", f"organisation={FIRM}", f"person={SCREENER}"):
        for limit in (1, 2, 5):
            assert await cells(house, f"{query}&limit={limit}") == await cells(house, query)
    both = await cells(house, f"organisation={FIRM}")
    assert {case for case, _, _ in both} == {str(CASE), str(OTHER_CASE)}
    assert [part for _, _, part in await cells(house, f"person={SCREENER}")] == [
        "project_leader",
        "screener",
        "project_leader",
        "screener",
    ]


async def test_a_cell_says_since_when_until_when_and_by_which_record() -> None:
    """SOD-6: a screening ends with its outcome, a review with the decision."""
    answer = await client(filled()).get(MATRIX, params={"case": str(CASE)})
    found = {each["part"]: each for each in answer.json()}
    assert (found["screener"]["since"], found["screener"]["until"]) == (
        "2019-06-17T09:00:00.000000Z",
        "2019-06-17T10:00:00.000000Z",
    )
    assert found["reviewer"]["until"] == "2019-06-18T01:00:00.000000Z"
    assert found["supervisor"]["until"] is None
    assert found["supervisor"]["log"] == "asf/review"


async def test_pages_of_the_matrix_are_as_of_the_same_sizes() -> None:
    """AUD-1: who joins meanwhile is not in it."""
    house = filled()
    first = await client(house).get(MATRIX, params={"case": str(CASE), "limit": "2"})
    house.keep(
        [
            certification()[10]._replace(
                data={
                    "application_id": str(CASE),
                    "reviewer_id": str(UUID(int=1)),
                }
            )
        ]
    )
    rest = await read_pages(client(house), first.links["next"]["url"])
    people = [each["person"] for page in (first, *rest) for each in page.json()]
    assert str(UUID(int=1)) not in people
    assert (str(CASE), str(UUID(int=1)), "reviewer") in await cells(house, f"case={CASE}")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        (f"case={CASE}&person={SCREENER}", 422),
        ("organisation=7609990011", 422),
        (f"case={CASE}&role=reviewer", 422),
        (f"case={CASE}&after=x", 400),
        (f"case={CASE}&after=!!!", 400),
    ],
)
async def test_a_question_for_the_matrix_names_one_thing(query: str, status: int) -> None:
    """RFC 9457: none or several, something unknown, a cursor that is none of ours."""
    answer = await client(filled()).get(f"{MATRIX}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, "request_malformed")

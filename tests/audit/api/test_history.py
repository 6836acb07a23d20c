"""The history of a case over HTTP, for auditors only. Translation only."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import orjson
import pytest

from services.audit.api.asking import Asked, span
from services.audit.main import OPERATIONS
from services.audit.queries import LOGS, Span
from shared.contracts.record import encode, leaf_hash
from shared.contracts.roles import Role
from tests.audit.api.house import CASE, MONDAY, OTHER_CASE, PERSON, House, client, record

PATH = "/v1/history"
QUERY = {"case": str(CASE)}
NOTHING = ", ".join(f"{log}@0" for log in LOGS)
"""As of the very beginning."""
ASKED = Asked(case=CASE).digest()
"""The question that ``QUERY`` asks, as a cursor names it."""


def cursor(text: str) -> str:
    """Return ``text`` as a cursor is written."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def walked(http: httpx2.AsyncClient, limit: int) -> list[tuple[str, int]]:
    """Return the places of the whole history, read in pages of ``limit``."""
    seen: list[tuple[str, int]] = []
    url: str | None = f"{PATH}?case={CASE}&limit={limit}"
    while url is not None:
        answer = await http.get(url)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) <= limit
        seen += [(each["log"], each["position"]) for each in answer.json()]
        url = answer.links.get("next", {}).get("url")
    return seen


async def test_an_entry_says_what_happened_who_did_it_and_shows_the_record() -> None:
    """AUD-1: a sentence in both languages, a pseudonym, and the record as it is stored."""
    house, kept = House(), record("intake", 1)
    house.keep([kept])
    (entry,) = (await client(house).get(PATH, params=QUERY)).json()
    assert entry["sentence"].keys() == {"sv", "en"}
    assert entry["actor"]["person"] == str(PERSON)
    assert entry["actor"]["role"] == "applicant"
    assert (entry["log"], entry["position"]) == ("asf/intake", 1)
    assert entry["hash"] == leaf_hash(encode(kept))
    assert entry["record"] == orjson.loads(encode(kept))


async def test_what_a_newer_service_says_and_what_makes_no_sense_is_shown_too() -> None:
    """AUD-1: one record that is not understood hides none of the others."""
    house = House()
    house.keep(
        [
            record("intake", 1, type="SomethingNewer"),
            record("intake", 2, data={"application_id": 7}),
            record("intake", 3, schema=99),
            record("intake", 4),
        ]
    )
    entries = (await client(house).get(PATH, params=QUERY)).json()
    assert [each["position"] for each in entries] == [1, 2, 3, 4]
    assert "SomethingNewer" in entries[0]["sentence"]["en"]
    assert "RequirementsDisclosed" in entries[1]["sentence"]["sv"]


async def test_a_history_is_of_one_case_over_all_logs_in_the_order_of_the_process() -> None:
    """AUD-1: oldest first; what happened at one instant as the process goes."""
    house = House()
    house.keep(
        [
            record("certificates", 1, after_s=5),
            record("review", 1, after_s=5),
            record("intake", 1),
            record("intake", 2, after_s=9),
            record("intake", 3, correlation_id=OTHER_CASE, data={}),
        ]
    )
    assert await walked(client(house), 50) == [
        ("asf/intake", 1),
        ("asf/review", 1),
        ("asf/certificates", 1),
        ("asf/intake", 2),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_the_pages_together_are_the_history(limit: int) -> None:
    """RFC 8288: whatever their size, each record once and in the same order."""
    house = House()
    house.keep(record("notify", n, after_s=n // 3) for n in range(1, 6))
    house.keep(record("intake", n, after_s=n // 2) for n in range(1, 6))
    http = client(house)
    assert await walked(http, limit) == await walked(http, 200)
    assert len(await walked(http, limit)) == 10


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "!!!!",
        cursor("2019-06-17T08:00:00.000000Z|asf/intake|1"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/nowhere|1|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|-1|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|99999999999999999999|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1_0|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00+02:00|asf/intake|1|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00|asf/intake|1|{ASKED}|{NOTHING}"),
        cursor(f"0001-01-01T00:00:00+14:00|asf/intake|1|{ASKED}|{NOTHING}"),
        cursor(f"9999-12-31T23:59:59-14:00|asf/intake|1|{ASKED}|{NOTHING}"),
        cursor(f"once upon a time|asf/intake|1|{ASKED}|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1|{ASKED}|asf/intake@0"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1|{ASKED}|nothing"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1|{NOTHING}"),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1|{ASKED}|{NOTHING}|more"),
        base64.urlsafe_b64encode(b"\xff\xfe|asf/intake|1").decode(),
        cursor(f"2019-06-17T08:00:00.000000Z|asf/intake|1|{ASKED}|{NOTHING}") + "=",
    ],
)
async def test_a_cursor_that_is_none_of_ours_is_malformed(after: str) -> None:
    """House: 400, and never 500, whatever stands in it."""
    house = House()
    answer = await client(house).get(PATH, params={**QUERY, "after": after})
    assert answer.status_code == 400
    assert answer.json()["code"] == "request_malformed"
    assert await house.access.entries() == ()


def test_what_was_known_before_a_span_begins_is_an_empty_span() -> None:
    """House: 200 and nothing; a range that ends before it begins is an error of the database."""
    early, late = datetime(2019, 6, 1, tzinfo=UTC), datetime(2019, 7, 1, tzinfo=UTC)
    assert span(late, None, early) == Span(late, late)
    assert span(early, late, None) == Span(early, late)
    assert span(None, None, early).first < early < span(None, None, early).end


@pytest.mark.parametrize("query", ["", "case=7", f"case={CASE}&limit=0", f"case={CASE}&limit=201"])
async def test_a_question_that_makes_no_sense_is_told_where(query: str) -> None:
    """RFC 9457: 422 with a pointer."""
    answer = await client(House()).get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_reading_a_history_is_remembered() -> None:
    """GEN-8: who read which case, and when."""
    house = House()
    house.keep([record("intake", 1)])
    await client(house).get(PATH, params=QUERY)
    (placed,) = await house.access.entries()
    entry = placed.entry
    assert (entry.command, entry.stream, entry.case, entry.code) == (
        "read_history",
        f"case-{CASE}",
        CASE,
        "read",
    )


async def test_reading_bytes_is_remembered_and_they_are_exact() -> None:
    """L7, GEN-8: what is hashed is what is shown."""
    house, kept = House(), record("review", 1)
    house.keep([kept])
    answer = await client(house).get("/v1/mirrors/review/records/1")
    assert answer.content == encode(kept)
    assert answer.headers["content-type"] == "application/json"
    (placed,) = await house.access.entries()
    assert (placed.entry.command, placed.entry.stream) == ("read_record", "asf/review/1")
    assert placed.entry.case == CASE


async def test_a_record_that_is_not_there_is_not_found() -> None:
    """RFC 9457: 404, and nothing was read."""
    house = House()
    answer = await client(house).get("/v1/mirrors/review/records/1")
    assert (answer.status_code, answer.json()["code"]) == (404, "record_not_found")
    assert await house.access.entries() == ()


@pytest.mark.parametrize(
    "path",
    [
        "portal/records/1",
        "review/records/0",
        "review/records/9223372036854775808",
        "review/records/x",
    ],
)
async def test_a_place_that_cannot_be_is_told_where(path: str) -> None:
    """RFC 9457: no position is beyond what a log can hold."""
    answer = await client(House()).get(f"/v1/mirrors/{path}")
    assert answer.status_code == 422


FROM = "2019-06-17T08:00:00Z"
PATHS = {
    "read_history": f"{PATH}?case={CASE}",
    "read_difference": f"{PATH}/difference?case={CASE}&from={FROM}&to={FROM}",
    "read_lineage": f"/v1/decisions/{CASE}/lineage",
    "list_involvement": f"/v1/involvement?case={CASE}",
    "list_mirrors": "/v1/mirrors",
    "read_record": "/v1/mirrors/review/records/1",
    "list_findings": "/v1/findings",
}
OWN = {name: roles for name, roles in OPERATIONS.items() if name in PATHS}
"""What is asked of every service alike is tested with them all: tests/auth."""


@pytest.mark.parametrize(
    ("operation", "role"),
    [(o, role) for o, allowed in OWN.items() for role in Role if role not in allowed],
)
async def test_whoever_is_no_auditor_is_turned_away_on_record(operation: str, role: Role) -> None:
    """AUD-1, GEN-8: 403 `role_may_not_act`, and an entry in the access log."""
    house = House()
    answer = await client(house, role).get(PATHS[operation])
    assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    (placed,) = await house.access.entries()
    entry = placed.entry
    assert (entry.command, entry.actor.role, entry.code) == (operation, role, "role_may_not_act")


@pytest.mark.parametrize(("operation", "roles"), OWN.items())
async def test_whoever_may_read_is_answered(operation: str, roles: tuple[Role, ...]) -> None:
    """SOD-15: each role in the table."""
    house = House()
    house.keep([record("review", 1, type="CertificationApproved")])
    for role in roles:
        answer = await client(house, role).get(PATHS[operation])
        assert answer.status_code == 200


async def test_a_token_for_another_service_opens_nothing() -> None:
    """RFC 9068: the audience is this service."""
    http = client(House())
    answer = await http.get("/v1/mirrors", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert MONDAY.isoformat() not in answer.text
    assert UUID(int=31).hex not in answer.text

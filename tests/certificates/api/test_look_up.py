"""Anyone looks a certificate up by its number: what is told, and how long it may be kept."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.certificates.api.house import House, problem
from tests.certificates.facts import (
    ALFA,
    CONSENTED_AT,
    ENDED_AT,
    ISSUED_AT,
    NUMBER,
    expired,
    listed,
    unlisted,
)

PATH = f"/v1/certificates/{NUMBER}"


async def test_a_number_tells_status_and_dates_and_nothing_about_the_holder() -> None:
    """CER-10: without listing consent; the answer says what kind of certification it is (SV-14)."""
    house = House()
    await house.given_certificate()
    answer = await house.http().get(PATH)
    assert answer.json() == {
        "number": NUMBER,
        "status": "active",
        "valid": True,
        "valid_from": "2019-06-19",
        "valid_until": "2021-06-19",
        "valid_from_at": "2019-06-19T08:00:00.000000Z",
        "valid_until_at": "2021-06-19T22:00:00.000000Z",
        "holder": None,
        "at": "2019-06-19T08:00:00.000000Z",
        "issuer": "SKOOPI",
        "kind": {
            "sv": "branschcertifiering, ej ackrediterad",
            "en": "sector certification, not accredited",
        },
    }
    assert answer.headers["log-position"] == "3"


async def test_a_listed_holder_is_named_until_consent_is_withdrawn() -> None:
    """CER-10, K-15: name, number and scheme, by the holder's own wish."""
    house = House(now=CONSENTED_AT)
    await house.given_certificate(listed)
    holder = (await house.http().get(PATH)).json()["holder"]
    assert holder == {
        "organisation_number": ALFA,
        "organisation_name": "Alfa ekonomisk förening",
        "scheme": "v1",
    }
    await house.given(f"certificate-{listed.certificate_id}", unlisted)
    assert (await house.http().get(PATH)).json()["holder"] is None


@pytest.mark.parametrize(
    ("at", "status", "valid"),
    [
        ("2019-06-18", None, False),
        ("2019-06-19T09:59:59%2B02:00", None, False),
        ("2019-06-19T10:00:00%2B02:00", "active", True),
        ("2019-06-19T10:00:00+02:00", "active", True),
        ("2019-06-19", "active", True),
        ("2021-06-19", "active", True),
        ("2021-06-19T23:59:59.999999%2B02:00", "active", True),
        ("2021-06-19T22:00:00Z", "expired", False),
        ("2021-06-20", "expired", False),
    ],
)
async def test_an_instant_of_the_past_is_answered_as_it_was(
    at: str, status: str | None, valid: bool
) -> None:
    """CER-5, Q-051: a tender's day counts; a day stands for its last instant in Sweden."""
    house = House(now=datetime(2022, 1, 1, tzinfo=UTC))
    await house.given_certificate(expired)
    shown = (await house.http().get(f"{PATH}?at={at}")).json()
    assert (shown["status"], shown["valid"]) == (status, valid)


@pytest.mark.parametrize(
    "at",
    ["yesterday", "2019-06-31", "2019-06-19T10:00:00", "1066-10-14", "9999-12-31", "2019-6-1", ""],
)
async def test_what_is_no_instant_is_told_so(at: str) -> None:
    """RFC 9457: where the fault is, and what is expected; never what was sent."""
    house = House()
    answer = await house.http().get(PATH, params={"at": at})
    assert problem(answer) == (422, "request_malformed")
    [fault] = answer.json()["errors"]
    assert fault["parameter"] == "query at"
    assert not at or at not in answer.text


@pytest.mark.parametrize("number", ["ASF-00000-00000-0", "7502310241", "x", f"{NUMBER[:-1]}0"])
async def test_an_unknown_number_is_not_found_and_not_repeated(number: str) -> None:
    """SV-2: also when somebody types a person's number where the certificate's belongs."""
    answer = await House().http().get(f"/v1/certificates/{number}")
    assert problem(answer) == (404, "certificate_not_found")
    assert number not in answer.text or number == "x"


async def test_a_number_may_be_typed_as_people_type() -> None:
    """House: small letters and without hyphens; the answer has it as printed."""
    house = House()
    await house.given_certificate()
    typed = NUMBER.lower().replace("-", "")
    assert (await house.http().get(f"/v1/certificates/{typed}")).json()["number"] == NUMBER


async def test_an_answer_is_kept_for_a_short_while_and_never_past_the_end() -> None:
    """CER-11, K-35: no cache shows an expired certificate as valid."""
    house = House()
    await house.given_certificate()
    for now, age_s in (
        (ISSUED_AT, 30),
        (ENDED_AT - timedelta(seconds=12), 12),
        (ENDED_AT - timedelta(milliseconds=1), 0),
        (ENDED_AT, 30),
    ):
        house.now = now
        answer = await house.http().get(PATH)
        assert answer.headers["cache-control"] == f"public, max-age={age_s}"


async def test_whoever_has_the_answer_is_told_so_until_it_changes() -> None:
    """RFC 9110, CER-5: the tag changes with the status, though no event has happened."""
    house = House()
    await house.given_certificate()
    tag = (await house.http().get(PATH)).headers["etag"]
    house.now = ENDED_AT - timedelta(seconds=1)
    for seen in (tag, "*", f'"other", {tag}'):
        same = await house.http().get(PATH, headers={"If-None-Match": seen})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    house.now = ENDED_AT
    other = await house.http().get(PATH, headers={"If-None-Match": tag})
    assert (other.status_code, other.json()["status"]) == (200, "expired")


async def test_pages_of_any_origin_may_ask() -> None:
    """House: a badge on the holder's own page reads the public answer, and nothing else."""
    house = House()
    await house.given_certificate()
    origin = {"Origin": "https://alfa.example"}
    answer = await house.http().get(PATH, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    for method, status in (("GET", 200), ("POST", 400), ("DELETE", 400)):
        asked = {**origin, "Access-Control-Request-Method": method}
        assert (await house.http().options(PATH, headers=asked)).status_code == status


async def test_the_public_lists_wait_for_what_the_caller_has_seen() -> None:
    """House: 503 when the view has not come so far in time."""
    for path in ("/v1/certificates", "/v1/certificates/count"):
        answer = await House().http().get(path, headers={"Wait-For-Position": "9"})
        assert problem(answer) == (503, "position_not_reached")


@pytest.mark.parametrize(
    "number", ["750231-0241", "7502310241", "19750231-0241", "769999-0012", "x"]
)
async def test_the_search_refuses_what_may_be_a_persons_number(number: str) -> None:
    """SV-1, SV-2, golden scenario G13, steps 1 and 2: the digits are not repeated."""
    answer = await House().http().get("/v1/certificates", params={"organisation_number": number})
    assert problem(answer) == (409, "organisation_number_not_accepted")
    assert number not in answer.text or number == "x"
    assert "link" not in answer.headers

"""Holders say whether their name may be shown: translation of their requests."""

import pytest

from shared.contracts.certificates import ListingConsentGiven, ListingConsentWithdrawn
from shared.contracts.roles import Role
from tests.certificates.api.house import House, problem
from tests.certificates.facts import ALFA, APPLICATION, BETA, CERTIFICATE, NUMBER, listed

CONSENT = f"/v1/certificates/{NUMBER}/listing-consent"
STREAM = f"certificate-{CERTIFICATE}"
HEADERS = {"Idempotency-Key": '"one"', "If-Match": '"2"'}


async def test_consent_becomes_an_event_stamped_with_caller_and_time() -> None:
    """CER-10: the body says neither who nor when; the edge does."""
    house = House()
    await house.given_certificate()
    for _ in range(2):
        answer = await house.http(Role.SIGNATORY, ALFA).post(CONSENT, headers=HEADERS)
        assert (answer.status_code, answer.json()) == (200, {"number": NUMBER, "listed": True})
        assert (answer.headers["etag"], answer.headers["log-position"]) == ('"3"', "4")
    events = (await house.log.load(STREAM)).events
    assert events[2:] == (
        ListingConsentGiven(
            certificate_id=CERTIFICATE, application_id=APPLICATION, given_at=house.now
        ),
    )


async def test_consent_is_withdrawn_likewise() -> None:
    """CER-19: as easily as it was given."""
    house = House()
    await house.given_certificate(listed)
    http = house.http(Role.SIGNATORY, ALFA)
    seen = await http.get(CONSENT)
    assert (seen.json(), seen.headers["etag"]) == ({"number": NUMBER, "listed": True}, '"3"')
    again = await http.get(CONSENT, headers={"If-None-Match": '"3"'})
    assert again.status_code == 304
    mark = {"Idempotency-Key": '"two"', "If-Match": seen.headers["etag"]}
    gone = await http.delete(CONSENT, headers=mark)
    assert (gone.status_code, gone.json()) == (200, {"number": NUMBER, "listed": False})
    events = (await house.log.load(STREAM)).events
    assert isinstance(events[-1], ListingConsentWithdrawn)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"If-Match": '"1"'}, 412, "stream_moved"),
        ({"If-Match": "2"}, 400, "if_match_malformed"),
        ({"If-Match": None}, 428, "if_match_required"),
        ({"Idempotency-Key": None}, 400, "idempotency_key_missing"),
    ],
)
async def test_a_holder_must_have_seen_what_it_changes(
    changed: dict[str, str | None], status: int, code: str
) -> None:
    """RFC 9110: 428 names no version, 412 an older one, 400 none of ours."""
    house = House()
    await house.given_certificate()
    mark = {name: value for name, value in {**HEADERS, **changed}.items() if value is not None}
    answer = await house.http(Role.SIGNATORY, ALFA).post(CONSENT, headers=mark)
    assert problem(answer) == (status, code)
    assert (await house.log.load(STREAM)).version == 2


@pytest.mark.parametrize("organisation", [BETA, None])
async def test_to_another_firm_a_certificate_is_as_if_it_did_not_exist(
    organisation: str | None,
) -> None:
    """CER-10: the same answer, to the letter, as for a number that nobody has."""
    house = House()
    await house.given_certificate()
    http = house.http(Role.SIGNATORY, organisation)
    nobody = await http.get("/v1/certificates/ASF-00000-00000-0/listing-consent")
    assert problem(nobody) == (404, "certificate_not_found")
    for answer in (
        await http.get(CONSENT),
        await http.post(CONSENT, headers=HEADERS),
        await http.delete(CONSENT, headers=HEADERS),
    ):
        assert problem(answer) == (404, "certificate_not_found")
        assert answer.json()["detail"] == nobody.json()["detail"]


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.CERTIFIER, Role.REGISTRAR, Role.COWORKER])
async def test_only_a_signatory_consents(role: Role) -> None:
    """SOD-14, SOD-15: it binds the firm."""
    house = House()
    await house.given_certificate()
    for method in ("POST", "DELETE"):
        answer = await house.http(role, ALFA).request(method, CONSENT, headers=HEADERS)
        assert problem(answer) == (403, "role_may_not_act")
    assert {e.entry.code for e in await house.access.entries()} == {"role_may_not_act"}


@pytest.mark.parametrize("path", [CONSENT, "/v1/holdings"])
async def test_whoever_says_not_who_they_are_reads_nothing_of_holders(path: str) -> None:
    """SOD-15: only look-up, list and count are public."""
    answer = await House().http().get(path)
    assert problem(answer) == (401, "token_missing")
    assert problem(await House().http(Role.REVIEWER).get(path)) == (403, "role_may_not_act")

"""G13: a person's number is nobody's business. Refused, and afterwards it lies nowhere.

Exports and caches come with what makes them; all files below the data folder are searched already.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from deploy.demo.appointments import appoint
from deploy.demo.cast import Firm
from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import Person
from deploy.local.stack import Stack, await_answer
from shared.contracts.roles import Role
from shared.ids import new_id
from tests.system.afterwards import all_is_well
from tests.system.everywhere import Everywhere
from tests.system.given import people_of
from tests.system.observed import Observed

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PERSONAL = ("750231-0241", "7502310241", "19750231-0241")
"""31 February 1975: nobody's."""
WRONG_CHECK_DIGIT = "769999-0012"
ACCEPTED = ("769999-0011", "167699990011")
PUBLIC = Firm("lambda", "219999-0017")
CODE = "organisation_number_not_accepted"
SOUGHT = (b"750231-0241", b"7502310241")
KEPT = b"7699990011"
REFUSALS = "asf.refusals"
"""The measurement that counts refusals by code."""
REFUSING = ("intake", "review", "certificates")
ALFA = Firm("alfa", ACCEPTED[0])


@pytest.fixture(scope="module")
def traced() -> bool:
    """Traces are searched, too."""
    return True


@pytest.fixture(scope="module")
def cast() -> tuple[Person, ...]:
    """The people of a public body, and a sole trader whose token names a person's number."""
    trader = Person(
        label="trader",
        sub=new_id(),
        roles=(Role.APPLICANT,),
        org_number=PERSONAL[1],
        email="trader@handel.example",
        language="sv",
    )
    return (*people_of(PUBLIC), trader)


@pytest.fixture(scope="module", autouse=True)
def watched(stack: Stack) -> Iterator[None]:
    """Have every span kept, and every service say in its log, each second, what it measures.

    Spans that nobody takes are dropped, so the trace viewer must be there before the services;
    it begins with none.
    """
    stack.restart("zipkin")
    await_answer("zipkin", stack.parts["zipkin"].answers, stack.processes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_METRICS_EXPORTER", "console")
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1000")
        yield


async def test_g13_a_persons_number_is_nobodys_business(house: House, stage: Stage) -> None:
    """G13-1 to G13-4, and then the search."""
    observed = Observed(house)
    stage.at("2019-05-06 09:00")
    await appoint(stage, ("R1",))
    alfa = await _interest_of(stage, ACCEPTED[0])
    refused = [
        reply
        for number in (*PERSONAL, WRONG_CHECK_DIGIT)
        for reply in await _everywhere_it_can_be_put(stage, alfa, number)
    ]
    assert len(refused) == 4 * 4
    for reply in refused:
        assert (reply.status, reply.code) == (409, CODE), reply.body
        _repeats_nothing(reply)
    await _a_token_that_names_one_proves_nothing(stage)
    await _one_organisation_however_it_is_written(stage, observed, alfa)
    await _a_public_body_is_flagged_and_not_refused(stage, observed)
    await _what_is_told_has_arrived(house, refused)
    await _nothing_is_found(house, alfa)
    await all_is_well(observed)


async def _everywhere_it_can_be_put(stage: Stage, alfa: str, number: str) -> list[Reply]:
    """G13-1, G13-2, APP-2: as interest, in the survey, as a tie, in the register's search."""
    applicant, reviewer = stage.person(ALFA.applicant), stage.person("R1")
    tie = {"organisation_number": number, "kind": "board", "from_on": "2018-01-01"}
    return [
        await applicant.create("intake", "/v1/applications", _interest(number)),
        await _answer(stage, alfa, number),
        await reviewer.create("review", "/v1/ties", tie),
        await _search(stage, number),
    ]


async def _a_token_that_names_one_proves_nothing(stage: Stage) -> None:
    """SV-2, SV-3: a sole trader's number is a person's, so not even the access log gets it."""
    path = "/v1/applications"
    reply = await stage.person("trader").create("intake", path, _interest(ACCEPTED[0]))
    assert (reply.status, reply.code) == (401, "token_invalid")
    _repeats_nothing(reply)


async def _one_organisation_however_it_is_written(
    stage: Stage, observed: Observed, alfa: str
) -> None:
    """G13-3, SV-1: with hyphen or with prefix, it is the same ten digits."""
    applicant = stage.person(ALFA.applicant)
    again = await applicant.create("intake", "/v1/applications", _interest(ACCEPTED[1]))
    assert again.code == "application_already_open", "APP-1: one organisation, and it is known"
    receipts = [done(await _answer(stage, alfa, number)).body for number in ACCEPTED]
    assert receipts[0]["version"] == receipts[1]["version"], "the same answer changes nothing"
    found = [done(await _search(stage, number)) for number in ACCEPTED]
    assert found[0].headers["etag"] == found[1].headers["etag"]
    said = await observed.stream("intake", f"application-{alfa}")
    assert said[0].type == "InterestRegistered"
    assert said[0].data["organisation_number"] == "7699990011"
    opened = [r for r in await observed.records("intake") if r.stream.startswith("organisation-")]
    assert len({record.stream for record in opened}) == 1


async def _a_public_body_is_flagged_and_not_refused(stage: Stage, observed: Observed) -> None:
    """G13-4, APP-13, SV-3: a flag for people to look at, and the way goes on."""
    applicant = stage.person(PUBLIC.applicant)
    made = done(await applicant.create("intake", "/v1/applications", _interest(PUBLIC.number)))
    public = made.body["application_id"]
    happened = [r.type for r in await observed.stream("intake", f"application-{public}")]
    assert happened[:2] == ["InterestRegistered", "IndependenceReviewFlagged"]
    assert not {"ApplicationRejected", "ApplicationClosed"} & set(happened)
    done(await _search(stage, PUBLIC.number))


async def _what_is_told_has_arrived(house: House, refused: list[Reply]) -> None:
    """Wait for the trace of every refused request and for what was measured: neither is at once."""
    async with httpx2.AsyncClient() as http:

        async def arrived(trace_id: str) -> bool | None:
            url = f"{house.stack.zipkin_url}/api/v2/trace/{trace_id}"
            return (await http.get(url)).status_code == 200 or None

        for reply in refused:
            trace_id = reply.headers["trace-id"]
            await eventually(lambda trace_id=trace_id: arrived(trace_id), "a trace")  # type: ignore[misc]

    async def measured() -> bool | None:
        logs = [house.stack.processes.log_file(service).read_text() for service in REFUSING]
        return all(CODE in log and REFUSALS in log for log in logs) or None

    await eventually(measured, "the measurements")


async def _nothing_is_found(house: House, alfa: str) -> None:
    """G13: no byte of it, anywhere; and the search does find what was accepted, and each no."""
    code, role = CODE.encode(), b"role_may_not_act"
    found = await Everywhere(house).holding((*SOUGHT, KEPT, alfa.encode(), code, role))
    assert {each: found[each] for each in SOUGHT} == {each: set() for each in SOUGHT}
    assert {f"file:log/{service}.log" for service in REFUSING} <= found[code]
    assert {f"traces:{service}" for service in REFUSING} <= found[code]
    assert {"table:intake:log.event", "table:audit:audit.mirror"} <= found[KEPT]
    assert "topic:asf.intake.events.v1" in found[KEPT]
    assert _among(found[KEPT], "file:data/kafka/logs/asf.intake.events.v1")
    assert _among(found[KEPT], "file:data/postgres/base/", "file:postgres/base/")
    assert "traces:intake" in found[alfa.encode()]
    assert "table:intake:access.event" in found[role], "the access log is searched too"


def _among(names: set[str], *beginnings: str) -> bool:
    """Return whether any of the names begins so."""
    return any(name.startswith(beginnings) for name in names)


async def _interest_of(stage: Stage, number: str) -> str:
    """Let Alfa show interest, and somebody try who may not; return the application's id."""
    buyer, applicant = stage.person("B1"), stage.person(ALFA.applicant)
    no = await buyer.create("intake", "/v1/applications", _interest(PERSONAL[0]))
    assert no.code == "role_may_not_act"
    made = done(await applicant.create("intake", "/v1/applications", _interest(number)))
    application_id: str = made.body["application_id"]
    return application_id


async def _answer(stage: Stage, application_id: str, number: str) -> Reply:
    """Return what Alfa hears that gives ``number`` in the survey."""
    survey = done(await stage.world.public("intake", "/v1/surveys/1")).body
    section, question = next(
        (section["code"], question["code"])
        for section in survey["sections"]
        for question in section["questions"]
        if question["kind"] == "organisation_number"
    )
    application = f"/v1/applications/{application_id}"
    body = {"answers": {question: number}}
    applicant = stage.person(ALFA.applicant)
    return await applicant.act("intake", application, f"/survey/{section}", body, method="PUT")


async def _search(stage: Stage, number: str) -> Reply:
    """Return what anybody hears who looks for ``number`` in the register."""
    path = "/v1/certificates"
    return await stage.world.public("certificates", path, organisation_number=number)


def _interest(number: str) -> dict[str, Any]:
    """Return an interest with this number."""
    return {
        "organisation_number": number,
        "organisation_name": "Alfa ekonomisk förening",
        "contact_name": "Kontakt Alfa",
        "contact_email": "kontakt@alfa.example",
        "language": "sv",
    }


def _repeats_nothing(reply: Reply) -> None:
    """G13-1: neither the answer nor its headers hold the digits."""
    told = json.dumps(reply.body) + repr(list(reply.headers.items()))
    for written in (*PERSONAL, WRONG_CHECK_DIGIT):
        assert written not in told

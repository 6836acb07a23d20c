"""G1: three invited firms, all certified, public count three. Over HTTP, Kafka and mail.

The acts are those of the demo; here the logs are looked at from the side.
"""

from collections import Counter
from typing import Any

import pytest

from deploy.demo.client import done, eventually
from deploy.demo.journey import Journey
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import SERVICES
from tests.system.afterwards import all_is_well, the_mirror_is_the_log_byte_for_byte
from tests.system.observed import Observed

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

IN_ORDER = (
    *("InterestRegistered", "RequirementsDisclosed", "PreCertificationPassed"),
    *("OrganisationInvited", "ApplicationSubmitted", "ApplicantAdmitted", "PlaceOffered"),
    *("PlaceAccepted", "AgreementCountersigned", "StandardDocumentAcquired", "InvoiceSettled"),
    *("ApplicantEnrolled", "PreparationStarted", "WorkspaceCreated", "AccessGranted"),
    *("WorkspaceKitApplied", "WorkspaceFrozen", "SelfAssessmentSubmitted", "ReviewOpened"),
    *("ReviewPlanSet", "ReviewerAssigned", "CertifierAssigned", "CriterionReviewed"),
    *("OverallAssessmentMade", "ReviewReportIssued", "ReportFinalised", "DecisionRecommended"),
    *("CertificationApproved", "CertificatePrepared", "CertificateIssued"),
)
"""Each firm's own events, in the order of the scenario; others may stand between."""

ONCE_EACH = {
    *("ApplicationSubmitted", "ApplicantAdmitted", "PlaceOffered", "PlaceAccepted"),
    *("AgreementCountersigned", "StandardDocumentAcquired", "InvoiceSettled", "ApplicantEnrolled"),
    *("PreparationStarted", "SelfAssessmentSubmitted", "WorkspaceFrozen", "ReviewOpened"),
    *("OverallAssessmentMade", "ReviewReportIssued", "ReportFinalised", "DecisionRecommended"),
    *("CertificationApproved", "CertificatePrepared", "CertificateIssued"),
}
NEVER = {
    "ApplicationDeferred",
    "ApplicationRejected",
    "CertificationRefused",
    "NotificationGivenUp",
}
LETTERS = {
    *("interest_receipt", "application_receipt", "admission", "deadline_reminder"),
    *("decision_approved", "certificate"),
}


@pytest.fixture(scope="module")
def traced() -> bool:
    """One trace goes through all services."""
    return True


async def test_g1_the_pilot_round(house: House, stage: Stage) -> None:
    """G1: the whole scenario, its refusals included, from 2018-11-01 to 2021-06-20."""
    journey, observed = Journey(stage), Observed(house)
    await journey.admit()
    await journey.prepare()
    await journey.certify()
    assert stage.refusals == [
        "precertification_missing",
        "precertification_missing",
        "group_size_outside_policy",
        *("access_not_granted",) * 3,
        "comment_window_open",
    ]
    await _everybody_has_what_was_promised(stage, journey, observed)
    await _the_count_is_three_and_was_none_the_day_before(stage)
    await _one_decision_is_one_trace(observed)
    await the_mirror_is_the_log_byte_for_byte(observed)
    await _an_auditor_reads_the_case_and_nobody_else_does(stage, journey)
    await _delivered_again_changes_nothing(stage, journey, observed)
    await _it_expires_by_the_clock_alone(stage, journey, observed)
    await all_is_well(observed, decisions_min=51)


async def _everybody_has_what_was_promised(
    stage: Stage, journey: Journey, observed: Observed
) -> None:
    """G1-1 to G1-16: each firm's events in order, each once, and none of another outcome."""
    for firm in journey.certification.firms:
        happened = await observed.happened(firm.application_id)
        rest = iter(happened)
        missing = [kind for kind in IN_ORDER if kind not in rest]
        assert not missing, f"{firm.label}: {missing[0]} is missing or out of order"
        counted = Counter(happened)
        assert {kind: counted[kind] for kind in ONCE_EACH} == dict.fromkeys(ONCE_EACH, 1)
        assert counted["CriterionReviewed"] == 12
        assert not counted.keys() & NEVER
        certificate = done(
            await stage.world.public("certificates", f"/v1/certificates/{firm.certificate}")
        ).body
        assert certificate["valid_from"] == "2019-06-19"
        assert certificate["valid_until"] == "2021-06-19"
        assert certificate["valid_until_at"] == "2021-06-19T22:00:00.000000Z"
        assert certificate["holder"] is None, "CER-10: no name without listing consent"
    delta = journey.admission.firms[3]
    refused = await observed.happened(delta.application_id)
    assert "PreCertificationFailed" in refused
    assert not {"OrganisationInvited", "ApplicationSubmitted"} & set(refused)


async def _the_count_is_three_and_was_none_the_day_before(stage: Stage) -> None:
    """G1-17, CER-5: the public count, now and for a past instant."""
    stage.at("2019-06-19 10:01")
    counted = await stage.world.public("certificates", "/v1/certificates/count")
    assert done(counted).body["count"] == 3
    before = await stage.world.public(
        "certificates", "/v1/certificates/count", at="2019-06-18T12:00:00Z"
    )
    assert done(before).body["count"] == 0


async def _one_decision_is_one_trace(observed: Observed) -> None:
    """Conventions 4: from the HTTP request to the last consumer, over all services."""
    names = {
        "post /v1/reviews/{review_id}/decision",
        "send asf.review.events.v1",
        "process asf.review.events.v1",
        "send asf.certificates.events.v1",
        "process asf.certificates.events.v1",
    }

    async def whole() -> list[dict[str, Any]] | None:
        for trace in await observed.traces("review", "post /v1/reviews/{review_id}/decision"):
            services = {span["localEndpoint"]["serviceName"] for span in trace}
            if {"review", "certificates", "notify", "audit"} <= services:
                return trace if names <= {span["name"] for span in trace} else None
        return None

    trace = await eventually(whole, "a trace over all services")
    assert len({span["traceId"] for span in trace}) == 1


async def _an_auditor_reads_the_case_and_nobody_else_does(stage: Stage, journey: Journey) -> None:
    """AUD-1: one history over all services, page by page, in sentences; for auditors only."""
    case = journey.certification.firms[0].application_id
    auditor = stage.person("A1")
    entries: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = done(await auditor.get("audit", "/v1/history", case=case, limit="50", **after))
        entries += page.body
        link = page.headers.get("link")
        if link is None:
            break
        after = {"after": link.partition("after=")[2].partition(">")[0].partition("&")[0]}
    assert len(entries) == len({(e["log"], e["position"]) for e in entries}) > 100
    assert {e["log"] for e in entries} >= {f"asf/{s}" for s in SERVICES if s != "audit"}
    assert [e["recorded_at"] for e in entries] == sorted(e["recorded_at"] for e in entries)
    assert all(e["sentence"]["sv"] and e["sentence"]["en"] for e in entries)
    for label in ("PL1", "C1", "alfa-signatory", "B1"):
        refused = await stage.person(label).get("audit", "/v1/history", case=case)
        assert (refused.status, refused.code) == (403, "role_may_not_act")


async def _delivered_again_changes_nothing(
    stage: Stage, journey: Journey, observed: Observed
) -> None:
    """G1-18, CER-1, MSG-1: delivered twice more, there are the same three certificates."""
    before = {service: await observed.leaves(service) for service in SERVICES}
    letters = sorted(observed.house.stack.mail_folder.glob("*.eml"))
    planned = [r for r in await observed.records("notify") if r.type == "NotificationPlanned"]
    assert {r.data["letter"] for r in planned} == LETTERS
    assert len(letters) == len(planned) == len({r.stream for r in planned})
    for _ in range(2):
        for service in ("certificates", "notify", "audit", "review", "intake"):
            await observed.rewind(service)
    held = [firm.certificate for firm in journey.certification.firms]
    for number in held:
        seen = done(await stage.world.public("certificates", f"/v1/certificates/{number}"))
        assert seen.body["status"] == "active"
    assert {service: await observed.leaves(service) for service in SERVICES} == before
    assert sorted(observed.house.stack.mail_folder.glob("*.eml")) == letters


async def _it_expires_by_the_clock_alone(
    stage: Stage, journey: Journey, observed: Observed
) -> None:
    """G1-19, G1-20, CER-5: active to the last second, expired at once, and then on record."""
    alfa = f"/v1/certificates/{journey.certification.firms[0].certificate}"
    stage.at("2021-06-19 23:59:59")
    assert done(await stage.world.public("certificates", alfa)).body["status"] == "active"
    stage.at("2021-06-20 00:00:00")
    assert done(await stage.world.public("certificates", alfa)).body["status"] == "expired"

    async def recorded() -> list[Any] | None:
        records = await observed.records("certificates")
        expired = [r for r in records if r.type == "CertificateExpired"]
        return expired if len(expired) == 3 else None

    for record in await eventually(recorded, "three expiries on record"):
        assert record.effective_at.isoformat() == "2021-06-19T22:00:00+00:00"
    counted = await stage.world.public("certificates", "/v1/certificates/count")
    assert done(counted).body["count"] == 0

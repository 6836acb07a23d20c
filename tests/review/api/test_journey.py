"""G1, steps 8 to 16, over HTTP: from the preparation to the decision, refusals included."""

from datetime import UTC, datetime

from shared.contracts.review import CertificationApproved, ReviewReportIssued
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from tests.review.api.conftest import ASSESSMENT, WORKSPACE
from tests.review.api.house import House, events_of
from tests.review.api.journey import (
    REVIEW,
    appoint,
    decide,
    done,
    finalise,
    grant,
    open_workspace,
    recommended,
    refused,
    reported,
    submit,
    who,
)
from tests.review.facts import APPLICATION


async def test_preparation_starts_with_the_round(house: House) -> None:
    """G1-8: the deadline is 2019-05-15T22:00:00Z."""
    shown = (await house.get("alfa-applicant", ASSESSMENT)).json()
    assert shown["deadline_at"] == "2019-05-15T22:00:00.000000Z"
    assert shown["status"] == "in_progress"


async def test_the_firm_prepares_item_by_item(house: House) -> None:
    """Steps 4 and 5: a text is written and put to an item, the item answered and marked ready."""
    await open_workspace(house)
    text = {"title": "Stadgar", "text": "Enligt paragraf 2."}
    texts = f"{WORKSPACE}/texts"
    made = done(await house.act("alfa-applicant", "POST", texts, text, seen=WORKSPACE), 201)
    link = {"evidence_id": made.json()["id"], "item_id": "3.3-a", "kind": "bylaws"}
    links = f"{WORKSPACE}/links"
    done(await house.act("alfa-applicant", "POST", links, link, seen=WORKSPACE), 201)
    item = f"{ASSESSMENT}/items/3.3-a"
    answer = {"text": "Ingen offentlig ägare."}
    done(await house.act("alfa-applicant", "PUT", item, answer, seen=ASSESSMENT))
    done(await house.act("alfa-applicant", "POST", f"{item}/readiness", seen=ASSESSMENT))
    (evidence,) = (await house.get("alfa-applicant", WORKSPACE)).json()["evidence"]
    assert (evidence["name"], evidence["links"]) == (
        "Stadgar",
        [{"item_id": "3.3-a", "kind": "bylaws"}],
    )
    shown = (await house.get("alfa-signatory", ASSESSMENT)).json()
    (found,) = (each for each in shown["items"] if each["item_id"] == "3.3-a")
    assert (found["answer"], found["ready"]) == ("Ingen offentlig ägare.", True)
    early = await submit(house)
    refused(early, 409, "items_not_ready")


async def test_the_kit_is_refused_until_the_firm_lets_the_supervisor_in(house: House) -> None:
    """G1-9: WorkspaceCreated; refused; AccessGranted, WorkspaceKitApplied."""
    await appoint(house, "S1", Role.SUPERVISOR)
    done(await house.act("alfa-applicant", "PUT", WORKSPACE, seen=WORKSPACE))
    kit = {"kit": "v1"}
    headers = {"If-Match": '"2"'}
    early = await house.act("S1", "PUT", f"{WORKSPACE}/kit", kit, headers=headers)
    refused(early, 403, "access_not_granted")
    done(await grant(house, "S1"), 201)
    done(await house.act("S1", "PUT", f"{WORKSPACE}/kit", kit, seen=WORKSPACE))
    steps = ("WorkspaceCreated", "AccessGranted", "WorkspaceKitApplied")
    assert house.types(*steps) == list(steps)
    assert await house.codes(APPLICATION) == [
        ("ApplyKit", "access_not_granted"),
        ("read_workspace", "read"),
    ]


async def test_a_pilot_firm_is_reviewed_and_approved(house: House) -> None:
    """G1-10 to G1-16: in the order of the scenario, every mandate on record."""
    await recommended(house)
    done(await decide(house), 201)
    expected = [
        "PreparationStarted",
        "WorkspaceCreated",
        "WorkspaceFrozen",
        "SelfAssessmentSubmitted",
        "ReviewOpened",
        "ReviewPlanSet",
        "ReviewerAssigned",
        "CertifierAssigned",
        *["CriterionReviewed"] * len(Criterion),
        "OverallAssessmentMade",
        "ReviewReportIssued",
        "ReportFinalised",
        "DecisionRecommended",
        "CertificationApproved",
    ]
    assert house.types(*expected) == expected
    approved = events_of(house.log)[house.types().index("CertificationApproved")]
    assert isinstance(approved, CertificationApproved)
    assert approved.decided_at == house.now
    assert str(approved.certifier_id) == who(house, "C1")
    answer = (await house.get("notify", f"{REVIEW}/decision")).json()
    assert (answer["outcome"], answer["reason"]) == ("approved", "Stated in the bylaws, section 2.")


async def test_the_report_is_not_final_while_the_firm_may_comment(house: House) -> None:
    """G1-13, G1-14: the window ends 2019-06-07 24:00; on 2019-06-05 it is open."""
    await reported(house)
    issued = events_of(house.log)[house.types().index("ReviewReportIssued")]
    assert isinstance(issued, ReviewReportIssued)
    assert issued.comment_until_at == datetime(2019, 6, 7, 22, tzinfo=UTC)
    house.now = datetime(2019, 6, 5, 8, tzinfo=UTC)
    refused(await finalise(house), 409, "comment_window_open")
    house.now = datetime(2019, 6, 10, 8, tzinfo=UTC)
    done(await finalise(house))


async def test_the_firm_may_comment_or_waive(house: House) -> None:
    """REV-10: then the report can be final before the window has ended."""
    await reported(house)
    body = {"comment": "Tack.", "language": "sv"}
    comments = f"{REVIEW}/report/comments"
    done(await house.act("alfa-applicant", "POST", comments, body, seen=REVIEW), 201)
    done(await house.act("alfa-applicant", "POST", f"{REVIEW}/report/waiver", seen=REVIEW))
    done(await finalise(house))
    texts = (await house.get("alfa-applicant", f"{REVIEW}/report")).json()
    assert texts["comments"] == [{"text": "Tack.", "language": "sv"}]

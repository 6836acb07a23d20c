"""What can be read of review: the documents, folded without a database."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.review.commands.assessment import PassDeadline, RemindDeadline
from services.review.views.appointment_record import appointment_record
from services.review.views.assessment_case import assessment_case
from services.review.views.case_record import CaseRecord, PartRecord, case_record
from services.review.views.deadline import ask, deadlines
from services.review.views.duty_record import DutyRecord, duty_record
from services.review.views.report_texts import report_texts
from services.review.views.review_case import ReviewCase, for_the_firm, review_cases, shown_to
from services.review.views.tie_record import tie_record
from services.review.views.workspace_case import workspace_case
from shared.contracts.base import Event
from shared.contracts.preparation import Part
from shared.contracts.review import CriterionReviewRevised, Result, ReviewEvent
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEME_V1, Criterion
from shared.eventlog.views import Due, View
from tests.review.decider.test_appointment import made as appointed
from tests.review.decider.test_appointment import proposed
from tests.review.decider.test_assessment import (
    all_ready,
    answered,
    is_ready,
    locked,
    passed,
    reminded,
    submitted,
)
from tests.review.decider.test_before_review import declared as tied
from tests.review.decider.test_before_review import part_noted
from tests.review.decider.test_certification import commented, waived
from tests.review.decider.test_workspace import (
    frozen,
    full,
    made,
    review_shared,
    revoked,
    shared,
    written,
)
from tests.review.facts import (
    APPLICATION,
    BYLAWS,
    CERTIFIER,
    LEADER,
    REVIEW,
    REVIEWER,
    STRANGER,
    SUPERVISOR,
    TUESDAY,
    all_reviewed_but,
    approved,
    assessed,
    assigned,
    certifier_assigned,
    concluded,
    enrolled,
    final,
    opened,
    planned,
    planned_for,
    ready,
    refused,
    reported,
    requested,
    reviewed,
    staffed,
    started,
)


def folded(view: View[Any], events: Iterable[Event]) -> dict[str, Any]:
    """Return the documents of ``view`` after ``events``, by key, as the projector keeps them."""
    documents: dict[str, Any] = {}
    for event in events:
        for key in view.keys(event):
            document = view.evolve(documents.get(key), event, key)
            if document is None:
                documents.pop(key, None)
            else:
                documents[key] = view.document.model_validate_json(document.model_dump_json())
    return documents


def review_after(*events: ReviewEvent) -> ReviewCase:
    """Return the review as it is read after ``events``."""
    (found,) = folded(review_cases, events).values()
    assert isinstance(found, ReviewCase)
    return found


def test_a_review_shows_who_is_assigned_and_what_remains() -> None:
    """House: which criteria remain, not how many."""
    case = review_after(*staffed, *all_reviewed_but(Criterion.STAFF))
    assert case.status == "in_review"
    assert case.remaining == (Criterion.STAFF,)
    assert [each.person_id for each in case.reviewers] == [REVIEWER]
    assert (case.certifier_id, case.declared) == (CERTIFIER, (REVIEWER, CERTIFIER))
    assert case.plan is not None
    assert case.plan.method == "documents"


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((opened,), "opened"),
        ((*staffed, *all_reviewed_but(), assessed), "assessed"),
        ((*staffed, *all_reviewed_but(), assessed, reported, commented, waived), "reported"),
        ((*staffed, *all_reviewed_but(), assessed, reported, final), "final"),
        (ready, "recommended"),
        ((*ready, approved), "approved"),
        ((*ready, refused), "refused"),
    ],
)
def test_a_review_shows_how_far_it_is(events: tuple[ReviewEvent, ...], status: str) -> None:
    """Step 7: from opening to decision."""
    assert review_after(*events).status == status


def test_a_revised_result_shows_as_revised_and_voids_the_assessment() -> None:
    """GEN-3, REV-11: the latest result is in force; the whole is to be weighed anew."""
    revised = CriterionReviewRevised(
        **reviewed(Criterion.STAFF, Result.MINOR_NONCONFORMITY).model_dump(exclude={"reviewed_at"}),
        revises=7,
        revised_at=TUESDAY,
    )
    case = review_after(*staffed, *all_reviewed_but(), assessed, revised)
    assert case.results[Criterion.STAFF].result is Result.MINOR_NONCONFORMITY
    assert case.results[Criterion.STAFF].revised
    assert case.definition_confirmed is None


def test_the_firm_sees_no_draft_before_the_report() -> None:
    """REV-9: neither a result nor which of them there are; afterwards everything."""
    draft = for_the_firm(review_after(*staffed, *all_reviewed_but(), assessed))
    assert (draft.results, draft.remaining) == ({}, SCHEME_V1.criteria)
    assert (draft.definition_confirmed, draft.status) == (None, "in_review")
    assert for_the_firm(review_after(opened)).status == "opened"
    shown = review_after(*staffed, *all_reviewed_but(), assessed, reported)
    assert for_the_firm(shown) is shown


@pytest.mark.parametrize(
    ("person", "role"), [(REVIEWER, Role.REVIEWER), (CERTIFIER, Role.CERTIFIER)]
)
def test_a_draft_is_shown_to_its_own_team(person: UUID, role: Role) -> None:
    """REV-9, ADR-0034: who is assigned sees it, and before the assignment does not."""
    draft = review_after(*staffed, *all_reviewed_but(), assessed)
    assert shown_to(draft, person, role) is draft
    assert shown_to(draft, STRANGER, role) == for_the_firm(draft)
    unstaffed = review_after(*planned_for)
    assert shown_to(unstaffed, person, role) == for_the_firm(unstaffed)


@pytest.mark.parametrize("role", Role)
def test_a_draft_is_shown_to_whoever_leads_and_oversees(role: Role) -> None:
    """REV-9, ADR-0034: of all others nobody sees it, whatever role they have."""
    draft = review_after(*staffed, *all_reviewed_but(), assessed)
    leading = {Role.PROJECT_LEADER, Role.STEERING_GROUP, Role.AUDITOR}
    assert (shown_to(draft, STRANGER, role) is draft) is (role in leading)


def test_a_review_is_opened_once_and_first() -> None:
    """House: an event before its opening is our mistake; the view stops there."""
    case = review_after(opened)
    assert review_cases.evolve(case, opened, str(REVIEW)) == case
    assert review_cases.evolve(case, started, str(REVIEW)) == case
    assert review_cases.keys(started) == duty_record.keys(started) == ()
    for view in (review_cases, duty_record):
        with pytest.raises(AssertionError, match="before ReviewOpened"):
            view.evolve(None, assigned, str(REVIEW))


def test_the_report_shows_what_was_written_and_by_whom_it_was_asked_for() -> None:
    """REV-9, SV-8: each text in its language; the latest reason of each criterion."""
    texts = report_texts((*ready, commented, approved))
    assert set(texts.findings) == set(Criterion)
    assert texts.summary is not None
    assert texts.summary.language == "en"
    assert len(texts.comments) == 1
    for written_text in (texts.overall, texts.recommendation, texts.decision):
        assert written_text is not None
    assert report_texts((opened,)).decision is None


def test_the_duty_record_knows_who_assessed_and_decided_until_when() -> None:
    """SOD-5: reviewing ends with the final report, deciding with the decision."""
    (going_on,) = folded(duty_record, (opened, assigned, certifier_assigned)).values()
    assert isinstance(going_on, DutyRecord)
    assert going_on.duties() == ((REVIEWER, None), (CERTIFIER, None))
    (over,) = folded(duty_record, (*ready, approved)).values()
    assert over.duties() == ((REVIEWER, date(2019, 6, 8)), (CERTIFIER, date(2019, 6, 19)))
    (unstaffed,) = folded(duty_record, (opened,)).values()
    assert unstaffed.duties() == ()
    assert duty_record.evolve(over, planned, str(REVIEW)) == over
    assert duty_record.evolve(over, opened, str(REVIEW)) == over


def test_the_case_record_knows_every_part_and_when_it_ended() -> None:
    """SOD-1, SOD-2, GRP-4: support ends with the submission; screening on its own day."""
    leads = part_noted.model_copy(update={"person_id": LEADER, "part": Part.PROJECT_LEADER})
    (case,) = folded(case_record, (enrolled, part_noted, leads)).values()
    assert isinstance(case, CaseRecord)
    support, lead = case.parts
    assert (support.person_id, lead.person_id) == (SUPERVISOR, LEADER)
    assert (case.until(support), case.until(lead)) == (None, date(2018, 12, 18))
    later = part_noted.model_copy(update={"last_on": date(2019, 6, 1)})
    (case,) = folded(case_record, (part_noted, submitted, later)).values()
    assert case.organisation_number is None
    assert case.until(case.parts[0]) == date(2019, 6, 1)
    early = PartRecord(person_id=SUPERVISOR, part=Part.TRAINER, last_on=date(2018, 1, 1))
    assert case.until(early) == date(2019, 5, 6)
    assert case_record.keys(opened) == ()
    assert case_record.evolve(case, opened, str(APPLICATION)) == case


def test_ties_and_appointments_are_listed_as_declared_and_made() -> None:
    """APT-1, APT-4: one row for each; a proposal becomes active."""
    assert folded(tie_record, (tied, tied)) == {str(tied.tie_id): tied}
    assert tie_record.keys(opened) == ()
    assert tie_record.evolve(tied, opened, "") == tied
    (proposal,) = folded(appointment_record, (proposed, proposed)).values()
    assert proposal.status == "proposed"
    (active,) = folded(appointment_record, (proposed, appointed)).values()
    assert (active.status, active.founding) == ("active", False)
    assert appointment_record.keys(opened) == ()
    assert appointment_record.evolve(active, opened, "") == active


def test_reminders_and_the_deadline_are_due_on_their_days() -> None:
    """SAS-2, SV-6: at the start of the day, so many days before the last one; then at 24:00."""
    rows = folded(deadlines.view, (started,))
    assert {row.kind: row.at for row in rows.values()} == {
        "30": datetime(2019, 4, 14, 22, tzinfo=UTC),
        "14": datetime(2019, 4, 30, 22, tzinfo=UTC),
        "7": datetime(2019, 5, 7, 22, tzinfo=UTC),
        "1": datetime(2019, 5, 13, 22, tzinfo=UTC),
        "0": datetime(2019, 5, 15, 22, tzinfo=UTC),
    }
    asked = [ask(row) for row in rows.values()]
    assert {each.stream for each in asked} == {f"assessment-{APPLICATION}"}
    assert RemindDeadline(7, datetime(2019, 5, 7, 22, tzinfo=UTC)) in [a.command for a in asked]
    assert PassDeadline(started.deadline_at) in [a.command for a in asked]


def test_what_has_happened_is_not_due_any_more() -> None:
    """GEN-1: after the submission nobody is reminded."""
    left = folded(deadlines.view, (started, reminded, passed))
    assert {row.kind for row in left.values()} == {"30", "14", "1"}
    assert folded(deadlines.view, (started, submitted)) == {}
    row = Due(at=TUESDAY, key="x:7", kind="7", stream="assessment-x")
    assert deadlines.view.keys(opened) == ()
    assert deadlines.view.evolve(row, opened, "x:7") == row


def test_a_workspace_shows_what_lies_in_it_and_who_may_read_it() -> None:
    """Step 4: texts are shown to whoever may read; what was erased shows as such."""
    case = workspace_case((*full, review_shared, revoked, frozen))
    assert case is not None
    assert (case.status, case.kit, case.manifest_root) == ("frozen", "v1", frozen.manifest_root)
    text, file = case.evidence
    assert (text.form, text.name, text.text) == ("text", "Bylaws", "Section 2 says it.")
    assert (file.form, file.name, file.text) == ("file", "policies.pdf", None)
    assert [link.item_id for link in text.links] == ["3.1-a"]
    assert file.links == ()
    assert [bool(grant.revoked_at) for grant in case.grants] == [True, False]
    erased = written.model_copy(update={"title": None, "text": None})
    forgotten = workspace_case((*made, erased))
    assert forgotten is not None
    assert (forgotten.evidence[0].name, forgotten.evidence[0].evidence_hash) == (None, BYLAWS)


@pytest.mark.parametrize(
    ("events", "status"),
    [((requested, requested), "requested"), (made, "created"), ((*made, shared), "shared")],
)
def test_a_workspace_shows_how_far_it_is(events: tuple[Any, ...], status: str) -> None:
    """Step 4: requested, created, shared, equipped, frozen."""
    case = workspace_case(events)
    assert case is not None
    assert case.status == status


def test_a_self_assessment_shows_what_is_missing() -> None:
    """Q-096: progress per item, in the order of the scheme."""
    begun = assessment_case((started, started, answered("3.2"), reminded))
    assert begun is not None
    assert begun.missing == tuple(item.item_id for item in SCHEME_V1.items)
    (item,) = (item for item in begun.items if item.item_id == "3.2")
    assert (item.answered, item.answer, item.ready) == (True, "We keep a budget.", False)
    done = assessment_case((*all_ready, passed))
    assert done is not None
    assert (done.missing, done.status, done.deadline_passed) == ((), "ready", True)
    anew = assessment_case((*all_ready, answered("3.2")))
    assert anew is not None
    assert (anew.missing, anew.status) == (("3.2",), "in_progress")
    sent = assessment_case((*all_ready, submitted))
    assert sent is not None
    assert (sent.status, sent.manifest_root) == ("submitted", submitted.manifest_root)
    shut = assessment_case((*all_ready, submitted, locked))
    assert shut is not None
    assert shut.status == "locked"


def test_what_has_not_begun_is_not_there() -> None:
    """House: an event before its opening is our mistake."""
    assert workspace_case(()) is None
    assert assessment_case(()) is None
    with pytest.raises(AssertionError, match="before WorkspaceRequested"):
        workspace_case((shared,))
    with pytest.raises(AssertionError, match="before PreparationStarted"):
        assessment_case((is_ready("3.2"),))
    assert UUID(int=0) != REVIEW
    assert len(concluded) == 4

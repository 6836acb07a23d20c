"""Replay: the verifier's rules of the decision, held against the house's own, and on whole cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.review.commands.review import ReviewCommand
from services.review.decider.review import decider
from shared.contracts.base import Event
from shared.contracts.envelope import Actor
from shared.contracts.preparation import AgreementNoted, Part
from shared.contracts.review import CertificationApproved, CertificationRefused, Result, ReviewEvent
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEME_V1, Criterion
from shared.decider import Refusal
from shared.ledger.bundle import criteria_document
from tests.certificates import facts as certificates
from tests.review.decider.test_laws import review_commands, review_starts
from tests.review.facts import (
    APPLICATION,
    CERTIFIER,
    DECISION_DAY,
    MONDAY,
    NOTHING,
    OTHER,
    POLICIES,
    REVIEWER,
    STRANGER,
    all_reviewed_but,
    approve,
    approved,
    assigned,
    certifier_assigned,
    certifier_declared,
    concluded,
    opened,
    planned_for,
    ready,
    refused,
    reported,
    reviewed,
    reviewer_declared,
    staffed,
)
from tests.verify import earlier, g1
from tests.verify.g1 import ALFA, CASE
from tests.verify.house import SERVICES, Place, made, policy, resealed
from tests.verify.synthetic import leaf_hash_of, record
from verify.decision import OUTSIDE, Replayed, replayed
from verify.published import constants_from, criteria_from
from verify.record import record_from
from verify.refused import MalformedError, TamperedError

CRITERIA = {"v1": criteria_from(criteria_document("scheme-v1"))}
CONSTANTS = {"1": constants_from(criteria_document("policy-1"))}
BELIEVED = policy([f"asf/{name}" for name in SERVICES])
AGREED = AgreementNoted(application_id=APPLICATION, agreement="1", noted_at=MONDAY)
Decided = CertificationApproved | CertificationRefused
FRESH = DECISION_DAY - timedelta(minutes=5)
STALE = FRESH - timedelta(seconds=1)


def replay(
    events: Sequence[ReviewEvent], before: Sequence[Event] = (AGREED,)
) -> tuple[Replayed, ...]:
    """Return the decisions among ``events``, after what review had heard ``before``."""
    records: list[Any] = []
    for stream, said in (("casefile-1", before), ("review-1", events)):
        previous: bytes | None = None
        for version, event in enumerate(said, 1):
            actor = Actor(STRANGER, "policy")
            if isinstance(event, Decided | earlier.CertificationApproved):
                actor = Actor(event.certifier_id, Role.CERTIFIER, mandate=APPLICATION)
            case = str(APPLICATION)
            leaf = record("asf/review", stream, version, previous, event, case, actor=actor)
            previous = leaf_hash_of(leaf)
            records.append(record_from(leaf, len(records) + 1))
    return replayed(records, CRITERIA, CONSTANTS)


def rule_of(events: Sequence[ReviewEvent], before: Sequence[Event] = (AGREED,)) -> str | None:
    """Return the rule that does not hold; ``None`` when all do."""
    try:
        replay(events, before)
    except TamperedError as error:
        return error.rule
    return None


@given(
    st.sampled_from(review_starts),
    st.lists(review_commands, max_size=12),
    st.sampled_from([CERTIFIER, REVIEWER, STRANGER]),
    st.sampled_from([FRESH, FRESH, STALE, None]),
)
def test_the_verifier_says_what_the_house_says(
    history: tuple[ReviewEvent, ...],
    asked: list[ReviewCommand],
    certifier: UUID,
    signed_in_at: datetime | None,
) -> None:
    """REV-11 to REV-14: of all that may happen, and of an approval on top, by the same code."""
    for command in asked:
        try:
            history += decider.decide(command, decider.fold(history))
        except Refusal:
            continue
    assert rule_of(history) is None
    if not history:
        return
    state = decider.fold(history)
    wish = replace(approve, certifier_id=certifier, standing=NOTHING, signed_in_at=signed_in_at)
    try:
        decider.decide(wish, state)
        expected = None
    except Refusal as refusal:
        expected = refusal.code
    who = {"certifier_id": certifier, "signed_in_at": signed_in_at}
    forced = approved.model_copy(update={**who, "evidence": state.cited})
    assert state.opening is not None
    forced = forced.model_copy(update={"organisation_number": state.opening.organisation_number})
    assert rule_of((*history, forced)) == expected


def changed(event: ReviewEvent, **fields: object) -> tuple[ReviewEvent, ...]:
    """Return the whole history to an approval, with ``event`` changed."""
    new = event.model_copy(update=fields)
    return tuple(new if each == event else each for each in (*ready, approved))


def without(*left_out: ReviewEvent) -> tuple[ReviewEvent, ...]:
    """Return the whole history to an approval, with some of it left out."""
    return tuple(each for each in (*ready, approved) if each not in left_out)


def with_result(criterion: Criterion, result: Result) -> tuple[ReviewEvent, ...]:
    """Return the whole history to an approval, with one result changed."""
    others = all_reviewed_but(criterion)
    return (*staffed, *others, reviewed(criterion, result), *concluded, approved)


def test_the_pilot_decision_follows_from_its_records() -> None:
    """G1: approved, with nothing that would withhold it; what cannot be replayed is named."""
    (found,) = replay((*ready, approved))
    assert (found.outcome, found.withheld) == ("approved", ())
    assert replay((*ready, refused))[0].outcome == "refused"
    assert replay(ready) == ()
    assert "certifier_has_tie" in OUTSIDE
    assert "reauthentication_needed" not in OUTSIDE


@pytest.mark.parametrize("criterion", SCHEME_V1.criteria)
def test_each_of_the_twelve_is_needed_and_each_failing_one_withholds(criterion: Criterion) -> None:
    """REV-11, REV-12: emphasised areas are gates; a refusal on the same results is in order."""
    history = (*staffed, *all_reviewed_but(criterion), *concluded, approved)
    assert rule_of(history) == "criteria_not_reviewed"
    emphasised = criterion in {"3.1", "3.3", "3.5"}
    for result, otherwise in (
        (Result.MINOR_NONCONFORMITY, "minor_nonconformity_open"),
        (Result.MAJOR_NONCONFORMITY, "major_nonconformity_open"),
    ):
        expected = "emphasised_area_fails" if emphasised else otherwise
        history = with_result(criterion, result)
        assert rule_of(history) == expected
        (found,) = replay((*history[:-1], refused))
        assert found.withheld[0] == expected
    assert rule_of(with_result(criterion, Result.CONFORMS_WITH_RECOMMENDATION)) is None
    not_applicable = rule_of(with_result(criterion, Result.NOT_APPLICABLE))
    assert not_applicable == ("not_applicable_on_emphasised" if emphasised else None)


one, *others = all_reviewed_but()
emphasised_one = next(each for each in all_reviewed_but() if each.criterion == "3.5")
worse_item = tuple(
    item.model_copy(update={"result": Result.MINOR_NONCONFORMITY}) for item in emphasised_one.items
)
also_reviewer = assigned.model_copy(update={"reviewer_id": CERTIFIER})
assessed, _, final, recommended = concluded
RULES: list[tuple[str, tuple[ReviewEvent, ...]]] = [
    ("review_not_found", (approved,)),
    ("review_exists", (opened, *ready, approved)),
    ("review_decided", (*ready, approved, approved)),
    ("review_plan_missing", without(planned_for[3])),
    ("review_plan_missing", changed(assigned, reviewer_id=CERTIFIER)),
    ("impartiality_not_declared", without(reviewer_declared)),
    ("impartiality_not_declared", without(certifier_declared)),
    ("not_the_certifier", changed(approved, certifier_id=STRANGER)),
    ("not_the_certifier", without(certifier_assigned)),
    ("reauthentication_needed", changed(approved, signed_in_at=STALE)),
    ("reauthentication_needed", changed(approved, signed_in_at=None)),
    ("not_the_reviewer", without(assigned)),
    ("not_the_reviewer", changed(one, reviewer_id=STRANGER)),
    ("criterion_already_reviewed", (*staffed, one, one, *others, *concluded, approved)),
    ("evidence_missing", changed(one, evidence=())),
    ("evidence_outside_manifest", changed(one, evidence=(OTHER,))),
    ("evidence_missing", changed(one, evidence=(POLICIES,))),
    ("emphasised_items_missing", changed(emphasised_one, items=())),
    ("result_better_than_items", changed(emphasised_one, items=worse_item)),
    ("criterion_not_in_scheme", changed(reviewed(Criterion.STAFF), items=worse_item)),
    ("definition_not_confirmed", changed(assessed, definition_confirmed=False)),
    ("overall_assessment_missing", without(assessed)),
    ("report_not_issued", without(reported)),
    ("comment_window_open", changed(final, finalised_at=MONDAY)),
    (
        "comment_window_open",
        changed(reported, comment_until_at=reported.comment_until_at - timedelta(days=1)),
    ),
    ("report_not_final", without(final)),
    ("recommendation_missing", without(recommended)),
    ("scheme_version_mismatch", changed(approved, organisation_number="7699990029")),
]


@pytest.mark.parametrize(
    ("code", "history"), RULES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_rule_that_does_not_hold_is_named(code: str, history: tuple[ReviewEvent, ...]) -> None:
    """Section 3: the same inputs give the same outcome, or it is said which rule fails."""
    assert rule_of(history) == code


@pytest.mark.parametrize(
    ("code", "person", "part"),
    [
        ("certifier_was_supervisor", CERTIFIER, Part.SUPERVISOR),
        ("certifier_was_trainer", CERTIFIER, Part.TRAINER),
        ("certifier_was_screener", CERTIFIER, Part.SCREENER),
        ("certifier_is_project_leader", CERTIFIER, Part.PROJECT_LEADER),
        ("reviewer_was_supervisor", REVIEWER, Part.SUPERVISOR),
        ("reviewer_was_trainer", REVIEWER, Part.TRAINER),
        ("reviewer_is_project_leader", REVIEWER, Part.PROJECT_LEADER),
    ],
)
def test_whoever_had_a_part_neither_reviews_nor_decides(
    code: str, person: UUID, part: Part
) -> None:
    """SOD-1, SOD-2, SOD-7, SOD-9: by the records of the case."""
    noted = g1.part(APPLICATION, person, part)
    assert rule_of((*ready, approved), (AGREED, noted)) == code


def test_the_reviewer_does_not_decide() -> None:
    """SOD-6: also when assigned to review only after being named certifier."""
    plan = planned_for[3].model_copy(
        update={
            "reviewers": tuple(
                each.model_copy(update={"person_id": who})
                for who in (REVIEWER, CERTIFIER)
                for each in planned_for[3].reviewers  # type: ignore[union-attr]
            )
        }
    )
    history = (*planned_for[:3], plan, *staffed[4:], also_reviewer, *all_reviewed_but())
    assert rule_of((*history, *concluded, approved)) == "certifier_was_reviewer"
    assert rule_of(ready, ()) == "agreement_missing"


def test_the_sign_in_before_a_refusal_is_asked_alike() -> None:
    """REV-13: at most five minutes before, to the second, whichever way it is decided."""
    for decision in (approved, refused):
        for at, rule in ((FRESH, None), (STALE, "reauthentication_needed")):
            history = (*ready, decision.model_copy(update={"signed_in_at": at}))
            assert rule_of(history) == rule


def test_a_decision_of_an_earlier_version_is_held_to_every_other_rule() -> None:
    """ADR-0025: what it does not say cannot be asked; all the rest is."""
    (found,) = replay((*ready, earlier.approved))  # type: ignore[arg-type]
    assert found.not_replayed == ("reauthentication_needed",)
    (found,) = replay((*ready, approved))
    assert found.not_replayed == ()
    history = (*without(recommended, approved), earlier.approved)
    assert rule_of(history) == "recommendation_missing"  # type: ignore[arg-type]


def test_a_decision_of_an_earlier_version_has_no_field_of_a_later_one() -> None:
    """ADR-0025, as the services read it: neither passed over nor believed."""
    with pytest.raises(MalformedError, match="version 1 of CertificationApproved has no signed_in"):
        replay((*ready, earlier.ahead))  # type: ignore[arg-type]


async def answer(place: Place, told: Sequence[g1.Said]) -> tuple[int, dict[str, Any]]:
    """Return how the bundle of Alfa's case is answered after ``told``."""
    house = await g1.house(*told)
    return place.bundle(made(CASE, house.shown), BELIEVED)


async def test_a_whole_case_with_a_broken_rule_is_refused(place: Place) -> None:
    """Section 3: everything signed and complete, and yet not by the rules."""
    told = list(g1.story(ALFA))
    at = next(n for n, said in enumerate(told) if said.stream.startswith("casefile-"))
    parts = (*told[at].events, g1.part(ALFA, CERTIFIER, Part.SUPERVISOR))
    code, report = await answer(
        place, [*told[:at], told[at]._replace(events=parts), *told[at + 1 :]]
    )

    assert (code, report["rule"], report["log"]) == (1, "certifier_was_supervisor", "asf/review")
    assert report["position"] > 0


async def test_somebody_else_wrote_the_decision(place: Place) -> None:
    """REV-13, GEN-2: the record's actor is the certifier, in that role."""
    told = [
        each._replace(person=STRANGER) if each.role is Role.CERTIFIER else each
        for each in g1.story(ALFA)
    ]
    code, report = await answer(place, told)
    assert (code, report["rule"]) == (1, "not_the_certifier")


async def test_a_refusal_replays_and_leads_to_no_certificate(place: Place) -> None:
    """CER-1: a certificate on a refusal is found."""
    told = g1.story(ALFA, ending=(refused,))
    code, report = await answer(place, told)
    assert (code, report["rule"], report["log"]) == (1, "decision_missing", "asf/certificates")

    code, report = await answer(place, [each for each in told if each.service != "certificates"])
    assert (code, report["decisions"][0]["outcome"], report["certificates"]) == (0, "refused", [])


@pytest.mark.parametrize(
    ("code", "gone"),
    [("agreement_missing", certificates.agreed), ("fee_not_settled", certificates.paid)],
    ids=["agreement", "fee"],
)
async def test_a_certificate_waits_for_agreement_and_fee(
    place: Place, code: str, gone: Event
) -> None:
    """CER-3, K-14."""
    (kept,) = g1.of(ALFA, (gone,))
    told = [
        each._replace(events=tuple(event for event in each.events if event != kept))
        for each in g1.story(ALFA)
    ]
    status, report = await answer(place, told)
    assert (status, report["rule"]) == (1, code)


async def test_a_decision_grants_one_certificate(place: Place) -> None:
    """CER-1: a second certificate on the same decision is found."""
    told = [*g1.story(ALFA)]
    second = told[-1]._replace(stream=f"certificate-{g1.NAMES}")
    code, report = await answer(place, [*told, second])
    assert (code, report["rule"]) == (1, "decision_missing")


async def test_a_certificate_lasts_as_long_as_the_policy_says(place: Place) -> None:
    """CER-4: two years, to the day."""
    later = certificates.issued.valid_until.replace(year=2022)
    told = [
        each._replace(
            events=tuple(
                event.model_copy(update={"valid_until": later})
                if type(event) is type(certificates.issued)
                else event
                for event in each.events
            )
        )
        for each in g1.story(ALFA)
    ]
    status, report = await answer(place, told)
    assert (status, report["rule"]) == (1, "CER-4")


async def test_the_criteria_are_those_that_were_published(place: Place) -> None:
    """SCH-5: a document that was changed, or that nobody who is trusted knows, decides nothing."""
    house = await g1.house()
    files = made(CASE, house.shown)
    scheme = files["criteria/scheme-v1.json"]
    lenient = scheme.replace(b'"emphasised":["3.1","3.3","3.5"]', b'"emphasised":[]')
    assert lenient != scheme
    code, report = place.bundle(resealed(files, **{"criteria/scheme-v1.json": lenient}), BELIEVED)
    assert (code, report["result"]) == (3, "untrusted")
    code, _ = place.bundle(files, BELIEVED, "--published", f"scheme-v1={'ab' * 32}")
    assert code == 3

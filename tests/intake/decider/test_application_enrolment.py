"""From admission to the group: document, agreement, place, enrolment."""

from dataclasses import replace

import pytest

from services.intake.commands.application import (
    ConfirmDocumentAccess,
    CountersignAgreement,
    EnrolApplicant,
    SignAgreement,
    TakeGroupPlace,
)
from services.intake.decider.application import decider
from shared.contracts.intake import ApplicationEvent, GroupPlaceTaken
from shared.testing import Scenario
from tests.intake.facts import (
    ALFA,
    APPLICATION,
    BETA,
    GROUP,
    LATER,
    LEADER,
    OTHER_GROUP,
    OTHER_ROUND,
    ROUND,
    SIGNATORY,
    STRANGER,
    countersigned,
    enrolled,
    has_document,
    in_screening,
    is_admitted,
    is_enrolled,
    signed,
)

application = Scenario(decider)

confirm = ConfirmDocumentAccess(ALFA, LATER)
sign = SignAgreement(ALFA, SIGNATORY, "1", "1", LATER)
countersign = CountersignAgreement(LATER)
enrol = EnrolApplicant(place_accepted=True, scheme="v1", project_leader_id=LEADER, at=LATER)
take = TakeGroupPlace(GROUP, ROUND, LATER)
taken = GroupPlaceTaken(application_id=APPLICATION, group_id=GROUP, taken_at=LATER)


def test_the_enterprise_says_that_it_has_the_document() -> None:
    """Q-061: it is bought from SIS; we note that it is there."""
    application.given(*is_admitted).when(confirm).then(has_document)
    application.given(*is_admitted, has_document).when(confirm).then_nothing()


def test_the_signatory_signs_the_agreement_in_force() -> None:
    """K-01, SOD-14: the version that is in force, by the person who may."""
    given = application.given(*is_admitted)
    given.when(sign).then(signed)
    application.given(*is_admitted, signed).when(sign).then_nothing()
    given.when(replace(sign, agreement="0")).then_refused("agreement_not_in_force")
    given.when(replace(sign, signatory_id=STRANGER)).then_refused("not_the_signatory")


def test_the_agreement_is_in_force_when_both_have_signed() -> None:
    """APP-12, K-01: SKOOPI signs what the enterprise has signed."""
    application.given(*is_admitted).when(countersign).then_refused("agreement_missing")
    application.given(*is_admitted, signed).when(countersign).then(countersigned)
    application.given(*is_admitted, signed, countersigned).when(countersign).then_nothing()
    application.when(countersign).then_refused("application_not_found")


@pytest.mark.parametrize("wish", [confirm, sign])
def test_before_admission_there_is_nothing_to_sign(
    wish: ConfirmDocumentAccess | SignAgreement,
) -> None:
    """Q-006: the order of the steps."""
    application.given(*in_screening).when(wish).then_refused("application_not_admitted")


@pytest.mark.parametrize("wish", [confirm, sign])
def test_another_enterprise_learns_nothing(wish: ConfirmDocumentAccess | SignAgreement) -> None:
    """SOD-14: the same answer as for what does not exist."""
    strange = replace(wish, organisation=BETA)
    application.given(*is_admitted).when(strange).then_refused("application_not_found")


def test_whoever_has_all_three_is_enrolled() -> None:
    """APP-12: agreement, document, place; the round's criteria go with it."""
    ready = application.given(*is_admitted, has_document, signed, countersigned)
    ready.when(enrol).then(enrolled)
    application.given(*is_enrolled).when(enrol).then_nothing()
    state = decider.fold(is_enrolled)
    assert decider.scheme(state) == "v1"
    assert decider.scheme(decider.fold(is_admitted)) is None


@pytest.mark.parametrize(
    ("there", "place", "code"),
    [
        ((has_document, signed), True, "agreement_missing"),
        ((signed, countersigned), True, "document_access_missing"),
        ((has_document, signed, countersigned), False, "place_missing"),
    ],
)
def test_enrolment_waits_for_whatever_is_missing(
    there: tuple[ApplicationEvent, ...], place: bool, code: str
) -> None:
    """APP-12: two of three are not enough."""
    wish = replace(enrol, place_accepted=place)
    application.given(*is_admitted, *there).when(wish).then_refused(code)


def test_nobody_is_enrolled_before_admission() -> None:
    """Q-006: the order of the steps."""
    application.given(*in_screening).when(enrol).then_refused("application_not_admitted")
    application.when(enrol).then_refused("application_not_found")


def test_an_enrolled_enterprise_takes_its_one_place_in_a_group() -> None:
    """GRP-2: and the same place twice is one place."""
    application.given(*is_enrolled).when(take).then(taken)
    application.given(*is_enrolled, taken).when(take).then_nothing()


def test_a_second_group_is_refused() -> None:
    """GRP-2, G2: one group only."""
    other = replace(take, group_id=OTHER_GROUP)
    application.given(*is_enrolled, taken).when(other).then_refused("member_in_other_group")


def test_a_member_is_enrolled_in_the_round_of_the_group() -> None:
    """GRP-2: enrolled, and there."""
    application.given(*is_admitted).when(take).then_refused("member_not_enrolled")
    elsewhere = replace(take, round_id=OTHER_ROUND)
    application.given(*is_enrolled).when(elsewhere).then_refused("member_not_enrolled")

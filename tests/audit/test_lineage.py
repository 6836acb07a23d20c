"""Why a decision was made: everything in one document, and nothing that the records do not say."""

from uuid import UUID

from services.audit.views.lineage import Lineage, decision_in, lineage_of
from services.audit.views.placed import Placed
from shared.contracts.record import Record
from tests.audit.api.house import CASE, OTHER_CASE
from tests.audit.case import (
    CERTIFIER,
    DECISION,
    FILE,
    FIRM,
    REVIEW,
    REVIEWER,
    ROOT,
    SCREENER,
    SUPERVISOR,
    TEXT,
    UNUSED,
    appointed,
    certification,
    placed,
)

RECORDS = placed(certification())


def explained(
    records: tuple[Placed, ...] = RECORDS,
    elsewhere: tuple[Record, ...] = (),
    appointments: tuple[Record, ...] = (),
) -> Lineage:
    """Return the lineage of the decision in ``records``."""
    decision = decision_in(records)
    assert decision is not None
    return lineage_of(
        decision, records, elsewhere=placed(elsewhere), appointments=placed(appointments)
    )


def test_a_decision_is_found_by_review_by_decision_and_by_case() -> None:
    """AUD-1: and none where there is none, or another is meant."""
    found = decision_in(RECORDS)
    assert found is not None
    assert found.record.type == "CertificationApproved"
    assert decision_in(RECORDS, review_id=REVIEW) == found
    assert decision_in(RECORDS, decision_id=DECISION) == found
    assert decision_in(RECORDS, review_id=UUID(int=1)) is None
    assert decision_in(RECORDS, decision_id=UUID(int=1)) is None
    assert decision_in(RECORDS[:10]) is None


def test_it_says_by_which_criteria_and_rules_and_what_was_decided() -> None:
    """GEN-2, SCH-5: outcome, version of the scheme, version of the constants."""
    why = explained()
    assert (why.outcome, why.scheme, why.policy) == ("approved", "v1", "1")
    assert (why.case, why.organisation, why.review_id) == (CASE, FIRM, REVIEW)
    assert why.evidence == (TEXT, FILE)
    assert why.recommendation is not None
    assert why.overall is not None
    assert (why.recommendation.value, why.overall.value) == ("approve", "true")


def test_each_result_cites_its_evidence_and_what_it_replaced() -> None:
    """REV-5, GEN-3: the last result counts; the earlier one stays named."""
    first, second = explained().criteria
    assert (first.criterion, first.result, first.items) == (
        "3.1",
        "conforms",
        {"3.1-a": "conforms"},
    )
    assert (second.criterion, second.result, second.evidence) == ("3.2", "conforms", (FILE,))
    assert [each.type for each in second.replaced] == ["CriterionReviewed"]
    assert first.replaced == ()
    assert {first.reviewer, second.reviewer} == {REVIEWER}


def test_cited_evidence_is_traced_to_where_it_came_in() -> None:
    """WSP-5: the manifest as submitted; of the pieces those that something rests on."""
    why = explained()
    assert why.manifest is not None
    assert (why.manifest.root, why.manifest.hashes) == (ROOT, (TEXT, FILE, UNUSED))
    assert [each.evidence_hash for each in why.pieces] == [TEXT, FILE]


def test_it_names_everybody_by_part_and_their_declarations() -> None:
    """SOD-1 to SOD-9, REV-2: pseudonyms, each with the record that it rests on."""
    why = explained()
    people = {(each.part, each.person) for each in why.people}
    assert people >= {
        ("screener", SCREENER),
        ("supervisor", SUPERVISOR),
        ("reviewer", REVIEWER),
        ("certifier", CERTIFIER),
    }
    assert [each.person for each in why.declarations] == [REVIEWER]


def test_it_says_whether_appointments_were_in_force() -> None:
    """APT-1, REV-3: on the day of the decision, in Stockholm, both ends included."""
    why = explained(
        appointments=(
            appointed(REVIEWER, "reviewer", "2019-06-18", "2019-06-18"),
            appointed(CERTIFIER, "certifier", "2018-01-01", "2019-06-17"),
        )
    )
    assert [(each.person, each.in_force) for each in why.mandates] == [
        (REVIEWER, True),
        (CERTIFIER, False),
    ]


def test_earlier_decisions_are_those_before_it() -> None:
    """AUD-1: of the case itself and of the organisation's other cases; nothing that came after."""
    before, after = certification()[2], certification()[-3]
    other = before._replace(type="ApplicationDeferred", correlation_id=OTHER_CASE)
    later = other._replace(
        recorded_at=after.recorded_at.replace(year=2020), type="ApplicationRejected"
    )
    why = explained(elsewhere=(certification()[2], other, later))
    assert [(each.outcome, each.case) for each in why.earlier] == [
        ("admitted", CASE),
        ("deferred", OTHER_CASE),
    ]


def test_nothing_that_came_after_is_part_of_why() -> None:
    """AUD-1: a record after the decision changes nothing in its lineage."""
    assert explained(RECORDS[:18]) == explained()


def test_whatever_is_cited_can_be_looked_up() -> None:
    """AUD-3: log, position and leaf hash of each are those of a record."""
    known = {(each.log, each.position, each.hash) for each in RECORDS}
    why = explained()
    cited = [why.decision, *why.declarations, *(each.rests_on for each in why.people)]
    cited += [each.rests_on for each in why.criteria]
    cited += [each.rests_on for each in why.pieces]
    cited += [each.rests_on for each in why.earlier]
    assert {(each.log, each.position, each.hash) for each in cited} <= known


def test_records_that_make_no_sense_are_passed_over() -> None:
    """L7: total: a decision is explained as far as its records say anything."""
    broken = [
        each._replace(data={"items": 7, "evidence": "x", "criterion": None, "manifest": [1]})
        for each in certification()
    ]
    why = explained(placed(broken))
    assert why.evidence == ()
    assert why.criteria[0].result == "?"

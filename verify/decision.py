"""Replay: the rules of the decision, on the records of the case, once more. REV-3, REV-11 to REV-14.

The same rules on the same records give the same outcome, or the first rule that does not hold is
named. What a rule asks that no record of the case says is listed in ``OUTSIDE``, and not replayed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from verify.published import Constants, Criteria
from verify.record import Record
from verify.refused import MalformedError, TamperedError, at
from verify.review import Case, Review, broken_by, certifier_bars, note, take

LOG: Final = "asf/review"
OUTSIDE: Final = (
    "certifier_has_tie",
    "certifier_same_round",
    "certifier_reciprocal",
    "reviewer_has_tie",
    "reviewer_same_round",
    "reviewer_reciprocal",
    "mandate_missing",
)
"""Rules that rest on more than a case has on record: ties, earlier cases, what an appointment covers
(here only that one is cited)."""
_SIGNED_IN_MAX: Final = timedelta(minutes=5)
_UNSAID: Final = {1: ("reauthentication_needed",)}
"""Rules that rest on what a decision of an earlier version does not say, by that version."""
_MINOR, _MAJOR = "minor_nonconformity", "major_nonconformity"
_DECISIONS: Final = {"CertificationApproved": "approved", "CertificationRefused": "refused"}


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision whose rules held.

    Attributes:
        outcome: ``approved`` or ``refused``.
        withheld: Codes of what withholds an approval; empty for one that is approved.
        not_replayed: Codes of rules that could not be asked: a record of that version does not say.
    """

    decision_id: str
    position: int
    outcome: str
    withheld: tuple[str, ...]
    not_replayed: tuple[str, ...]


def replayed(
    records: Iterable[Record],
    criteria: Mapping[str, Criteria],
    constants: Mapping[str, Constants],
) -> tuple[Replayed, ...]:
    """Return every decision of the case, when it and all that led to it followed the rules.

    Args:
        records: Of the case in the log of review, by position.
        criteria: By version of the scheme.
        constants: By version of the policy.

    Raises:
        TamperedError: A rule did not hold; says which, and at which record.
        MalformedError: A record lacks what its type has.
    """
    case, reviews = Case(), dict[str, Review]()
    found: list[Replayed] = []
    for record in records:
        with at(record.log, record.position):
            try:
                found.extend(_after(record, case, reviews, criteria, constants))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise MalformedError(f"{record.type} is not as its type: {error!r}") from error
    return tuple(found)


def _after(
    record: Record,
    case: Case,
    reviews: dict[str, Review],
    criteria: Mapping[str, Criteria],
    constants: Mapping[str, Constants],
) -> Iterator[Replayed]:
    """Take ``record``; yield the decision, where it is one."""
    note(case, record)
    if record.type == "ReviewOpened":
        if record.stream in reviews:
            raise TamperedError("the review was opened twice", rule="review_exists")
        reviews[record.stream] = Review(dict(record.data))
    review = reviews.get(record.stream)
    if review is None:
        if record.type in _DECISIONS:
            raise TamperedError("a decision on no review", rule="review_not_found")
        return
    scheme, policy = criteria[review.opening["scheme"]], constants[record.policy]
    broken = list(broken_by(record, review, case, scheme, policy))
    if record.type in _DECISIONS:
        broken += _unready(record, review, case, scheme)
        withheld = tuple(_withheld(review, scheme))
        if _DECISIONS[record.type] == "approved":
            broken += withheld
        if not broken:
            outcome, unsaid = _DECISIONS[record.type], _UNSAID.get(record.schema, ())
            yield Replayed(record.data["decision_id"], record.position, outcome, withheld, unsaid)
    if broken:
        raise TamperedError(f"{record.type} breaks {', '.join(broken)}", rule=broken[0])
    take(record, review)


def _unready(record: Record, review: Review, case: Case, criteria: Criteria) -> Iterator[str]:
    """REV-3, REV-11, REV-13, GEN-2: why nobody could have decided this then."""
    data = record.data
    if record.schema == 1 and "signed_in_at" in data:
        raise MalformedError(f"version 1 of {record.type} has no signed_in_at")
    certifier = data["certifier_id"]
    undeclared = {*review.reviewers, certifier} - review.declared
    opened = {
        name: review.opening[name]
        for name in ("review_id", "application_id", "organisation_number", "scheme")
    }
    actor = (record.actor.get("person"), record.actor.get("role"))
    for code, stands in (
        ("not_the_certifier", certifier != review.certifier or actor != (certifier, "certifier")),
        *((code, True) for code in certifier_bars(review, case, certifier)),
        ("mandate_missing", record.actor.get("mandate") is None),
        ("reauthentication_needed", record.schema > 1 and not _fresh(data)),
        ("reason_missing", not data["reason"]),
        ("criteria_not_reviewed", bool(criteria.codes - review.results.keys())),
        ("overall_assessment_missing", review.definition is None),
        ("report_not_final", not review.final),
        ("recommendation_missing", review.recommended is None),
        ("impartiality_not_declared", bool(undeclared)),
        ("evidence_missing", tuple(data["evidence"]) != review.cited),
        ("scheme_version_mismatch", {name: data[name] for name in opened} != opened),
    ):
        if stands:
            yield code


def _fresh(data: Mapping[str, Any]) -> bool:
    """REV-13: return whether the certifier had signed in at most five minutes before."""
    if data["signed_in_at"] is None:
        return False
    signed_in, decided = (
        datetime.fromisoformat(data[f"{did}_at"]) for did in ("signed_in", "decided")
    )
    return decided - signed_in <= _SIGNED_IN_MAX


def _withheld(review: Review, criteria: Criteria) -> Iterator[str]:
    """REV-11, REV-12: what withholds an approval, in the order in which it is asked."""
    results = {code: given.result for code, given in review.results.items()}
    failing = {code for code, result in results.items() if result in {_MINOR, _MAJOR}}
    for code, stands in (
        ("definition_not_confirmed", not review.definition),
        ("emphasised_area_fails", bool(failing & criteria.emphasised)),
        ("major_nonconformity_open", _MAJOR in results.values()),
        ("minor_nonconformity_open", bool(failing)),
    ):
        if stands:
            yield code

"""The rules of the decision: who decides, on what, and what withholds an approval (step 7)."""

from datetime import timedelta

from services.review.commands.review import ApproveCertification, Decision, RefuseCertification
from services.review.decider.bars import bars_to_deciding, refuse_if_barred
from services.review.decider.grounds import refuse_outside_appointment, refuse_without_reason
from services.review.decider.results import refuse_while_unreviewed
from services.review.decider.review_state import Review, scheme_of, undecided
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    Result,
    ReviewEvent,
    ReviewOpened,
)
from shared.decider import Refusal, RefusalKind

NONCONFORMITIES = frozenset({Result.MINOR_NONCONFORMITY, Result.MAJOR_NONCONFORMITY})
SIGNED_IN_MINUTES_MAX = 5
"""How long ago a certifier may have signed in when deciding (REV-13)."""


def approve(command: ApproveCertification, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-11, REV-12: still an ASF, and nothing open, least of all where it weighs most."""
    opening = _ready_for(command, review)
    if not review.definition_confirmed:
        raise Refusal(
            RefusalKind.CONFLICT, "definition_not_confirmed", "The firm was not found to be an ASF."
        )
    failing = {c for c, given in review.results.items() if given.result in NONCONFORMITIES}
    major = {c for c in failing if review.results[c].result is Result.MAJOR_NONCONFORMITY}
    emphasised = failing.intersection(scheme_of(opening).emphasised)
    for code, criteria, what in (
        ("emphasised_area_fails", emphasised, "Emphasised areas with a nonconformity"),
        ("major_nonconformity_open", major, "Major nonconformities that are open"),
        ("minor_nonconformity_open", failing, "Minor nonconformities that are open"),
    ):
        if criteria:
            raise Refusal(RefusalKind.CONFLICT, code, f"{what}: {', '.join(sorted(criteria))}.")
    return (
        CertificationApproved(
            decision_id=command.decision_id,
            review_id=opening.review_id,
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            organisation_name=opening.organisation_name,
            scheme=opening.scheme,
            reason=command.reason,
            language=command.language,
            evidence=review.cited,
            certifier_id=command.certifier_id,
            signed_in_at=command.signed_in_at,
            decided_at=command.at,
        ),
    )


def refuse(command: RefuseCertification, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-11, GEN-8: the organisation's no is a decision with reasons that can be appealed."""
    opening = _ready_for(command, review)
    return (
        CertificationRefused(
            decision_id=command.decision_id,
            review_id=opening.review_id,
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            organisation_name=opening.organisation_name,
            scheme=opening.scheme,
            reason=command.reason,
            language=command.language,
            evidence=review.cited,
            certifier_id=command.certifier_id,
            signed_in_at=command.signed_in_at,
            decided_at=command.at,
        ),
    )


def _ready_for(command: Decision, review: Review) -> ReviewOpened:
    """REV-3, REV-11, REV-13: the assigned certifier, still appointed and free of bars.

    And on a complete review.
    """
    opening = undecided(review)
    if command.certifier_id != review.certifier_id:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_certifier", "Only the assigned certifier decides."
        )
    bars = bars_to_deciding(
        command.standing,
        opening,
        command.at,
        person=command.certifier_id,
        reviewers=review.reviewers,
    )
    refuse_if_barred(bars)
    refuse_outside_appointment(frozenset(scheme_of(opening).criteria), command.competence)
    _refuse_without_fresh_sign_in(command)
    refuse_without_reason(command.reason)
    refuse_while_unreviewed(review, opening)
    undeclared = {*review.reviewers, command.certifier_id} - review.declared
    for code, missing, what in (
        (
            "overall_assessment_missing",
            review.definition_confirmed is None,
            "The firm as a whole has not been assessed.",
        ),
        ("report_not_final", not review.final, "The report has not been finalised."),
        ("recommendation_missing", review.recommended is None, "No decision is recommended yet."),
        (
            "impartiality_not_declared",
            bool(undeclared),
            "Somebody who reviewed, or the certifier, has not declared impartiality.",
        ),
    ):
        if missing:
            raise Refusal(RefusalKind.INCOMPLETE, code, what)
    return opening


def _refuse_without_fresh_sign_in(command: Decision) -> None:
    """REV-13: an open session is not enough to decide; the person proves again who they are."""
    fresh = timedelta(minutes=SIGNED_IN_MINUTES_MAX)
    if command.signed_in_at is None or command.at - command.signed_in_at > fresh:
        raise Refusal(
            RefusalKind.INCOMPLETE, "reauthentication_needed", "Sign in again, then decide."
        )

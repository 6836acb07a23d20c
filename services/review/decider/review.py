"""The rules of a review: who may assess, what must be assessed, and what the ASF is told (step 7).

``decide`` lists what can be asked; what is remembered stands in ``review_state``, who is barred in
``bars``, and what the decision itself needs in ``certification``.
"""

from typing import Final, assert_never
from uuid import UUID

from services.review.commands.review import (
    ApproveCertification,
    AssessOverall,
    AssignCertifier,
    AssignReviewer,
    CommentReport,
    DeclareImpartiality,
    FinaliseReport,
    IssueReport,
    OpenReview,
    PlanReview,
    RecommendDecision,
    RefuseCertification,
    ReviewCommand,
    ReviewCriterion,
    ReviseCriterion,
    WaiveComment,
)
from services.review.decider.bars import bars_to_deciding, bars_to_reviewing, refuse_if_barred
from services.review.decider.certification import approve, refuse
from services.review.decider.report import comment, finalise, issue, recommend, waive
from services.review.decider.results import assess_overall, review_criterion, revise_criterion
from services.review.decider.review_state import Review, evolve, opening_of, scheme_of, undecided
from shared.contracts.review import (
    CertifierAssigned,
    ImpartialityDeclared,
    ReviewerAssigned,
    ReviewEvent,
    ReviewOpened,
    ReviewPlanSet,
)
from shared.contracts.scheme import Criterion
from shared.decider import Decider, Refusal, RefusalKind


def decide(  # noqa: PLR0912 -- one case for each command
    command: ReviewCommand, review: Review
) -> tuple[ReviewEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case OpenReview():
            return _open(command, review)
        case DeclareImpartiality():
            return _declare(command, review)
        case PlanReview():
            return _plan(command, review)
        case AssignReviewer():
            return _assign_reviewer(command, review)
        case AssignCertifier():
            return _assign_certifier(command, review)
        case ReviewCriterion():
            return review_criterion(command, review)
        case ReviseCriterion():
            return revise_criterion(command, review)
        case AssessOverall():
            return assess_overall(command, review)
        case IssueReport():
            return issue(command, review)
        case CommentReport():
            return comment(command, review)
        case WaiveComment():
            return waive(command, review)
        case FinaliseReport():
            return finalise(command, review)
        case RecommendDecision():
            return recommend(command, review)
        case ApproveCertification():
            return approve(command, review)
        case RefuseCertification():
            return refuse(command, review)
        case _:
            assert_never(command)


def _scheme(review: Review) -> str | None:
    """Return the version of the criteria that the review is bound to (SCH-5)."""
    return review.opening.scheme if review.opening else None


decider = Decider(initial=Review(), decide=decide, evolve=evolve, scheme=_scheme)


def _open(command: OpenReview, review: Review) -> tuple[ReviewEvent, ...]:
    """Step 6: the account is in, and its review begins; asked twice, it is opened once."""
    opened = ReviewOpened(
        review_id=command.review_id,
        application_id=command.application_id,
        organisation_number=command.organisation_number,
        organisation_name=command.organisation_name,
        round_id=command.round_id,
        kind="initial",
        scheme=command.scheme,
        signatory_id=command.signatory_id,
        manifest=command.manifest,
        opened_at=command.at,
    )
    if review.opening is None:
        return (opened,)
    if review.opening.model_copy(update={"opened_at": opened.opened_at}) != opened:
        raise Refusal(RefusalKind.CONFLICT, "review_exists", "Another account is under review.")
    return ()


def _declare(command: DeclareImpartiality, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-2, REV-3: whoever takes part says first that nothing bars them."""
    opening = undecided(review)
    if command.person_id in review.declared:
        return ()
    return (
        ImpartialityDeclared(
            review_id=opening.review_id, person_id=command.person_id, declared_at=command.at
        ),
    )


def _plan(command: PlanReview, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-1: the ASF is told who reviews what, by when and how."""
    opening = undecided(review)
    plan = ReviewPlanSet(
        review_id=opening.review_id,
        application_id=opening.application_id,
        reviewers=command.reviewers,
        certifier_id=command.certifier_id,
        from_on=command.from_on,
        until_on=command.until_on,
        method=command.method,
        sampled_units=command.sampled_units,
        set_at=command.at,
    )
    if review.plan is not None and review.plan.model_copy(update={"set_at": command.at}) == plan:
        return ()
    return (plan,)


DECIDES: Final = "certifier_was_reviewer"
"""SOD-6 from its other side: who is to decide does not review, or nobody could decide any more."""


def _assign_reviewer(command: AssignReviewer, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-1, REV-2: under agreement and plan, a competent person whom nothing bars."""
    opening = undecided(review)
    bars = bars_to_reviewing(command.standing, opening, command.at)
    refuse_if_barred(bars | {DECIDES: command.reviewer_id == review.certifier_id})
    assigned = ReviewerAssigned(
        review_id=opening.review_id,
        application_id=opening.application_id,
        organisation_number=opening.organisation_number,
        reviewer_id=command.reviewer_id,
        areas=command.areas,
        lead=command.lead,
        assigned_at=command.at,
    )
    known = review.reviewers.get(command.reviewer_id)
    if known and known.model_copy(update={"assigned_at": command.at}) == assigned:
        return ()
    _refuse_outside_agreement(command.agreement)
    _refuse_outside_plan(review, command)
    _refuse_unfit(command, review, command.reviewer_id, frozenset(command.areas))
    return (assigned,)


def _assign_certifier(command: AssignCertifier, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-1, REV-3: under agreement and plan, a competent person whom nothing bars."""
    opening = undecided(review)
    bars = bars_to_deciding(
        command.standing,
        opening,
        command.at,
        person=command.certifier_id,
        reviewers=review.reviewers,
    )
    refuse_if_barred(bars)
    if review.certifier_id == command.certifier_id:
        return ()
    if review.certifier_id is not None:
        raise Refusal(RefusalKind.CONFLICT, "certifier_exists", "Another certifier is assigned.")
    _refuse_outside_agreement(command.agreement)
    _refuse_outside_plan(review, command)
    wanted = frozenset(scheme_of(opening).criteria)
    _refuse_unfit(command, review, command.certifier_id, wanted)
    return (
        CertifierAssigned(
            review_id=opening.review_id,
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            certifier_id=command.certifier_id,
            assigned_at=command.at,
        ),
    )


def _refuse_outside_agreement(agreement: str | None) -> None:
    """REV-1, K-01: no review is staffed without an agreement that both have signed."""
    if agreement is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "agreement_missing", "The agreement is not countersigned."
        )


def _refuse_outside_plan(review: Review, command: AssignReviewer | AssignCertifier) -> None:
    """REV-1: nobody is assigned whom, or for what, the plan has not told the ASF."""
    told = review.plan is not None and (
        any(
            each.person_id == command.reviewer_id and set(command.areas) <= set(each.areas)
            for each in review.plan.reviewers
        )
        if isinstance(command, AssignReviewer)
        else review.plan.certifier_id == command.certifier_id
    )
    if not told:
        raise Refusal(
            RefusalKind.INCOMPLETE, "review_plan_missing", "Tell the ASF so in the plan first."
        )


def _refuse_unfit(
    command: AssignReviewer | AssignCertifier,
    review: Review,
    person_id: UUID,
    wanted: frozenset[Criterion],
) -> None:
    """REV-2, REV-3, K-03: appointed for the areas, and declared to be impartial."""
    if not wanted or wanted - command.competence:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "competence_missing",
            "No appointment covers all areas of the assignment.",
        )
    if person_id not in review.declared:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "impartiality_not_declared",
            "The person declares impartiality first.",
        )


__all__ = ["Review", "decide", "decider", "evolve", "opening_of"]

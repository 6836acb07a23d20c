"""The rules of results: who gives them, on what evidence, and how the whole is weighed (step 7)."""

from services.review.commands.review import AssessOverall, ReviewCriterion, ReviseCriterion
from services.review.decider.bars import bars_to_reviewing, refuse_if_barred
from services.review.decider.grounds import refuse_outside_appointment, refuse_without_reason
from services.review.decider.review_state import Review, scheme_of, undecided
from shared.contracts.review import (
    CriterionReviewed,
    CriterionReviewRevised,
    ItemResult,
    OverallAssessmentMade,
    Result,
    ReviewEvent,
    ReviewOpened,
)
from shared.decider import Refusal, RefusalKind

FROM_BEST_TO_WORST = (
    Result.CONFORMS,
    Result.CONFORMS_WITH_RECOMMENDATION,
    Result.MINOR_NONCONFORMITY,
    Result.MAJOR_NONCONFORMITY,
)


def review_criterion(command: ReviewCriterion, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-5: an assigned reviewer gives each criterion one result that rests on evidence."""
    opening = _for_results(command, review)
    if command.criterion in review.results:
        raise Refusal(
            RefusalKind.CONFLICT, "criterion_already_reviewed", "Revise the result instead."
        )
    return (
        CriterionReviewed(
            review_id=opening.review_id,
            application_id=opening.application_id,
            criterion=command.criterion,
            result=command.result,
            items=_items(command, opening),
            reason=command.reason,
            language=command.language,
            evidence=command.evidence,
            reviewer_id=command.reviewer_id,
            reviewed_at=command.at,
        ),
    )


def revise_criterion(command: ReviseCriterion, review: Review) -> tuple[ReviewEvent, ...]:
    """GEN-3, REV-5: another result is a revision that names what it revises."""
    opening = _for_results(command, review)
    given = review.results.get(command.criterion)
    if given is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "criteria_not_reviewed", "There is no result to revise."
        )
    items, evidence = _items(command, opening), tuple(sorted(set(command.evidence)))
    if (command.result, items, evidence) == (given.result, given.items, given.evidence):
        return ()
    _refuse_once_reported(review)
    return (
        CriterionReviewRevised(
            review_id=opening.review_id,
            application_id=opening.application_id,
            criterion=command.criterion,
            result=command.result,
            items=items,
            reason=command.reason,
            language=command.language,
            evidence=evidence,
            reviewer_id=command.reviewer_id,
            revises=given.version,
            revised_at=command.at,
        ),
    )


def assess_overall(command: AssessOverall, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-11, T7: the whole is weighed by the lead reviewer when every area has its result."""
    opening = undecided(review)
    refuse_unless_lead(command.reviewer_id, review)
    refuse_if_barred(bars_to_reviewing(command.standing, opening, command.at))
    refuse_without_reason(command.reason)
    refuse_while_unreviewed(review, opening)
    if review.definition_confirmed is command.definition_confirmed:
        return ()
    _refuse_once_reported(review)
    return (
        OverallAssessmentMade(
            review_id=opening.review_id,
            application_id=opening.application_id,
            definition_confirmed=command.definition_confirmed,
            reason=command.reason,
            language=command.language,
            evidence=review.cited,
            assessed_at=command.at,
        ),
    )


def refuse_unless_lead(reviewer_id: object, review: Review) -> None:
    """REV-5: what speaks for the whole review is done by a reviewer assigned to lead it."""
    if not any(each.reviewer_id == reviewer_id and each.lead for each in review.reviewers.values()):
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_reviewer", "Only the lead reviewer does this."
        )


def refuse_while_unreviewed(review: Review, opening: ReviewOpened) -> None:
    """REV-11: the set is complete or it is not; one of them twice makes no twelve."""
    missing = set(scheme_of(opening).criteria) - review.results.keys()
    if missing:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "criteria_not_reviewed",
            f"Criteria without a result: {', '.join(sorted(missing))}.",
        )


def _refuse_once_reported(review: Review) -> None:
    """REV-9: what the ASF has been shown is not changed behind its back."""
    if review.comment_until_at is not None:
        raise Refusal(RefusalKind.CONFLICT, "report_issued", "The ASF has seen the report.")


def _for_results(command: ReviewCriterion | ReviseCriterion, review: Review) -> ReviewOpened:
    """REV-5, REV-6: return the opening where this reviewer may give this result, or refuse.

    SOD-1 to SOD-5 and APT-3 are asked at every result: much may have come in since the assignment.
    """
    opening = undecided(review)
    assigned = review.reviewers.get(command.reviewer_id)
    if assigned is None or command.criterion not in assigned.areas:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "not_the_reviewer",
            "Only a reviewer assigned to the area gives results.",
        )
    refuse_if_barred(bars_to_reviewing(command.standing, opening, command.at))
    refuse_outside_appointment(frozenset({command.criterion}), command.competence)
    scheme = scheme_of(opening)
    if command.criterion not in scheme.criteria:
        raise Refusal(
            RefusalKind.CONFLICT,
            "criterion_not_in_scheme",
            f"Scheme version {scheme.version} has no such criterion.",
        )
    refuse_without_reason(command.reason)
    if not command.evidence:
        raise Refusal(
            RefusalKind.INCOMPLETE, "evidence_missing", "A result rests on at least one evidence."
        )
    if set(command.evidence) - set(opening.manifest):
        raise Refusal(RefusalKind.CONFLICT, "evidence_outside_manifest", "Cite what was submitted.")
    return opening


def _items(
    command: ReviewCriterion | ReviseCriterion, opening: ReviewOpened
) -> tuple[ItemResult, ...]:
    """REV-6, REV-7: return the items' results in the scheme's order, or refuse.

    In an emphasised area each item has its own result, all of them apply, and the area is no
    better than its worst item. Elsewhere items have none.
    """
    scheme = scheme_of(opening)
    emphasised = command.criterion in scheme.emphasised
    wanted = scheme.items_of(command.criterion) if emphasised else ()
    given = {item.item_id: item for item in command.items}
    found = [command.result, *(item.result for item in command.items)]
    if emphasised and Result.NOT_APPLICABLE in found:
        raise Refusal(
            RefusalKind.CONFLICT,
            "not_applicable_on_emphasised",
            f"Criterion {command.criterion} always applies.",
        )
    if given.keys() - set(wanted):
        raise Refusal(
            RefusalKind.CONFLICT, "criterion_not_in_scheme", "An item has no result of its own."
        )
    if set(wanted) - given.keys():
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "emphasised_items_missing",
            f"Each of these items takes a result of its own: {', '.join(wanted)}.",
        )
    if any(_better(command.result, item.result) for item in command.items):
        raise Refusal(
            RefusalKind.CONFLICT,
            "result_better_than_items",
            "The area is no better than its worst item.",
        )
    return tuple(given[item_id] for item_id in wanted)


def _better(area: Result, item: Result) -> bool:
    """REV-7: return whether ``area`` is better than ``item``."""
    return FROM_BEST_TO_WORST.index(area) < FROM_BEST_TO_WORST.index(item)

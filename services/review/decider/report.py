"""The rules of the report: when the ASF sees it, how long it may comment, when it is final (step 7)."""

from datetime import timedelta

from services.review.commands.review import (
    CommentReport,
    FinaliseReport,
    IssueReport,
    RecommendDecision,
    WaiveComment,
)
from services.review.decider.bars import bars_to_reviewing, refuse_if_barred
from services.review.decider.grounds import refuse_unless_own, refuse_without_reason
from services.review.decider.results import refuse_unless_lead, refuse_while_unreviewed
from services.review.decider.review_state import Review, not_found, opening_of, undecided
from shared.contracts.policy import POLICY_V1
from shared.contracts.review import (
    DecisionRecommended,
    ReportCommented,
    ReportCommentWaived,
    ReportFinalised,
    ReviewEvent,
    ReviewOpened,
    ReviewReportIssued,
)
from shared.contracts.swedish_time import end_of_day, local_day
from shared.decider import Refusal, RefusalKind


def issue(command: IssueReport, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-9, REV-10, PM-8: the ASF sees the report, and ten days to comment begin."""
    opening = undecided(review)
    refuse_unless_lead(command.reviewer_id, review)
    if review.comment_until_at is not None:
        return ()
    refuse_while_unreviewed(review, opening)
    if review.definition_confirmed is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "overall_assessment_missing", "Assess the whole first."
        )
    last_day = local_day(command.at) + timedelta(days=POLICY_V1.comment_window_days)
    return (
        ReviewReportIssued(
            review_id=opening.review_id,
            application_id=opening.application_id,
            summary=command.summary,
            language=command.language,
            comment_until_at=end_of_day(last_day),
            issued_at=command.at,
        ),
    )


def comment(command: CommentReport, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-10: the ASF comments on what it has been shown, within the window."""
    opening = _for_comments(command, review)
    if command.comment_id in review.comments:
        return ()
    _refuse_after_window(command, review)
    return (
        ReportCommented(
            review_id=opening.review_id,
            application_id=opening.application_id,
            comment_id=command.comment_id,
            comment=command.comment,
            language=command.language,
            commented_at=command.at,
        ),
    )


def waive(command: WaiveComment, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-10: the ASF says that it has no comment."""
    opening = _for_comments(command, review)
    if review.waived:
        return ()
    _refuse_after_window(command, review)
    return (
        ReportCommentWaived(
            review_id=opening.review_id,
            application_id=opening.application_id,
            waived_at=command.at,
        ),
    )


def finalise(command: FinaliseReport, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-10: the report is final when the window has ended, or the ASF has had its say."""
    opening = undecided(review)
    refuse_unless_lead(command.reviewer_id, review)
    if review.final:
        return ()
    if review.comment_until_at is None:
        raise Refusal(RefusalKind.INCOMPLETE, "report_not_issued", "Issue the report first.")
    heard = review.waived or review.comments
    if command.at < review.comment_until_at and not heard:
        raise Refusal(
            RefusalKind.CONFLICT, "comment_window_open", "The ASF may still comment on the report."
        )
    return (
        ReportFinalised(
            review_id=opening.review_id,
            application_id=opening.application_id,
            finalised_at=command.at,
        ),
    )


def recommend(command: RecommendDecision, review: Review) -> tuple[ReviewEvent, ...]:
    """REV-11, REV-16: the lead reviewer recommends on a final report; it binds nobody."""
    opening = undecided(review)
    refuse_unless_lead(command.reviewer_id, review)
    refuse_if_barred(bars_to_reviewing(command.standing, opening, command.at))
    refuse_without_reason(command.reason)
    if not review.final:
        raise Refusal(RefusalKind.INCOMPLETE, "report_not_final", "Finalise the report first.")
    if review.recommended == command.recommendation:
        return ()
    return (
        DecisionRecommended(
            review_id=opening.review_id,
            application_id=opening.application_id,
            recommendation=command.recommendation,
            reason=command.reason,
            language=command.language,
            evidence=review.cited,
            recommended_at=command.at,
        ),
    )


def _for_comments(command: CommentReport | WaiveComment, review: Review) -> ReviewOpened:
    """REV-9: return the opening where the caller's own firm has seen the report, or refuse."""
    opening = opening_of(review)
    owner = opening.organisation_number
    refuse_unless_own(command.organisation, owner, not_found=not_found())
    if review.comment_until_at is None:
        raise Refusal(
            RefusalKind.CONFLICT, "draft_not_visible", "The report has not been issued yet."
        )
    return opening


def _refuse_after_window(command: CommentReport | WaiveComment, review: Review) -> None:
    """GEN-6, REV-10: the window ends at its instant, or when the report is final."""
    if review.final or (review.comment_until_at and command.at >= review.comment_until_at):
        raise Refusal(RefusalKind.CONFLICT, "comment_window_closed", "The time to comment is over.")

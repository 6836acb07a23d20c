"""The rules of a self-assessment: what is answered, by when, and what a submission needs (steps 5, 6).

Read ``decide`` for the rules and ``evolve`` for what is remembered. Both are pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.review.commands.assessment import (
    AnswerItem,
    AssessmentCommand,
    LockSelfAssessment,
    MarkItemReady,
    PassDeadline,
    RemindDeadline,
    StartPreparation,
    SubmitSelfAssessment,
)
from services.review.decider.grounds import refuse_unless_own
from shared.contracts.policy import POLICY_V1
from shared.contracts.preparation import (
    DeadlinePassed,
    DeadlineReminded,
    PreparationStarted,
    SelfAssessmentEvent,
    SelfAssessmentItemAnswered,
    SelfAssessmentItemMarkedReady,
    SelfAssessmentLocked,
    SelfAssessmentSubmitted,
    manifest_root,
)
from shared.contracts.scheme import SCHEMES, Scheme
from shared.contracts.swedish_time import add_months, end_of_day, local_day
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a self-assessment must remember in order to decide. Nothing sealed.

    Attributes:
        answers: By item: the latest answer's id.
        ready: Items that the ASF finds finished since their latest answer.
        reminded: Days left of the reminders that have been.
    """

    started: PreparationStarted | None = None
    answers: Mapping[str, UUID] = field(default_factory=lambda: MappingProxyType({}))
    ready: frozenset[str] = frozenset()
    reminded: frozenset[int] = frozenset()
    passed: bool = False
    submitted: bool = False
    locked: bool = False


def decide(command: AssessmentCommand, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """Return what happens; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case StartPreparation():
            return _start(command, state)
        case AnswerItem():
            return _answer(command, state)
        case MarkItemReady():
            return _mark_ready(command, state)
        case RemindDeadline():
            return _remind(command, state)
        case PassDeadline():
            return _pass_deadline(command, state)
        case SubmitSelfAssessment():
            return _submit(command, state)
        case LockSelfAssessment():
            return _lock(command, state)
        case _:
            assert_never(command)


def evolve(state: Assessment, event: SelfAssessmentEvent) -> Assessment:
    """Return the state after ``event``. Total: never raises."""
    match event:
        case PreparationStarted():
            return replace(state, started=event)
        case SelfAssessmentItemAnswered():
            answers = {**state.answers, event.item_id: event.answer_id}
            return replace(
                state, answers=MappingProxyType(answers), ready=state.ready - {event.item_id}
            )
        case SelfAssessmentItemMarkedReady():
            return replace(state, ready=state.ready | {event.item_id})
        case DeadlineReminded():
            return replace(state, reminded=state.reminded | {event.days_left})
        case DeadlinePassed():
            return replace(state, passed=True)
        case SelfAssessmentSubmitted():
            return replace(state, submitted=True)
        case SelfAssessmentLocked():
            return replace(state, locked=True)
        case _:
            assert_never(event)


def _scheme(state: Assessment) -> str | None:
    """Return the version of the criteria that the self-assessment is bound to (SCH-5)."""
    return state.started.scheme if state.started else None


decider = Decider(initial=Assessment(), decide=decide, evolve=evolve, scheme=_scheme)


def _start(command: StartPreparation, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-2: the deadline is the start plus four calendar months, clipped, at 24:00 local."""
    if state.started is not None:
        return ()
    started_on = local_day(command.at)
    last_day = add_months(started_on, POLICY_V1.preparation_months)
    return (
        PreparationStarted(
            application_id=command.application_id,
            round_id=command.round_id,
            organisation_number=command.organisation_number,
            organisation_name=command.organisation_name,
            scheme=command.scheme,
            started_on=started_on,
            deadline_at=end_of_day(last_day),
            started_at=command.at,
        ),
    )


def _answer(command: AnswerItem, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-1, step 5: the ASF answers the items of the pinned version, and no others."""
    started = _open(state, command.organisation, command.item_id)
    if state.answers.get(command.item_id) == command.answer_id:
        return ()
    return (
        SelfAssessmentItemAnswered(
            application_id=started.application_id,
            item_id=command.item_id,
            answer_id=command.answer_id,
            text=command.text,
            answered_at=command.at,
        ),
    )


def _mark_ready(command: MarkItemReady, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-3: an item without an answer is not finished."""
    started = _open(state, command.organisation, command.item_id)
    if command.item_id in state.ready:
        return ()
    if command.item_id not in state.answers:
        raise Refusal(RefusalKind.INCOMPLETE, "items_not_ready", "Answer the item first.")
    return (
        SelfAssessmentItemMarkedReady(
            application_id=started.application_id, item_id=command.item_id, marked_at=command.at
        ),
    )


def _remind(command: RemindDeadline, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-2: whoever has not submitted is reminded, once for each reminder day."""
    if state.started is None or state.submitted or command.days_left in state.reminded:
        return ()
    return (
        DeadlineReminded(
            application_id=state.started.application_id,
            days_left=command.days_left,
            deadline_at=state.started.deadline_at,
            effective_at=command.at,
        ),
    )


def _pass_deadline(command: PassDeadline, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-5, GEN-1: a missed deadline is a task for a person, and decides nothing."""
    if state.started is None or state.submitted or state.passed:
        return ()
    return (DeadlinePassed(application_id=state.started.application_id, effective_at=command.at),)


def _submit(command: SubmitSelfAssessment, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-3, SAS-5, SOD-14: a signatory accounts for the whole, in time."""
    started = _own(state, command.organisation)
    if command.signatory_id not in command.signatories:
        raise Refusal(
            RefusalKind.NOT_PERMITTED, "not_the_signatory", "Only a signatory binds the firm."
        )
    if state.submitted:
        return ()
    if command.at >= started.deadline_at:
        raise Refusal(
            RefusalKind.CONFLICT, "deadline_passed", "Ask for an extension: the deadline is over."
        )
    _refuse_unless_complete(command, state, SCHEMES[started.scheme])
    return (
        SelfAssessmentSubmitted(
            application_id=started.application_id,
            organisation_number=started.organisation_number,
            organisation_name=started.organisation_name,
            round_id=started.round_id,
            scheme=started.scheme,
            signatory_id=command.signatory_id,
            manifest=command.manifest,
            manifest_root=manifest_root(command.manifest),
            submitted_at=command.at,
        ),
    )


def _lock(command: LockSelfAssessment, state: Assessment) -> tuple[SelfAssessmentEvent, ...]:
    """SAS-9: from the first result on, nothing is returned for completion."""
    if state.started is None:
        raise _not_found()
    if state.locked:
        return ()
    application_id = state.started.application_id
    return (SelfAssessmentLocked(application_id=application_id, locked_at=command.at),)


def _refuse_unless_complete(
    command: SubmitSelfAssessment, state: Assessment, scheme: Scheme
) -> None:
    """SAS-3: every item is ready, and what weighs most rests on evidence of the right kind."""
    unready = [item.item_id for item in scheme.items if item.item_id not in state.ready]
    bare = [
        item.item_id
        for item in scheme.items
        if item.criterion in scheme.emphasised and item.item_id not in command.kinds
    ]
    unfit = [
        item.item_id
        for item in scheme.items
        if item.kinds and not command.kinds.get(item.item_id, frozenset()) & set(item.kinds)
    ]
    for code, items, what in (
        ("items_not_ready", unready, "Items that are not marked as ready"),
        ("emphasised_evidence_missing", bare, "Items of emphasised areas without evidence"),
        ("evidence_kind_missing", unfit, "Items without evidence of a kind that they ask for"),
    ):
        if items:
            raise Refusal(RefusalKind.INCOMPLETE, code, f"{what}: {', '.join(items)}.")


def _open(state: Assessment, organisation: str | None, item_id: str) -> PreparationStarted:
    """SAS-1, SAS-9: what was submitted is not answered anew; an item is one of the version's."""
    started = _own(state, organisation)
    if state.submitted:
        raise Refusal(
            RefusalKind.CONFLICT, "self_assessment_locked", "What was submitted stands as it was."
        )
    if SCHEMES[started.scheme].item(item_id) is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "criterion_not_in_scheme",
            f"Scheme version {started.scheme} has no such item.",
        )
    return started


def _own(state: Assessment, organisation: str | None) -> PreparationStarted:
    """WSP-1: the firm alone writes its self-assessment, once its preparation has begun."""
    if state.started is None:
        raise _not_found()
    owner = state.started.organisation_number
    refuse_unless_own(organisation, owner, not_found=_not_found())
    return state.started


def _not_found() -> Refusal:
    """GEN-4: what does not exist, or not for this caller, gets one answer."""
    return Refusal(
        RefusalKind.NOT_FOUND, "self_assessment_not_found", "There is no such self-assessment."
    )

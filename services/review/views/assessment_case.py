"""A self-assessment as it is read: what is answered, what is missing, and until when."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Instant
from shared.contracts.preparation import (
    DeadlinePassed,
    DeadlineReminded,
    PreparationStarted,
    SelfAssessmentEvent,
    SelfAssessmentItemAnswered,
    SelfAssessmentItemMarkedReady,
    SelfAssessmentLocked,
    SelfAssessmentSubmitted,
)
from shared.contracts.scheme import SCHEMES, Criterion


class ItemShown(BaseModel):
    """One item.

    Attributes:
        answer: The latest; ``None`` before the first, and when it has been erased.
    """

    model_config = ConfigDict(frozen=True)

    item_id: str
    criterion: Criterion
    title_sv: str
    title_en: str
    answered: bool = False
    answer: str | None = None
    ready: bool = False


class AssessmentCase(BaseModel):
    """One self-assessment.

    Attributes:
        items: All of the pinned version, in the order of the scheme.
        missing: Ids of the items that are not ready, in the same order.
        deadline_at: The first instant that is too late.
    """

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    organisation_number: str
    organisation_name: str
    round_id: UUID
    scheme: str
    status: Literal["in_progress", "ready", "submitted", "locked"] = "in_progress"
    started_on: date
    deadline_at: Instant
    deadline_passed: bool = False
    items: tuple[ItemShown, ...]
    missing: tuple[str, ...]
    submitted_at: Instant | None = None
    manifest_root: str | None = None


def assessment_case(events: Iterable[SelfAssessmentEvent]) -> AssessmentCase | None:
    """Return the self-assessment after ``events``, oldest first; ``None`` before its start.

    Events whose texts were revealed show them; where texts are ``None`` they have been erased.
    """
    view: AssessmentCase | None = None
    for event in events:
        if view is None:
            assert isinstance(event, PreparationStarted), (
                f"{type(event).__name__} before PreparationStarted"
            )
            view = _started(event)
        else:
            view = view.model_copy(update=_changed(view, event))
    return view


def _started(event: PreparationStarted) -> AssessmentCase:
    """Return the self-assessment on its first day: every item is missing."""
    items = tuple(
        ItemShown(**item.model_dump(include=set(ItemShown.model_fields)))
        for item in SCHEMES[event.scheme].items
    )
    return AssessmentCase(
        application_id=event.application_id,
        organisation_number=event.organisation_number,
        organisation_name=event.organisation_name,
        round_id=event.round_id,
        scheme=event.scheme,
        started_on=event.started_on,
        deadline_at=event.deadline_at,
        items=items,
        missing=tuple(item.item_id for item in items),
    )


def _changed(view: AssessmentCase, event: SelfAssessmentEvent) -> dict[str, object]:
    """Return what changes with ``event``."""
    match event:
        case PreparationStarted() | DeadlineReminded():
            return {}
        case SelfAssessmentItemAnswered():
            answered: dict[str, object] = {"answered": True, "answer": event.text, "ready": False}
            return _with_item(view, event.item_id, answered)
        case SelfAssessmentItemMarkedReady():
            return _with_item(view, event.item_id, {"ready": True})
        case DeadlinePassed():
            return {"deadline_passed": True}
        case SelfAssessmentSubmitted():
            return {
                "status": "submitted",
                "submitted_at": event.submitted_at,
                "manifest_root": event.manifest_root,
            }
        case SelfAssessmentLocked():
            return {"status": "locked"}
        case _:
            assert_never(event)


def _with_item(view: AssessmentCase, item_id: str, changed: dict[str, object]) -> dict[str, object]:
    """Return what changes when one item does."""
    items = tuple(
        each.model_copy(update=changed) if each.item_id == item_id else each for each in view.items
    )
    missing = tuple(each.item_id for each in items if not each.ready)
    return {"items": items, "missing": missing, "status": "in_progress" if missing else "ready"}

"""The record of duties: who assessed or decided on which organisation, and until when (SOD-5)."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CertifierAssigned,
    ReportFinalised,
    ReviewerAssigned,
    ReviewOpened,
)
from shared.contracts.swedish_time import local_day
from shared.eventlog.views import View


class DutyRecord(BaseModel):
    """One row: one review.

    Attributes:
        reviewers: Whoever was ever assigned, in order of assignment.
        final_on: When the report became final: reviewing ends with it. ``None`` before.
        decided_on: When the decision was taken: deciding ends with it. ``None`` before.
    """

    model_config = ConfigDict(frozen=True)

    review_id: UUID
    organisation_number: str
    reviewers: tuple[UUID, ...] = ()
    certifier_id: UUID | None = None
    final_on: date | None = None
    decided_on: date | None = None

    def duties(self) -> tuple[tuple[UUID, date | None], ...]:
        """SOD-5: return each person with a duty, and its last day; ``None`` while it lasts."""
        reviewing = tuple((person, self.final_on) for person in self.reviewers)
        if self.certifier_id is None:
            return reviewing
        return (*reviewing, (self.certifier_id, self.decided_on))


def _keys(event: Event) -> tuple[str, ...]:
    """Return the review that ``event`` is about."""
    match event:
        case (
            ReviewOpened()
            | ReviewerAssigned()
            | CertifierAssigned()
            | ReportFinalised()
            | CertificationApproved()
            | CertificationRefused()
        ):
            return (str(event.review_id),)
        case _:
            return ()


def duty(row: DutyRecord | None, event: Event, _key: str) -> DutyRecord | None:
    """Return the row after ``event``. Replaying it changes nothing."""
    if isinstance(event, ReviewOpened):
        return row or DutyRecord(
            review_id=event.review_id, organisation_number=event.organisation_number
        )
    assert row is not None, f"{type(event).__name__} before ReviewOpened"
    match event:
        case ReviewerAssigned():
            others = tuple(each for each in row.reviewers if each != event.reviewer_id)
            return row.model_copy(update={"reviewers": (*others, event.reviewer_id)})
        case CertifierAssigned():
            return row.model_copy(update={"certifier_id": event.certifier_id})
        case ReportFinalised():
            return row.model_copy(update={"final_on": local_day(event.finalised_at)})
        case CertificationApproved() | CertificationRefused():
            return row.model_copy(update={"decided_on": local_day(event.decided_at)})
        case _:
            return row


duty_record = View(name="duty_record", version=1, document=DutyRecord, keys=_keys, evolve=duty)

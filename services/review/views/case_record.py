"""The record of parts, by case and organisation: who supported, trained, screened or led whom."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event
from shared.contracts.preparation import EnrolmentNoted, Part, PartNoted, SelfAssessmentSubmitted
from shared.contracts.swedish_time import local_day
from shared.eventlog.views import View


class PartRecord(BaseModel):
    """One person's part in one case.

    Attributes:
        last_on: The last day that was heard of it.
    """

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    part: Part
    last_on: date


class CaseRecord(BaseModel):
    """One row.

    Attributes:
        organisation_number: ``None`` until the enrolment is heard of.
        parts: In the order in which they were heard of; one for each person and part.
        submitted_on: When the ASF accounted for its work: support and training end with it.
            ``None`` while they last.
    """

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    organisation_number: str | None = None
    parts: tuple[PartRecord, ...] = ()
    submitted_on: date | None = None

    def until(self, held: PartRecord) -> date | None:
        """SOD-1, SOD-2: return the last day of a part; ``None`` while it lasts."""
        if held.part in {Part.SCREENER, Part.PROJECT_LEADER}:
            return held.last_on
        return None if self.submitted_on is None else max(held.last_on, self.submitted_on)


def _keys(event: Event) -> tuple[str, ...]:
    """Return the case that ``event`` is about."""
    match event:
        case EnrolmentNoted() | PartNoted() | SelfAssessmentSubmitted():
            return (str(event.application_id),)
        case _:
            return ()


def case(row: CaseRecord | None, event: Event, key: str) -> CaseRecord | None:
    """Return the row after ``event``. Replaying it changes nothing."""
    known = row or CaseRecord(application_id=UUID(key))
    match event:
        case EnrolmentNoted():
            return known.model_copy(update={"organisation_number": event.organisation_number})
        case PartNoted():
            noted = PartRecord(person_id=event.person_id, part=event.part, last_on=event.last_on)
            others = tuple(
                held
                for held in known.parts
                if (held.person_id, held.part) != (noted.person_id, noted.part)
            )
            return known.model_copy(update={"parts": (*others, noted)})
        case SelfAssessmentSubmitted():
            return known.model_copy(update={"submitted_on": local_day(event.submitted_at)})
        case _:
            return row


case_record = View(name="case_record", version=1, document=CaseRecord, keys=_keys, evolve=case)

"""When preparation begins: at the later of enrolment and the start of the round (PM-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.review.commands.cohort import CohortCommand, NoteEnrolment, NoteRoundStart
from shared.contracts.preparation import (
    CohortEvent,
    EnrolmentNoted,
    PreparationCalled,
    RoundStartNoted,
)
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who takes part in a round, and since when it runs."""

    started_at: datetime | None = None
    enrolled: Mapping[UUID, EnrolmentNoted] = field(default_factory=lambda: MappingProxyType({}))


def decide(command: CohortCommand, cohort: Cohort) -> tuple[CohortEvent, ...]:
    """Return what is noted and what follows, oldest first; ``()`` when it is noted already."""
    match command:
        case NoteEnrolment():
            return _note_enrolment(command, cohort)
        case NoteRoundStart():
            return _note_start(command, cohort)
        case _:
            assert_never(command)


def evolve(cohort: Cohort, event: CohortEvent) -> Cohort:
    """Return the cohort after ``event``. Total: never raises."""
    match event:
        case EnrolmentNoted():
            enrolled = {**cohort.enrolled, event.application_id: event}
            return replace(cohort, enrolled=MappingProxyType(enrolled))
        case RoundStartNoted():
            return replace(cohort, started_at=event.started_at)
        case PreparationCalled():
            return cohort
        case _:
            assert_never(event)


decider = Decider(initial=Cohort(), decide=decide, evolve=evolve)


def organisations_in(cohort: Cohort) -> frozenset[str]:
    """SOD-4: return the organisation numbers of whoever takes part in the round."""
    return frozenset(enrolment.organisation_number for enrolment in cohort.enrolled.values())


def _note_enrolment(command: NoteEnrolment, cohort: Cohort) -> tuple[CohortEvent, ...]:
    """PM-5: who is enrolled after the start begins at once."""
    if command.application_id in cohort.enrolled:
        return ()
    noted = EnrolmentNoted(
        application_id=command.application_id,
        round_id=command.round_id,
        organisation_number=command.organisation_number,
        organisation_name=command.organisation_name,
        scheme=command.scheme,
        applicant_id=command.applicant_id,
        signatory_id=command.signatory_id,
        noted_at=command.at,
    )
    if cohort.started_at is None:
        return (noted,)
    return (noted, _called(noted, cohort.started_at))


def _note_start(command: NoteRoundStart, cohort: Cohort) -> tuple[CohortEvent, ...]:
    """PM-5: who was enrolled before the start begins with it."""
    if cohort.started_at is not None:
        return ()
    noted = RoundStartNoted(round_id=command.round_id, started_at=command.at)
    return (noted, *(_called(each, command.at) for each in cohort.enrolled.values()))


def _called(enrolment: EnrolmentNoted, started_at: datetime) -> PreparationCalled:
    """PM-5: the clock starts at the later of the two instants, whichever was heard first."""
    return PreparationCalled(
        application_id=enrolment.application_id,
        round_id=enrolment.round_id,
        organisation_number=enrolment.organisation_number,
        organisation_name=enrolment.organisation_name,
        scheme=enrolment.scheme,
        starts_at=max(enrolment.noted_at, started_at),
    )

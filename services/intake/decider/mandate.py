"""What intake has heard of one person who acts for SKOOPI. It notes, it does not judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.intake.commands.mandate import (
    Heard,
    Mandate,
    MandateCommand,
    NoteMandate,
    NoteTie,
    Tie,
)
from shared.contracts.intake import MandateEvent, MandateNoted, TieNoted
from shared.contracts.roles import Role
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class Person:
    """Appointments and ties, by their ids, in the order in which they were heard of."""

    mandates: Mapping[UUID, Mandate] = field(default_factory=lambda: MappingProxyType({}))
    ties: Mapping[UUID, Tie] = field(default_factory=lambda: MappingProxyType({}))

    def acting_as(self, *roles: Role) -> Heard:
        """Return what a rule may ask of the person, in any of ``roles``."""
        return Heard(frozenset(roles), tuple(self.mandates.values()), tuple(self.ties.values()))


def decide(command: MandateCommand, person: Person) -> tuple[MandateEvent, ...]:
    """Return what is noted; ``()`` when it is known (GRP-3, SOD-10). Never refuses."""
    match command:
        case NoteMandate():
            return _note_mandate(command, person)
        case NoteTie():
            return _note_tie(command, person)
        case _:
            assert_never(command)


def evolve(person: Person, event: MandateEvent) -> Person:
    """Return the person after ``event``. Total: never raises."""
    match event:
        case MandateNoted():
            mandate = Mandate(event.appointment_id, event.role, event.valid_from, event.valid_until)
            mandates = {**person.mandates, event.appointment_id: mandate}
            return replace(person, mandates=MappingProxyType(mandates))
        case TieNoted():
            tie = Tie(event.organisation_number, event.from_on, event.until_on)
            return replace(person, ties=MappingProxyType({**person.ties, event.tie_id: tie}))
        case _:
            assert_never(event)


decider = Decider(initial=Person(), decide=decide, evolve=evolve)


def _note_mandate(command: NoteMandate, person: Person) -> tuple[MandateEvent, ...]:
    """APT-3, GRP-3: an appointment is noted as review made it."""
    mandate = Mandate(command.appointment_id, command.role, command.valid_from, command.valid_until)
    if person.mandates.get(command.appointment_id) == mandate:
        return ()
    return (
        MandateNoted(
            person_id=command.person_id,
            appointment_id=command.appointment_id,
            role=command.role,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            noted_at=command.at,
        ),
    )


def _note_tie(command: NoteTie, person: Person) -> tuple[MandateEvent, ...]:
    """SOD-10, GRP-3: a tie is noted as the person declared it."""
    tie = Tie(command.organisation_number, command.from_on, command.until_on)
    if person.ties.get(command.tie_id) == tie:
        return ()
    return (
        TieNoted(
            person_id=command.person_id,
            tie_id=command.tie_id,
            organisation_number=command.organisation_number,
            from_on=command.from_on,
            until_on=command.until_on,
            noted_at=command.at,
        ),
    )

"""What intake hears about people who act for SKOOPI, and what a rule may ask of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.policy import POLICY_V1
from shared.contracts.roles import Role
from shared.contracts.swedish_time import add_months


@dataclass(frozen=True, slots=True)
class NoteMandate:
    """Note an appointment that review has made."""

    person_id: UUID
    appointment_id: UUID
    role: Role
    valid_from: date
    valid_until: date
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteTie:
    """Note a tie that a person declared to review."""

    person_id: UUID
    tie_id: UUID
    organisation_number: str
    from_on: date
    until_on: date | None
    at: datetime


MandateCommand = NoteMandate | NoteTie


@dataclass(frozen=True, slots=True)
class Mandate:
    """An appointment: one role, from the first to the last valid day."""

    appointment_id: UUID
    role: Role
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Tie:
    """What binds a person to an organisation.

    Attributes:
        until_on: The last day; ``None`` while it lasts.
    """

    organisation_number: str
    from_on: date
    until_on: date | None

    def counts_on(self, day: date) -> bool:
        """APT-4: return whether ``day`` lies between its start and 24 months after its end."""
        if day < self.from_on:
            return False
        until_on = self.until_on
        return until_on is None or day <= add_months(until_on, POLICY_V1.look_back_months)


@dataclass(frozen=True, slots=True)
class Heard:
    """What intake has heard of one person; looked up at the edge.

    Attributes:
        acting_as: The role in which the person acts; for somebody who is named, the roles that
            the duty allows.
        mandates: In the order in which they were heard of.
    """

    acting_as: frozenset[Role]
    mandates: tuple[Mandate, ...] = ()
    ties: tuple[Tie, ...] = ()

    def mandate_on(self, day: date) -> Mandate | None:
        """Return the mandate in force on ``day`` in a role that counts; of several, the last."""
        return next(
            (
                each
                for each in reversed(self.mandates)
                if each.role in self.acting_as and each.valid_from <= day <= each.valid_until
            ),
            None,
        )

    def had_mandate_before(self, day: date) -> bool:
        """Return whether a mandate in a role that counts ended before ``day``."""
        return any(m.role in self.acting_as and m.valid_until < day for m in self.mandates)

    def tied_to(self, organisation_number: str, day: date) -> bool:
        """APT-4: return whether a tie to the organisation counts on ``day``."""
        return any(
            tie.organisation_number == organisation_number and tie.counts_on(day)
            for tie in self.ties
        )

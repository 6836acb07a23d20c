"""ERA-2: a legal hold defers an erasure: what is open, for whom, on record. Pure. House: ADR-0024.

Every service has these rules for its own vault, beside those of its own aggregates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from shared.contracts.base import Event
from shared.contracts.erasure import Ground, LegalHoldLifted, LegalHoldPlaced
from shared.decider import Decider, Refusal, RefusalKind

HOLD: Final = "hold"


@dataclass(frozen=True, slots=True)
class PlaceLegalHold:
    """Let nothing about a subject be erased while ``hold_id`` is open."""

    subject_id: UUID
    hold_id: UUID
    ground: Ground
    decided_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class LiftLegalHold:
    """``hold_id`` is closed."""

    subject_id: UUID
    hold_id: UUID
    decided_by: UUID
    at: datetime


HoldCommand: TypeAlias = PlaceLegalHold | LiftLegalHold
Holds: TypeAlias = Mapping[UUID, LegalHoldPlaced]
"""What holds a subject now, by what is open; in the order in which it was placed."""


def stream_of(subject: UUID) -> str:
    """Return the stream of the holds on ``subject``."""
    return f"{HOLD}-{subject}"


def decide(command: HoldCommand, holds: Holds) -> tuple[Event, ...]:
    """ERA-2: what is open holds once; only what holds can be lifted."""
    match command:
        case PlaceLegalHold():
            return () if command.hold_id in holds else (_placed(command),)
        case LiftLegalHold():
            if command.hold_id not in holds:
                detail = "Nothing of this id holds up an erasure of this subject."
                raise Refusal(RefusalKind.NOT_FOUND, "legal_hold_not_found", detail)
            return (_lifted(command),)
        case _:
            assert_never(command)


def evolve(holds: Holds, event: Event) -> Holds:
    """Return what holds after ``event``."""
    match event:
        case LegalHoldPlaced():
            return {**holds, event.hold_id: event}
        case LegalHoldLifted():
            return {each: placed for each, placed in holds.items() if each != event.hold_id}
        case _:
            return holds


def _placed(command: PlaceLegalHold) -> LegalHoldPlaced:
    """Return that a hold was placed."""
    return LegalHoldPlaced(
        subject_id=command.subject_id,
        hold_id=command.hold_id,
        ground=command.ground,
        decided_by=command.decided_by,
        placed_at=command.at,
    )


def _lifted(command: LiftLegalHold) -> LegalHoldLifted:
    """Return that a hold was lifted."""
    return LegalHoldLifted(
        subject_id=command.subject_id,
        hold_id=command.hold_id,
        decided_by=command.decided_by,
        lifted_at=command.at,
    )


decider: Final[Decider[HoldCommand, Event, Holds]] = Decider({}, decide, evolve)

"""What may be asked of a group of ASF that work side by side (step 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.intake.commands.mandate import Heard


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Form a group in a round.

    Attributes:
        round_known: Whether there is such a round; looked up at the edge.
    """

    group_id: UUID
    round_id: UUID
    round_known: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AddMember:
    """Let an enrolled ASF join; asked together with the application's ``TakeGroupPlace``.

    Attributes:
        screener_id: Who screened it; looked up at the edge.
        supervisors: What intake has heard of whoever supports the group, by person; likewise.
    """

    application_id: UUID
    organisation_number: str
    screener_id: UUID | None
    supervisors: Mapping[UUID, Heard]
    at: datetime


@dataclass(frozen=True, slots=True)
class ApproveDeviation:
    """Let this group start with another size.

    Attributes:
        members: The size that is approved.
        by: What intake has heard of the person who decides.
    """

    members: int
    reason: str
    language: Literal["sv", "en"]
    evidence: tuple[str, ...]
    by: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignSupervisor:
    """Let a supervisor support the group.

    Attributes:
        supervisor: What intake has heard of the person.
        screener_ids: Who screened the members; looked up at the edge.
    """

    supervisor_id: UUID
    supervisor: Heard
    screener_ids: frozenset[UUID]
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignTrainer:
    """Let a trainer train the group.

    Attributes:
        trainer: What intake has heard of the person.
    """

    trainer_id: UUID
    trainer: Heard
    at: datetime


@dataclass(frozen=True, slots=True)
class StartGroup:
    """Let the group begin its work.

    Attributes:
        members_min: The smallest size by the policy in force, inclusive; as ``members_max``.
    """

    members_min: int
    members_max: int
    at: datetime


GroupCommand = (
    FormGroup | AddMember | ApproveDeviation | AssignSupervisor | AssignTrainer | StartGroup
)

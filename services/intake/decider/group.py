"""The rules of a group: who belongs to it, who supports it, and how large it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.intake.commands.group import (
    AddMember,
    ApproveDeviation,
    AssignSupervisor,
    AssignTrainer,
    FormGroup,
    GroupCommand,
    StartGroup,
)
from services.intake.commands.mandate import Heard
from services.intake.decider.decision import need_mandate, need_reason
from shared.contracts.intake import (
    CohortGroupFormed,
    GroupEvent,
    GroupMemberAdded,
    GroupSizeDeviationApproved,
    GroupStarted,
    SupervisorAssigned,
    TrainerAssigned,
)
from shared.contracts.swedish_time import local_day
from shared.decider import Decider, Refusal, RefusalKind

NOTHING_HEARD = Heard(frozenset())


class GroupStage(StrEnum):
    """How far a group has come."""

    FORMING = "forming"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Group:
    """What a group must remember in order to decide.

    Attributes:
        members: Organisation number by application.
        deviations: Sizes that were approved for this group.
    """

    group_id: UUID | None = None
    round_id: UUID | None = None
    stage: GroupStage = GroupStage.FORMING
    members: Mapping[UUID, str] = field(default_factory=lambda: MappingProxyType({}))
    supervisors: frozenset[UUID] = frozenset()
    trainers: frozenset[UUID] = frozenset()
    deviations: frozenset[int] = frozenset()


def decide(command: GroupCommand, group: Group) -> tuple[GroupEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case FormGroup():
            return _form(command, group)
        case AddMember():
            return _add_member(command, group)
        case ApproveDeviation():
            return _approve_deviation(command, group)
        case AssignSupervisor():
            return _assign_supervisor(command, group)
        case AssignTrainer():
            return _assign_trainer(command, group)
        case StartGroup():
            return _start(command, group)
        case _:
            assert_never(command)


def evolve(group: Group, event: GroupEvent) -> Group:
    """Return the group after ``event``. Total: never raises."""
    match event:
        case CohortGroupFormed():
            return replace(group, group_id=event.group_id, round_id=event.round_id)
        case GroupMemberAdded():
            members = {**group.members, event.application_id: event.organisation_number}
            return replace(group, members=MappingProxyType(members))
        case GroupSizeDeviationApproved():
            return replace(group, deviations=group.deviations | {event.members})
        case SupervisorAssigned():
            return replace(group, supervisors=group.supervisors | {event.supervisor_id})
        case TrainerAssigned():
            return replace(group, trainers=group.trainers | {event.trainer_id})
        case GroupStarted():
            return replace(group, stage=GroupStage.RUNNING)
        case _:
            assert_never(event)


decider = Decider(initial=Group(), decide=decide, evolve=evolve)


def _form(command: FormGroup, group: Group) -> tuple[GroupEvent, ...]:
    """GRP-2, GEN-4: a group belongs to one round from the first."""
    if not command.round_known:
        raise Refusal(RefusalKind.NOT_FOUND, "round_not_found", "There is no such round.")
    if group.group_id is None:
        return (
            CohortGroupFormed(
                group_id=command.group_id, round_id=command.round_id, formed_at=command.at
            ),
        )
    if group.round_id == command.round_id:
        return ()
    raise Refusal(RefusalKind.CONFLICT, "group_exists", "The group belongs to another round.")


def _add_member(command: AddMember, group: Group) -> tuple[GroupEvent, ...]:
    """GRP-2 to GRP-4: a forming group takes members; its supervisors and trainers get them too.

    Whether they may is asked of their application as well.
    """
    group_id = _known(group)
    if command.application_id in group.members:
        return ()
    if group.stage is not GroupStage.FORMING:
        raise Refusal(
            RefusalKind.CONFLICT, "group_already_started", "The group has started its work."
        )
    for person in sorted(group.supervisors):
        _need_free(person, command)
    added = GroupMemberAdded(
        group_id=group_id,
        application_id=command.application_id,
        organisation_number=command.organisation_number,
        added_at=command.at,
    )
    return (added, *_assigned(group_id, group, command))


def _need_free(person: UUID, command: AddMember) -> None:
    """GRP-3, SOD-10: whoever supports the group is appointed and free of the new member."""
    supervisor = command.supervisors.get(person, NOTHING_HEARD)
    need_mandate(supervisor, command.at)
    if person == command.screener_id:
        raise _screened()
    if supervisor.tied_to(command.organisation_number, local_day(command.at)):
        raise _tied()


def _assigned(group_id: UUID, group: Group, command: AddMember) -> Iterator[GroupEvent]:
    """GRP-4: whoever is with the group already is on record for the new member too."""
    for person in sorted(group.supervisors):
        yield SupervisorAssigned(
            group_id=group_id,
            supervisor_id=person,
            application_ids=(command.application_id,),
            assigned_at=command.at,
        )
    for person in sorted(group.trainers):
        yield TrainerAssigned(
            group_id=group_id,
            trainer_id=person,
            application_ids=(command.application_id,),
            assigned_at=command.at,
        )


def _screened() -> Refusal:
    """SOD-10: return the no to whoever screened a member."""
    return Refusal(
        RefusalKind.NOT_PERMITTED,
        "screener_is_supervisor",
        "Whoever screened a member does not support it.",
    )


def _tied() -> Refusal:
    """GRP-3: return the no to whoever has a tie to a member."""
    return Refusal(
        RefusalKind.NOT_PERMITTED,
        "supervisor_has_tie",
        "Whoever has a tie to a member does not support the group.",
    )


def _approve_deviation(command: ApproveDeviation, group: Group) -> tuple[GroupEvent, ...]:
    """GRP-1, T1: the steering group says, with a reason, that this size will do."""
    group_id = _known(group)
    need_mandate(command.by, command.at)
    need_reason(command.reason)
    if command.members in group.deviations:
        return ()
    return (
        GroupSizeDeviationApproved(
            group_id=group_id,
            members=command.members,
            reason=command.reason,
            language=command.language,
            evidence=command.evidence,
            approved_at=command.at,
        ),
    )


def _assign_supervisor(command: AssignSupervisor, group: Group) -> tuple[GroupEvent, ...]:
    """GRP-3, SOD-10: the supervisor is appointed, screened no member and has no tie to one."""
    group_id = _known(group)
    if command.supervisor_id in group.supervisors:
        return ()
    need_mandate(command.supervisor, command.at)
    if command.supervisor_id in command.screener_ids:
        raise _screened()
    day = local_day(command.at)
    if any(command.supervisor.tied_to(number, day) for number in group.members.values()):
        raise _tied()
    return (
        SupervisorAssigned(
            group_id=group_id,
            supervisor_id=command.supervisor_id,
            application_ids=tuple(group.members),
            assigned_at=command.at,
        ),
    )


def _assign_trainer(command: AssignTrainer, group: Group) -> tuple[GroupEvent, ...]:
    """SOD-2, Q-132: the trainer is appointed, and is on record for each member."""
    group_id = _known(group)
    if command.trainer_id in group.trainers:
        return ()
    need_mandate(command.trainer, command.at)
    return (
        TrainerAssigned(
            group_id=group_id,
            trainer_id=command.trainer_id,
            application_ids=tuple(group.members),
            assigned_at=command.at,
        ),
    )


def _start(command: StartGroup, group: Group) -> tuple[GroupEvent, ...]:
    """GRP-1, Q-099: five or six work together, or as many as the steering group approved."""
    group_id = _known(group)
    assert group.round_id is not None, "formed without a round"
    if group.stage is GroupStage.RUNNING:
        return ()
    size = len(group.members)
    if not (command.members_min <= size <= command.members_max or size in group.deviations):
        raise Refusal(
            RefusalKind.CONFLICT,
            "group_size_outside_policy",
            f"A group has {command.members_min} to {command.members_max} members; "
            f"this one has {size}.",
        )
    return (
        GroupStarted(
            group_id=group_id,
            round_id=group.round_id,
            application_ids=tuple(group.members),
            supervisor_ids=tuple(group.supervisors),
            trainer_ids=tuple(group.trainers),
            started_at=command.at,
        ),
    )


def _known(group: Group) -> UUID:
    """GEN-4: return the id, or refuse: nothing can be done to a group that does not exist."""
    if group.group_id is None:
        raise Refusal(RefusalKind.NOT_FOUND, "group_not_found", "There is no such group.")
    return group.group_id

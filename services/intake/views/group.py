"""A group as it is read: members and the people who support them; pseudonyms."""

from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Distinct, Event, Instant
from shared.contracts.intake import (
    CohortGroupFormed,
    GroupEvent,
    GroupMemberAdded,
    GroupSizeDeviationApproved,
    GroupStarted,
    SupervisorAssigned,
    TrainerAssigned,
)
from shared.eventlog.views import View


class Member(BaseModel):
    """An ASF in the group."""

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    organisation_number: str


class GroupDocument(BaseModel):
    """One group.

    Attributes:
        members: In the order in which they joined.
        supervisor_ids: Whoever was ever assigned (GRP-4), as ``trainer_ids``; ascending.
        deviations: Sizes that the steering group approved for this group; ascending.
    """

    model_config = ConfigDict(frozen=True)

    group_id: UUID
    round_id: UUID
    status: Literal["forming", "running"] = "forming"
    members: tuple[Member, ...] = ()
    supervisor_ids: Distinct[UUID] = ()
    trainer_ids: Distinct[UUID] = ()
    deviations: Distinct[int] = ()
    formed_at: Instant
    started_at: Instant | None = None


def group_document(document: GroupDocument | None, event: GroupEvent) -> GroupDocument:
    """Return the group after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, CohortGroupFormed):
        return document or GroupDocument(
            group_id=event.group_id, round_id=event.round_id, formed_at=event.formed_at
        )
    assert document is not None, f"{type(event).__name__} before CohortGroupFormed"
    match event:
        case GroupMemberAdded():
            member = Member(
                application_id=event.application_id, organisation_number=event.organisation_number
            )
            members = tuple(dict.fromkeys((*document.members, member)))
            return document.model_copy(update={"members": members})
        case GroupSizeDeviationApproved():
            deviations = tuple(sorted({*document.deviations, event.members}))
            return document.model_copy(update={"deviations": deviations})
        case SupervisorAssigned():
            people = tuple(sorted({*document.supervisor_ids, event.supervisor_id}))
            return document.model_copy(update={"supervisor_ids": people})
        case TrainerAssigned():
            people = tuple(sorted({*document.trainer_ids, event.trainer_id}))
            return document.model_copy(update={"trainer_ids": people})
        case GroupStarted():
            return document.model_copy(update={"status": "running", "started_at": event.started_at})
        case _:
            assert_never(event)


def _evolve(document: GroupDocument | None, event: Event, _key: str) -> GroupDocument:
    """Return the group after ``event``, which is one of a group."""
    assert isinstance(event, GroupEvent)
    return group_document(document, event)


def _keys(event: Event) -> tuple[str, ...]:
    """Return the group that ``event`` is of; ``()`` for the events of other streams."""
    return (str(event.group_id),) if isinstance(event, GroupEvent) else ()


groups = View(name="groups", version=1, document=GroupDocument, keys=_keys, evolve=_evolve)

"""A round as it is read: terms, dates, places. Which firms are in it is for staff."""

from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.intake import (
    FeeScheduleSet,
    OrganisationInvited,
    PlaceAccepted,
    PlaceOffered,
    RoundAnnounced,
    RoundClosed,
    RoundDrafted,
    RoundEvent,
    RoundKind,
    RoundOpened,
    RoundStarted,
    SchemeVersionBound,
    WaitingListJoined,
)
from shared.contracts.swedish_time import end_of_day
from shared.eventlog.views import View

RoundStatus = Literal["draft", "announced", "open", "closed", "running"]


class OfferedPlace(BaseModel):
    """A place that an admitted ASF was offered.

    Attributes:
        stands_until: The first instant at which the offer has ended.
    """

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    stands_until: Instant
    accepted: bool = False


class RoundDocument(BaseModel):
    """One round.

    Attributes:
        deadline_at: The first instant that is too late (SV-6).
        fee_ore: Before VAT; ``None`` while it is not set.
        invited: Applications, in order of invitation.
        offers: In the order in which they were made.
        waiting: Applications, in order of admission.
    """

    model_config = ConfigDict(frozen=True)

    round_id: UUID
    code: str
    name_sv: str
    name_en: str
    kind: RoundKind
    status: RoundStatus = "draft"
    places: int
    opens_on: date
    application_deadline_on: date
    deadline_at: Instant
    admission_on: date
    starts_on: date
    project_leader_id: UUID
    fee_ore: int | None = None
    vat_percent: int | None = None
    scheme: str | None = None
    invited: tuple[UUID, ...] = ()
    offers: tuple[OfferedPlace, ...] = ()
    waiting: tuple[UUID, ...] = ()


def round_document(document: RoundDocument | None, event: RoundEvent) -> RoundDocument:
    """Return the round after ``event``. Replaying the same event changes nothing."""
    if isinstance(event, RoundDrafted):
        return document or RoundDocument(
            round_id=event.round_id,
            code=event.code,
            name_sv=event.name_sv,
            name_en=event.name_en,
            kind=event.kind,
            places=event.places,
            opens_on=event.opens_on,
            application_deadline_on=event.application_deadline_on,
            deadline_at=end_of_day(event.application_deadline_on),
            admission_on=event.admission_on,
            starts_on=event.starts_on,
            project_leader_id=event.project_leader_id,
        )
    assert document is not None, f"{type(event).__name__} before RoundDrafted"
    return document.model_copy(update=_changes(document, event))


def _evolve(document: RoundDocument | None, event: Event, _key: str) -> RoundDocument:
    """Return the round after ``event``, which is one of a round."""
    assert isinstance(event, RoundEvent)
    return round_document(document, event)


def _keys(event: Event) -> tuple[str, ...]:
    """Return the round that ``event`` is of; ``()`` for the events of other streams."""
    return (str(event.round_id),) if isinstance(event, RoundEvent) else ()


rounds = View(name="rounds", version=1, document=RoundDocument, keys=_keys, evolve=_evolve)


def _changes(document: RoundDocument, event: RoundEvent) -> dict[str, object]:
    """Return the fields that ``event`` gives a new value."""
    match event:
        case FeeScheduleSet():
            return {"fee_ore": event.fee_ore, "vat_percent": event.vat_percent}
        case SchemeVersionBound():
            return {"scheme": event.scheme}
        case RoundDrafted() | RoundAnnounced():
            return {"status": "announced"}
        case RoundOpened():
            return {"status": "open"}
        case OrganisationInvited():
            return {"invited": _with(document.invited, event.application_id)}
        case RoundClosed():
            return {"status": "closed"}
        case PlaceOffered():
            offer = OfferedPlace(
                application_id=event.application_id, stands_until=event.stands_until
            )
            others = tuple(o for o in document.offers if o.application_id != event.application_id)
            return {"offers": (*others, offer)}
        case WaitingListJoined():
            return {"waiting": _with(document.waiting, event.application_id)}
        case PlaceAccepted():
            accepted = event.application_id
            return {
                "offers": tuple(
                    o.model_copy(update={"accepted": True}) if o.application_id == accepted else o
                    for o in document.offers
                )
            }
        case RoundStarted():
            return {"status": "running"}
        case _:
            assert_never(event)


def _with(known: tuple[UUID, ...], application_id: UUID) -> tuple[UUID, ...]:
    """Return ``known`` with ``application_id`` in it once."""
    return tuple(dict.fromkeys((*known, application_id)))

"""Who is told of what. Pure: an event and its id in, letters to plan out.

The letter's id is made from cause, role and letter, so the same event heard again plans the
same letter, and the log knows it already (MSG-1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, cast
from uuid import UUID, uuid5

from services.notify.commands import PlanNotification
from shared.contracts.base import Event
from shared.contracts.certificates import CertificateIssued
from shared.contracts.intake import (
    ApplicantAdmitted,
    ApplicationDeferred,
    ApplicationRejected,
    ApplicationSubmitted,
    InterestRegistered,
)
from shared.contracts.notify import Fact, Letter, NotificationPlanned
from shared.contracts.preparation import DeadlineReminded
from shared.contracts.review import CertificationApproved, CertificationRefused
from shared.contracts.roles import Role
from shared.decider import Asked

NOTIFICATIONS: Final = UUID("0d3c0f55-2d0f-5a0e-8f0d-6a1f0a3f9f31")
"""Name space of letters."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a kind of event leads to.

    Attributes:
        at: Name of the event's field with the instant.
        facts: Names of the event's open fields that the letter says.
        legal_effect: Such a letter cannot be switched off (MSG-3).
    """

    letter: Letter
    to: tuple[Role, ...]
    at: str
    facts: tuple[str, ...] = ()
    legal_effect: bool = False


_FIRM = (Role.APPLICANT, Role.SIGNATORY)

OCCASIONS: Final[Mapping[type[Event], Occasion]] = MappingProxyType(
    {
        InterestRegistered: Occasion("interest_receipt", (Role.APPLICANT,), "registered_at"),
        ApplicationSubmitted: Occasion("application_receipt", _FIRM, "submitted_at"),
        ApplicantAdmitted: Occasion("admission", _FIRM, "admitted_at", legal_effect=True),
        ApplicationDeferred: Occasion(
            "deferral", _FIRM, "deferred_at", ("codes", "return_on"), legal_effect=True
        ),
        ApplicationRejected: Occasion("rejection", _FIRM, "rejected_at", legal_effect=True),
        DeadlineReminded: Occasion(
            "deadline_reminder", _FIRM, "effective_at", ("days_left", "deadline_at")
        ),
        CertificationApproved: Occasion(
            "decision_approved", _FIRM, "decided_at", ("review_id",), legal_effect=True
        ),
        CertificationRefused: Occasion(
            "decision_refused", _FIRM, "decided_at", ("review_id",), legal_effect=True
        ),
        CertificateIssued: Occasion(
            "certificate", _FIRM, "issued_at", ("number", "valid_from", "valid_until")
        ),
    }
)
"""PM-1 to PM-4, PM-9, MSG-3: every occasion for a letter."""


def letters_for(event: Event, event_id: UUID) -> tuple[Asked[PlanNotification], ...]:
    """MSG-1: return the letters that ``event`` gives occasion to, in the order of the roles."""
    occasion = OCCASIONS.get(type(event))
    if occasion is None:
        return ()
    values = event.model_dump(include={"application_id", occasion.at})
    application_id: UUID = values["application_id"]
    at: datetime = values[occasion.at]
    plan = partial(
        PlanNotification,
        application_id=application_id,
        cause_id=event_id,
        letter=occasion.letter,
        legal_effect=occasion.legal_effect,
        facts=_facts(event, occasion),
        at=at,
    )
    return tuple(
        Asked(
            f"notification-{notification_id}",
            plan(notification_id=notification_id, recipient_role=role),
        )
        for role in occasion.to
        for notification_id in (_letter_id(event_id, role, occasion.letter),)
    )


def same_letters(planned: NotificationPlanned) -> tuple[UUID, ...]:
    """MSG-1: return the letters that say the same for the same cause, to other roles.

    A person may have several roles, and is told once.
    """
    return tuple(
        _letter_id(planned.cause_id, role, planned.letter)
        for occasion in OCCASIONS.values()
        if occasion.letter == planned.letter
        for role in occasion.to
        if role != planned.recipient_role
    )


def _letter_id(cause_id: UUID, role: Role, letter: Letter) -> UUID:
    """MSG-1: return the id of a letter: the same cause, role and letter have the same."""
    return uuid5(NOTIFICATIONS, f"{cause_id}:{role}:{letter}")


def _facts(event: Event, occasion: Occasion) -> tuple[Fact, ...]:
    """GEN-7: return what the letter says of the event: open fields only, as text."""
    values = event.model_dump(mode="json", include=set(occasion.facts))
    return tuple(Fact(name=name, value=_text(values[name])) for name in occasion.facts)


def _text(value: object) -> str:
    """Return ``value`` as text; several values with commas between."""
    if isinstance(value, list):
        return ",".join(map(str, cast("list[object]", value)))
    return str(value)

"""What the house said before an event's version of today: the class as it was, so that a log writes it."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.base import Distinct, Event, Instant, Sealed
from tests.review import facts as review


class CertificationApproved(Event):
    """Version 1: it did not say when the certifier had signed in."""

    integration: ClassVar[bool] = True
    decision: ClassVar[bool] = True
    sealed_subject: ClassVar[str] = "application_id"

    decision_id: UUID
    review_id: UUID
    application_id: UUID
    organisation_number: str
    organisation_name: str
    scheme: str
    reason: Sealed[str]
    language: Literal["sv", "en"]
    evidence: Distinct[str]
    certifier_id: UUID
    decided_at: Instant


class Ahead(CertificationApproved):
    """What nobody ever said: version 1, with the field that came with version 2."""

    signed_in_at: Instant


Ahead.__name__ = CertificationApproved.__name__

approved = CertificationApproved.model_validate(review.approved.model_dump())
ahead = Ahead.model_validate(review.approved.model_dump())

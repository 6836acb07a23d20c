"""What certificates does when it hears something. Pure: an event and an instant in, commands out.

An inner tuple is one command over several streams: appended whole or not at all (L10). The instant
is that of hearing: validity starts when the certificate is issued, not when it was decided (CER-4).
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.certificates.commands.certificate import IssueCertificate, PrepareCertificate
from services.certificates.commands.issuance import ConfirmClearance, NoteGate, NoteGrant
from services.certificates.commands.number import TakeNumber
from shared.contracts.base import Event
from shared.contracts.certificate_number import number_of
from shared.contracts.certificates import Gate, IssuanceCleared
from shared.contracts.intake import AgreementCountersigned, InvoiceSettled
from shared.contracts.review import CertificationApproved
from shared.decider import Asked

CERTIFICATES = UUID("6f0c8f4e-8a63-5d1c-9d5e-3c1f0a7b2e90")
"""Name space of certificate identifiers: one decision leads to one certificate (CER-1)."""

NUMBERS = UUID("0c9b5a52-3f27-5f4a-8f0d-6b1f9a4f1d37")
"""Name space of the streams of numbers."""

Wishes = tuple[tuple[Asked[Any], ...], ...]
"""Commands in order; each is put to one stream or to several at once."""


def number_stream(number: str) -> str:
    """Return the stream in which ``number`` is taken, as it is printed."""
    return f"number-{uuid5(NUMBERS, number)}"


def when_review(event: Event, at: datetime) -> Wishes:
    """PM-9: an approving decision prepares a certificate; every other event leads to nothing."""
    match event:
        case CertificationApproved():
            certificate_id = uuid5(CERTIFICATES, str(event.decision_id))
            prepare = PrepareCertificate(
                certificate_id=certificate_id,
                application_id=event.application_id,
                decision_id=event.decision_id,
                organisation_number=event.organisation_number,
                organisation_name=event.organisation_name,
                scheme=event.scheme,
                at=at,
            )
            note = NoteGrant(event.application_id, event.decision_id, certificate_id, at)
            return (
                (
                    Asked(f"certificate-{certificate_id}", prepare),
                    Asked(f"issuance-{event.application_id}", note),
                ),
            )
        case _:
            return ()


def when_intake(event: Event, at: datetime) -> Wishes:
    """CER-3: the agreement in force and the fee paid open the gates, in any order."""
    match event:
        case AgreementCountersigned():
            return _gate(event.application_id, "agreement", at)
        case InvoiceSettled():
            return _gate(event.application_id, "fee", at)
        case _:
            return ()


def when_cleared(event: Event, at: datetime) -> Wishes:
    """PM-9, CER-2: what is cleared is issued, and its number taken, in one append."""
    match event:
        case IssuanceCleared():
            number = number_of(event.certificate_id)
            confirm = ConfirmClearance(event.decision_id)
            take = TakeNumber(number, event.certificate_id, at)
            return (
                (
                    Asked(f"issuance-{event.application_id}", confirm),
                    Asked(number_stream(number), take),
                    Asked(f"certificate-{event.certificate_id}", IssueCertificate(number, at)),
                ),
            )
        case _:
            return ()


def _gate(application_id: UUID, gate: Gate, at: datetime) -> Wishes:
    """Return the wish that ``gate`` be noted for the case."""
    return ((Asked(f"issuance-{application_id}", NoteGate(application_id, gate, at)),),)

"""The rules of a certificate, from the intent to issue it to the end of its validity."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.certificates.commands.certificate import (
    CertificateCommand,
    Consent,
    ConsentToListing,
    ExpireCertificate,
    IssueCertificate,
    PrepareCertificate,
    WithdrawConsent,
)
from shared.contracts.certificate_status import validity
from shared.contracts.certificates import (
    CertificateEvent,
    CertificateExpired,
    CertificateIssued,
    CertificatePrepared,
    ListingConsentGiven,
    ListingConsentWithdrawn,
)
from shared.contracts.policy import POLICY_V1
from shared.contracts.swedish_time import add_years, local_day
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate must remember. Its status is no part of it: that is a question of when.

    Attributes:
        prepared: ``None`` while there is no such certificate.
        issued: ``None`` while it is pending.
        listed: Whether the holder's name may stand in public.
        expired: Whether the end of its validity is on record; it is over without that too.
    """

    prepared: CertificatePrepared | None = None
    issued: CertificateIssued | None = None
    listed: bool = False
    expired: bool = False


def decide(command: CertificateCommand, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case PrepareCertificate():
            return _prepare(command, certificate)
        case IssueCertificate():
            return _issue(command, certificate)
        case ConsentToListing():
            return _consent(command, certificate)
        case WithdrawConsent():
            return _withdraw(command, certificate)
        case ExpireCertificate():
            return _expire(command, certificate)
        case _:
            assert_never(command)


def evolve(certificate: Certificate, event: CertificateEvent) -> Certificate:
    """Return the certificate after ``event``. Total: never raises."""
    match event:
        case CertificatePrepared():
            return replace(certificate, prepared=event)
        case CertificateIssued():
            return replace(certificate, issued=event)
        case ListingConsentGiven():
            return replace(certificate, listed=True)
        case ListingConsentWithdrawn():
            return replace(certificate, listed=False)
        case CertificateExpired():
            return replace(certificate, expired=True)
        case _:
            assert_never(event)


def scheme(certificate: Certificate) -> str | None:
    """SCH-5: return the version of the criteria that the certificate rests on."""
    return certificate.prepared.scheme if certificate.prepared else None


decider = Decider(initial=Certificate(), decide=decide, evolve=evolve, scheme=scheme)


def _prepare(command: PrepareCertificate, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """PM-9, CER-1: what will be issued is on record first, once per decision."""
    prepared = CertificatePrepared(
        certificate_id=command.certificate_id,
        application_id=command.application_id,
        decision_id=command.decision_id,
        organisation_number=command.organisation_number,
        organisation_name=command.organisation_name,
        scheme=command.scheme,
        prepared_at=command.at,
    )
    known = certificate.prepared
    if known is None:
        return (prepared,)
    if known != prepared.model_copy(update={"prepared_at": known.prepared_at}):
        raise Refusal(
            RefusalKind.CONFLICT, "certificate_exists", "The decision has another certificate."
        )
    return ()


def _issue(command: IssueCertificate, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """CER-1, CER-4: issued once, on a decision; two years by the calendar, from this day."""
    prepared = certificate.prepared
    if prepared is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "decision_missing", "No decision grants this certificate."
        )
    if certificate.issued is not None:
        if certificate.issued.number != command.number:
            raise Refusal(
                RefusalKind.CONFLICT, "certificate_exists", "It has been issued with its number."
            )
        return ()
    valid_from = local_day(command.at)
    return (
        CertificateIssued(
            certificate_id=prepared.certificate_id,
            number=command.number,
            application_id=prepared.application_id,
            decision_id=prepared.decision_id,
            organisation_number=prepared.organisation_number,
            organisation_name=prepared.organisation_name,
            scheme=prepared.scheme,
            valid_from=valid_from,
            valid_until=add_years(valid_from, POLICY_V1.validity_years),
            first_certified_on=valid_from,
            issued_at=command.at,
        ),
    )


def _consent(command: ConsentToListing, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """CER-10, Q-115: the holder's name becomes public by the holder's own consent."""
    issued = _own(command, certificate)
    if certificate.listed:
        return ()
    return (
        ListingConsentGiven(
            certificate_id=issued.certificate_id,
            application_id=issued.application_id,
            given_at=command.at,
        ),
    )


def _withdraw(command: WithdrawConsent, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """CER-19: consent can be withdrawn at any time, also after the end of validity."""
    issued = _own(command, certificate)
    if not certificate.listed:
        return ()
    return (
        ListingConsentWithdrawn(
            certificate_id=issued.certificate_id,
            application_id=issued.application_id,
            withdrawn_at=command.at,
        ),
    )


def _expire(command: ExpireCertificate, certificate: Certificate) -> tuple[CertificateEvent, ...]:
    """CER-5, GEN-5: true from the end of validity, whenever the timer runs; never before it."""
    issued = _issued(certificate)
    ended_at = validity(issued).until_at
    if certificate.expired or command.at < ended_at:
        return ()
    return (
        CertificateExpired(
            certificate_id=issued.certificate_id,
            application_id=issued.application_id,
            number=issued.number,
            valid_from=issued.valid_from,
            valid_until=issued.valid_until,
            effective_at=ended_at,
        ),
    )


def _own(command: Consent, certificate: Certificate) -> CertificateIssued:
    """CER-10: return what was issued; to another firm it is as if it did not exist."""
    issued = _issued(certificate)
    if issued.organisation_number != command.organisation_number:
        raise _not_found()
    return issued


def _issued(certificate: Certificate) -> CertificateIssued:
    """GEN-4: return what was issued; what is pending cannot be found yet."""
    if certificate.issued is None:
        raise _not_found()
    return certificate.issued


def _not_found() -> Refusal:
    """GEN-4: return the one answer for what is not there and for what is not yours."""
    return Refusal(RefusalKind.NOT_FOUND, "certificate_not_found", "There is no such certificate.")

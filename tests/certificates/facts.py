"""The facts that tests of certificates begin with: golden scenario G1, seen from this service."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from services.certificates.policy import CERTIFICATES
from shared.contracts.certificate_number import number_of
from shared.contracts.certificates import (
    CertificateExpired,
    CertificateIssued,
    CertificatePrepared,
    GateNoted,
    GrantNoted,
    IssuanceCleared,
    ListingConsentGiven,
    ListingConsentWithdrawn,
)
from shared.contracts.intake import AgreementCountersigned, InvoiceSettled
from shared.contracts.review import CertificationApproved, CertificationRefused
from shared.contracts.swedish_time import add_years, local_day

APPLICATION = UUID("0192f3a0-0000-7000-8000-000000000001")
DECISION = UUID("5b0c3a9e-41d7-4c65-9a52-7d0a2f6b8c11")
REVIEW = UUID("0192f3a0-0000-7000-8000-0000000000a1")
CERTIFIER = UUID("0192f3a0-0000-7000-8000-0000000000c1")
INVOICE = UUID("0192f3a0-0000-7000-8000-0000000000f1")
ALFA, BETA = "7699990011", "7699990029"
COMMITMENT = "ab" * 32

COUNTERSIGNED_AT = datetime(2018, 12, 14, 10, 30, tzinfo=UTC)
SETTLED_AT = datetime(2018, 12, 14, 13, 0, tzinfo=UTC)
ISSUED_AT = datetime(2019, 6, 19, 8, 0, tzinfo=UTC)
CONSENTED_AT = datetime(2019, 6, 24, 12, 15, tzinfo=UTC)
ENDED_AT = datetime(2021, 6, 19, 22, 0, tzinfo=UTC)

CERTIFICATE = uuid5(CERTIFICATES, str(DECISION))
NUMBER = number_of(CERTIFICATE)

approved = CertificationApproved(
    decision_id=DECISION,
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa ekonomisk förening",
    scheme="v1",
    reason=COMMITMENT,
    language="sv",
    evidence=(COMMITMENT,),
    certifier_id=CERTIFIER,
    signed_in_at=ISSUED_AT,
    decided_at=ISSUED_AT,
)
refused = CertificationRefused(
    decision_id=DECISION,
    review_id=REVIEW,
    application_id=APPLICATION,
    organisation_number=ALFA,
    organisation_name="Alfa ekonomisk förening",
    scheme="v1",
    reason=COMMITMENT,
    language="sv",
    evidence=(COMMITMENT,),
    certifier_id=CERTIFIER,
    signed_in_at=ISSUED_AT,
    decided_at=ISSUED_AT,
)
countersigned = AgreementCountersigned(
    application_id=APPLICATION,
    organisation_number=ALFA,
    agreement="2018-1",
    countersigned_at=COUNTERSIGNED_AT,
)
settled = InvoiceSettled(
    invoice_id=INVOICE,
    application_id=APPLICATION,
    organisation_number=ALFA,
    settled_at=SETTLED_AT,
)

granted = GrantNoted(
    application_id=APPLICATION,
    decision_id=DECISION,
    certificate_id=CERTIFICATE,
    noted_at=ISSUED_AT,
)
agreed = GateNoted(application_id=APPLICATION, gate="agreement", noted_at=COUNTERSIGNED_AT)
paid = GateNoted(application_id=APPLICATION, gate="fee", noted_at=SETTLED_AT)
cleared = IssuanceCleared(
    application_id=APPLICATION,
    decision_id=DECISION,
    certificate_id=CERTIFICATE,
    cleared_at=ISSUED_AT,
)

prepared = CertificatePrepared(
    certificate_id=CERTIFICATE,
    application_id=APPLICATION,
    decision_id=DECISION,
    organisation_number=ALFA,
    organisation_name="Alfa ekonomisk förening",
    scheme="v1",
    prepared_at=ISSUED_AT,
)


def issued_at(at: datetime) -> CertificateIssued:
    """Return the fact that Alfa's certificate was issued at ``at``."""
    return CertificateIssued(
        certificate_id=CERTIFICATE,
        number=NUMBER,
        application_id=APPLICATION,
        decision_id=DECISION,
        organisation_number=ALFA,
        organisation_name="Alfa ekonomisk förening",
        scheme="v1",
        valid_from=local_day(at),
        valid_until=add_years(local_day(at), 2),
        first_certified_on=local_day(at),
        issued_at=at,
    )


issued = issued_at(ISSUED_AT)
listed = ListingConsentGiven(
    certificate_id=CERTIFICATE, application_id=APPLICATION, given_at=CONSENTED_AT
)
unlisted = ListingConsentWithdrawn(
    certificate_id=CERTIFICATE,
    application_id=APPLICATION,
    withdrawn_at=datetime(2020, 2, 3, 9, 0, tzinfo=UTC),
)
expired = CertificateExpired(
    certificate_id=CERTIFICATE,
    application_id=APPLICATION,
    number=NUMBER,
    valid_from=issued.valid_from,
    valid_until=issued.valid_until,
    effective_at=ENDED_AT,
)

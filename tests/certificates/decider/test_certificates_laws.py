"""The laws, for every decider of certificates."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from services.certificates.commands.certificate import (
    ConsentToListing,
    ExpireCertificate,
    IssueCertificate,
    PrepareCertificate,
    WithdrawConsent,
)
from services.certificates.commands.issuance import ConfirmClearance, NoteGate, NoteGrant
from services.certificates.commands.number import TakeNumber
from services.certificates.decider import certificate, issuance, number
from shared.contracts.certificates import CertificateEvent, IssuanceEvent, NumberTaken
from shared.testing.laws import laws
from tests.certificates.facts import (
    ALFA,
    BETA,
    CERTIFICATE,
    DECISION,
    NUMBER,
    agreed,
    cleared,
    expired,
    granted,
    issued,
    listed,
    paid,
    prepared,
)

instants = st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 -- the zone is added by the strategy
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 -- as above
    timezones=st.just(UTC),
)
ids = st.sampled_from((CERTIFICATE, DECISION, UUID(int=7), UUID(int=8)))
organisations = st.sampled_from((ALFA, BETA))
numbers = st.sampled_from((NUMBER, "ASF-00000-00000-0"))

issuance_starts: tuple[tuple[IssuanceEvent, ...], ...] = (
    (),
    (granted,),
    (agreed, paid),
    (granted, agreed),
    (granted, agreed, paid, cleared),
)
TestIssuanceLaws = laws(
    issuance.decider,
    commands=st.one_of(
        st.builds(NoteGrant, ids, ids, ids, instants),
        st.builds(NoteGate, ids, st.sampled_from(("agreement", "fee")), instants),
        st.builds(ConfirmClearance, ids),
    ),
    histories=st.sampled_from(issuance_starts),
)

certificate_starts: tuple[tuple[CertificateEvent, ...], ...] = (
    (),
    (prepared,),
    (prepared, issued),
    (prepared, issued, listed),
    (prepared, issued, expired),
)
TestCertificateLaws = laws(
    certificate.decider,
    commands=st.one_of(
        st.builds(
            PrepareCertificate,
            ids,
            ids,
            ids,
            organisations,
            st.text(max_size=20),
            st.just("v1"),
            instants,
        ),
        st.builds(IssueCertificate, numbers, instants),
        st.builds(ConsentToListing, organisations, instants),
        st.builds(WithdrawConsent, organisations, instants),
        st.builds(ExpireCertificate, instants),
    ),
    histories=st.sampled_from(certificate_starts),
)

number_starts: tuple[tuple[NumberTaken, ...], ...] = ((),)
TestNumberLaws = laws(
    number.decider,
    commands=st.builds(TakeNumber, numbers, ids, instants),
    histories=st.sampled_from(number_starts),
)

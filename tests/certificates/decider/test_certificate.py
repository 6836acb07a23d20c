"""What a certificate is: prepared, issued once, listed by consent, expired by the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.certificates.commands.certificate import (
    CertificateCommand,
    ConsentToListing,
    ExpireCertificate,
    IssueCertificate,
    PrepareCertificate,
    WithdrawConsent,
)
from services.certificates.decider.certificate import decider
from shared.contracts.certificates import CertificateIssued
from shared.testing import Scenario
from tests.certificates.facts import (
    ALFA,
    APPLICATION,
    BETA,
    CERTIFICATE,
    CONSENTED_AT,
    DECISION,
    ENDED_AT,
    ISSUED_AT,
    NUMBER,
    expired,
    issued,
    listed,
    prepared,
    unlisted,
)

certificate = Scenario(decider)
prepare = PrepareCertificate(
    certificate_id=CERTIFICATE,
    application_id=APPLICATION,
    decision_id=DECISION,
    organisation_number=ALFA,
    organisation_name="Alfa ekonomisk förening",
    scheme="v1",
    at=ISSUED_AT,
)
issue = IssueCertificate(NUMBER, ISSUED_AT)
consent = ConsentToListing(ALFA, CONSENTED_AT)
withdraw = WithdrawConsent(ALFA, unlisted.withdrawn_at)


def test_an_approving_decision_prepares_its_certificate_once() -> None:
    """PM-9, CER-1: the intent is on record before anything is issued."""
    certificate.when(prepare).then(prepared)
    certificate.given(prepared).when(prepare).then_nothing()
    certificate.given(prepared, issued, expired).when(prepare).then_nothing()


def test_the_same_decision_prepares_no_other_certificate() -> None:
    """GEN-4: one that would open an existing stream with other content is refused."""
    other = PrepareCertificate(
        certificate_id=CERTIFICATE,
        application_id=APPLICATION,
        decision_id=DECISION,
        organisation_number=BETA,
        organisation_name="Beta ekonomisk förening",
        scheme="v1",
        at=ISSUED_AT,
    )
    certificate.given(prepared).when(other).then_refused("certificate_exists")


def test_a_prepared_certificate_is_issued_once_with_its_number() -> None:
    """CER-1, CER-2: a repeat finds the same certificate."""
    certificate.given(prepared).when(issue).then(issued)
    certificate.given(prepared, issued).when(issue).then_nothing()


def test_an_issued_certificate_gets_no_second_number() -> None:
    """CER-2: the number stays with the certificate."""
    other = IssueCertificate("ASF-00000-00000-0", ISSUED_AT)
    certificate.given(prepared, issued).when(other).then_refused("certificate_exists")


def test_nothing_is_issued_without_a_decision() -> None:
    """CER-1: what was not prepared on a decision cannot be issued."""
    certificate.when(issue).then_refused("decision_missing")


@pytest.mark.parametrize(
    ("at", "valid_from", "valid_until"),
    [
        (ISSUED_AT, date(2019, 6, 19), date(2021, 6, 19)),
        (datetime(2020, 6, 10, 21, 59, 59, tzinfo=UTC), date(2020, 6, 10), date(2022, 6, 10)),
        (datetime(2020, 6, 10, 22, 0, tzinfo=UTC), date(2020, 6, 11), date(2022, 6, 11)),
        (datetime(2020, 2, 29, 12, 0, tzinfo=UTC), date(2020, 2, 29), date(2022, 2, 28)),
        (datetime(2022, 2, 28, 12, 0, tzinfo=UTC), date(2022, 2, 28), date(2024, 2, 28)),
        (datetime(2019, 12, 31, 22, 59, tzinfo=UTC), date(2019, 12, 31), date(2021, 12, 31)),
        (datetime(2019, 12, 31, 23, 0, tzinfo=UTC), date(2020, 1, 1), date(2022, 1, 1)),
        (datetime(2019, 10, 27, 0, 30, tzinfo=UTC), date(2019, 10, 27), date(2021, 10, 27)),
        (datetime(2019, 10, 27, 23, 0, tzinfo=UTC), date(2019, 10, 28), date(2021, 10, 28)),
    ],
)
def test_validity_is_two_years_by_the_swedish_calendar(
    at: datetime, valid_from: date, valid_until: date
) -> None:
    """CER-4, SV-6, SV-7: the local day of the instant of issue, plus two years, clipped."""
    [event] = certificate.given(prepared).when(IssueCertificate(NUMBER, at)).events
    assert isinstance(event, CertificateIssued)
    assert (event.valid_from, event.valid_until) == (valid_from, valid_until)
    assert event.first_certified_on == valid_from


def test_the_holder_lets_its_name_stand_in_the_register_and_takes_it_out_again() -> None:
    """CER-10, CER-19: by the holder's own wish, any number of times."""
    history = certificate.given(prepared, issued)
    history.when(consent).then(listed)
    history.given(listed).when(consent).then_nothing()
    history.given(listed).when(withdraw).then(unlisted)
    history.given(listed, unlisted).when(withdraw).then_nothing()
    history.given(listed, unlisted).when(consent).then(listed)
    history.when(withdraw).then_nothing()


def test_consent_can_be_withdrawn_after_the_end_of_validity() -> None:
    """CER-19: a name stays no longer than its holder wants."""
    certificate.given(prepared, issued, listed, expired).when(withdraw).then(unlisted)


@pytest.mark.parametrize(
    "command",
    [ConsentToListing(BETA, CONSENTED_AT), WithdrawConsent(BETA, CONSENTED_AT)],
)
def test_to_another_firm_a_certificate_is_as_if_it_did_not_exist(
    command: CertificateCommand,
) -> None:
    """CER-10: the answer does not tell whose number it is."""
    certificate.when(command).then_refused("certificate_not_found")
    certificate.given(prepared, issued).when(command).then_refused("certificate_not_found")
    certificate.given(prepared, issued, listed).when(command).then_refused("certificate_not_found")


@pytest.mark.parametrize("command", [consent, withdraw, ExpireCertificate(ENDED_AT)])
def test_what_is_pending_cannot_be_found(command: CertificateCommand) -> None:
    """GEN-4: ``pending`` is never public."""
    certificate.given(prepared).when(command).then_refused("certificate_not_found")


@pytest.mark.parametrize("late", [timedelta(), timedelta(microseconds=1), timedelta(days=400)])
def test_expiry_is_true_from_the_end_of_the_last_day_however_late_it_is_recorded(
    late: timedelta,
) -> None:
    """CER-5, GEN-5, PM-13: ``effective_at`` is 24:00 local of ``valid_until``."""
    certificate.given(prepared, issued).when(ExpireCertificate(ENDED_AT + late)).then(expired)


def test_nothing_expires_before_its_last_day_is_over() -> None:
    """CER-4: the last day ends at 24:00, and that instant itself is late."""
    early = ExpireCertificate(ENDED_AT - timedelta(microseconds=1))
    certificate.given(prepared, issued).when(early).then_nothing()


def test_a_certificate_expires_once() -> None:
    """GEN-4: several workers may find the same row."""
    again = ExpireCertificate(ENDED_AT)
    certificate.given(prepared, issued, expired).when(again).then_nothing()


def test_the_record_names_the_criteria_that_the_certificate_rests_on() -> None:
    """GEN-2, SCH-5: the version is written into every record."""
    assert decider.scheme(decider.fold([prepared, issued])) == "v1"
    assert decider.scheme(decider.initial) is None

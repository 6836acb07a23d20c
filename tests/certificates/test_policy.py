"""What certificates does when it hears of decisions, agreements, fees and its own clearances."""

from datetime import timedelta
from typing import Any

import pytest

from services.certificates.commands.certificate import IssueCertificate, PrepareCertificate
from services.certificates.commands.issuance import ConfirmClearance, NoteGate, NoteGrant
from services.certificates.commands.number import TakeNumber
from services.certificates.policy import number_stream, when_cleared, when_intake, when_review
from shared.contracts.base import Event
from shared.decider import Asked
from tests.certificates.facts import (
    APPLICATION,
    CERTIFICATE,
    DECISION,
    ISSUED_AT,
    NUMBER,
    agreed,
    approved,
    cleared,
    countersigned,
    granted,
    issued,
    prepared,
    refused,
    settled,
)

LATER = ISSUED_AT + timedelta(days=3)


def streams(wishes: tuple[tuple[Asked[Any], ...], ...]) -> list[list[str]]:
    """Return the streams of each wish, in order."""
    return [[asked.stream for asked in wish] for wish in wishes]


def test_an_approval_prepares_a_certificate_and_notes_the_grant_in_one_append() -> None:
    """PM-9: the intent and what waits for it are on record together."""
    [[prepare, note]] = when_review(approved, ISSUED_AT)
    assert isinstance(prepare.command, PrepareCertificate)
    assert note.command == NoteGrant(APPLICATION, DECISION, CERTIFICATE, ISSUED_AT)
    assert (prepare.command.certificate_id, prepare.command.scheme) == (CERTIFICATE, "v1")
    assert [prepare.stream, note.stream] == [
        f"certificate-{CERTIFICATE}",
        f"issuance-{APPLICATION}",
    ]


def test_the_same_approval_heard_later_asks_for_the_same_certificate() -> None:
    """CER-1: Kafka delivers at least once; one decision leads to one certificate."""
    assert streams(when_review(approved, ISSUED_AT)) == streams(when_review(approved, LATER))


def test_a_refused_asf_gets_no_certificate() -> None:
    """Step 7: SKOOPI certifies the ASF if it is approved, otherwise not."""
    assert when_review(refused, ISSUED_AT) == ()


def test_agreement_and_fee_each_open_their_gate() -> None:
    """CER-3: and nothing else that intake says opens one."""
    stream = f"issuance-{APPLICATION}"
    gate = NoteGate(APPLICATION, "agreement", LATER)
    assert when_intake(countersigned, LATER) == ((Asked(stream, gate),),)
    fee = NoteGate(APPLICATION, "fee", LATER)
    assert when_intake(settled, LATER) == ((Asked(stream, fee),),)
    assert when_intake(approved, LATER) == ()


def test_a_clearance_issues_the_certificate_and_takes_its_number_in_one_append() -> None:
    """CER-2, L10: never a number without its certificate, nor the other way round."""
    assert when_cleared(cleared, LATER) == (
        (
            Asked(f"issuance-{APPLICATION}", ConfirmClearance(DECISION)),
            Asked(number_stream(NUMBER), TakeNumber(NUMBER, CERTIFICATE, LATER)),
            Asked(f"certificate-{CERTIFICATE}", IssueCertificate(NUMBER, LATER)),
        ),
    )


@pytest.mark.parametrize("event", [granted, agreed, prepared, issued])
def test_its_other_own_events_lead_to_nothing(event: Event) -> None:
    """PM-9: only a complete set issues."""
    assert when_cleared(event, LATER) == ()

"""What outsiders hear on the public topic: little, and always the same of the same event."""

import json
from uuid import UUID

import pytest

from services.certificates.main import to_public
from services.certificates.views.public import PublicRecord, public_record
from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.certificates import CertificateExpired, CertificateIssued
from shared.contracts.envelope import Actor, Cause
from shared.contracts.record import Record, decode
from shared.eventlog import Write
from shared.testing.memory import MemoryLog
from tests.certificates.facts import (
    CERTIFICATE,
    ISSUED_AT,
    NUMBER,
    expired,
    issued,
    listed,
    prepared,
    unlisted,
)

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def records(*events: Event) -> list[Record]:
    """Return ``events`` of one certificate, as they are on record."""
    log = MemoryLog("certificates", now=lambda: ISSUED_AT)
    made = UUID(int=1)
    cause = Cause(Actor(made, "policy"), made, made, made, traceparent=TRACE)
    await log.append([Write(f"certificate-{CERTIFICATE}", events, 0)], cause=cause)
    return [decode(each.leaf) for each in await log.tail(0, limit=10)]


def told(said: PublicRecord | None) -> tuple[dict[str, str], dict[str, object]]:
    """Return headers and data of a message."""
    assert said is not None
    return {name: value.decode() for name, value in said.headers}, json.loads(said.value)


async def test_an_issue_is_told_in_binary_cloudevents() -> None:
    """CER-19: number, status and dates; nothing about the inside and no holder."""
    [_, record] = await records(prepared, issued)
    said = public_record(record, 7)
    head, data = told(said)
    assert said is not None
    assert said.key == NUMBER
    assert head == {
        "ce_specversion": "1.0",
        "ce_id": str(record.event_id),
        "ce_source": "asf/certificates",
        "ce_type": "CertificateIssued",
        "ce_time": "2019-06-19T08:00:00.000000Z",
        "ce_subject": NUMBER,
        "ce_dataschema": "urn:asf:schema:public.StatusChange:1",
        "content-type": "application/json",
        "ce_position": "7",
        "ce_sequence": "2",
        "traceparent": TRACE,
    }
    assert data == {
        "number": NUMBER,
        "status": "active",
        "valid": True,
        "valid_from": "2019-06-19",
        "valid_until": "2021-06-19",
        "valid_until_at": "2021-06-19T22:00:00.000000Z",
        "at": "2019-06-19T08:00:00.000000Z",
    }


async def test_an_expiry_is_told_with_the_instant_from_which_it_is_true() -> None:
    """CER-5, GEN-5: however late it was recorded."""
    [record] = await records(expired)
    head, data = told(public_record(record, 9))
    assert (head["ce_type"], head["ce_time"]) == (
        "CertificateExpired",
        "2021-06-19T22:00:00.000000Z",
    )
    assert (data["status"], data["valid"], data["at"]) == ("expired", False, head["ce_time"])


async def test_what_changes_no_status_is_not_told() -> None:
    """Q-115: consent concerns the register, which can forget; this topic cannot."""
    for record in await records(prepared, listed, unlisted):
        assert public_record(record, 1) is None


async def test_what_a_newer_release_said_is_told_by_a_newer_release() -> None:
    """ADR-0030: it may change a status; an old process that passed it over would leave outsiders behind."""
    [record] = await records(issued)
    for newer in (record._replace(type="CertificatePraised"), record._replace(schema=2)):
        with pytest.raises(NewerVersionError):
            public_record(newer, 1)


async def test_the_relay_sends_it_under_the_number() -> None:
    """House: all about one certificate comes in order."""
    [silent, record] = await records(prepared, issued)
    assert to_public(silent, 1) is None
    message = to_public(record._replace(traceparent=None), 2)
    assert message is not None
    assert message.key == NUMBER
    assert "traceparent" not in dict(message.headers)


@pytest.mark.parametrize("event", [CertificateIssued, CertificateExpired])
def test_every_change_of_status_has_meaning_for_others(event: type[Event]) -> None:
    """House: what leaves the service keeps its promise of compatibility."""
    assert event.integration

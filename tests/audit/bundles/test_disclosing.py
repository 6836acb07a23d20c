"""ADR-0023: audit takes from a service only what an auditor may see, and what the record committed to."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.audit.bundles.disclosing import (
    NotCommittedError,
    checked,
    streams_to_ask,
    visible,
    wanted,
)
from services.audit.bundles.records import Kept
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode
from shared.contracts.roles import Role
from shared.ids import SALT_BYTES
from shared.vault.commitment import commitment

CASE = UUID(int=21)
AT = datetime(2019, 6, 17, 8, tzinfo=UTC)
SALT = bytes(range(SALT_BYTES))
REASON = "Underlagen är tillräckliga."


def kept(position: int, kind: str, **data: str | None) -> Kept:
    """Return a record of the case; every text in ``data`` is committed to."""
    sealed = {
        field: None if text is None else commitment(kind, field, SALT, text)
        for field, text in data.items()
    }
    record = Record(
        log="asf/intake",
        event_id=CASE,
        type=kind,
        schema=1,
        stream=f"application-{UUID(int=position)}",
        version=1,
        previous=None,
        recorded_at=AT,
        effective_at=AT,
        actor=Actor(CASE, Role.APPLICANT),
        command_id=CASE,
        correlation_id=CASE,
        causation_id=CASE,
        traceparent=None,
        policy="1",
        scheme=None,
        data=sealed,
    )
    return Kept(position, encode(record), record)


ADMITTED = kept(7, "ApplicantAdmitted", reason=REASON)
INTEREST = kept(8, "InterestRegistered", contact_name="Kontakt", contact_email="a@b.example")
SILENT = kept(9, "SurveyAnswered", remarks=None)
NEWER = kept(10, "SomethingNewer", reason=REASON)
KNOWN = {each.position: each for each in (ADMITTED, INTEREST, SILENT, NEWER)}


def said(position: int, field: str, value: str = REASON, salt: bytes = SALT) -> dict[str, object]:
    """Return what a service says."""
    return {"position": position, "field": field, "salt": salt.hex(), "value": value}


def test_only_streams_with_something_to_show_are_asked_for() -> None:
    """GEN-8: a reading that would show nothing is not made."""
    assert streams_to_ask(list(KNOWN.values())) == (ADMITTED.record.stream,)
    assert [visible(each) for each in KNOWN.values()] == [("reason",), (), (), ()]


def test_what_an_auditor_may_not_see_is_dropped() -> None:
    """ADR-0023: also when a service of another version says it; and what the bundle does not show."""
    assert wanted(said(7, "reason"), KNOWN)
    for more in (
        said(8, "contact_name", "Kontakt"),
        said(7, "screener_id"),
        said(10, "reason"),
        said(11, "reason"),
    ):
        assert not wanted(more, KNOWN)


def test_what_the_record_did_not_commit_to_is_never_exported() -> None:
    """Section 8: another text or salt; the commitment in the log decides what was said."""
    shown = checked("asf/intake", said(7, "reason"), KNOWN)
    assert (shown.value, shown.salt, shown.position) == (REASON, SALT, 7)
    for wrong in (said(7, "reason", REASON + " "), said(7, "reason", salt=bytes(SALT_BYTES))):
        with pytest.raises(NotCommittedError):
            checked("asf/intake", wrong, KNOWN)

"""House: ADR-0024: what is erased is on disk outside the database first, and stays there."""

from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts.erasure import Basis
from shared.process import run
from shared.process.erasure_ledger import (
    FILE,
    Erasure,
    ErasureLedger,
    ErasureOrder,
    ErasuresForgotten,
    LedgerBroken,
    OrderDiffers,
)
from shared.process.erasure_record import command_id_of, erased_events
from shared.vault import Held
from tests.faults.disk import bounded, filled, require_mounting
from tests.process.example import service
from tests.process.house import MONDAY

SUBJECT, DECIDER = UUID(int=30), UUID(int=40)
CASE, OTHER_CASE = UUID(int=10), UUID(int=11)


def erasure(key: int, *, subject: UUID = SUBJECT, basis: Basis = "person_request") -> Erasure:
    """Return the erasure of key number ``key``."""
    return Erasure(
        key_id=UUID(int=key),
        subject_id=subject,
        basis=basis,
        decided_by=DECIDER,
        entered_at=MONDAY,
    )


def begun(folder: Path) -> ErasureLedger:
    """Return the ledger of review, as ``migrate`` makes it together with the log."""
    ledger = ErasureLedger(folder, "review")
    ledger.begin(MONDAY)
    return ledger


def test_what_was_entered_is_read_again_and_a_key_has_one_line(tmp_path: Path) -> None:
    """ADR-0024: only ever longer; whoever repeats an erasure changes nothing about the first."""
    ledger = begun(tmp_path)
    assert ledger.entries() == ()
    ledger.add([erasure(1)])
    before = (tmp_path / "review" / FILE).read_bytes()
    ledger.add([erasure(1, basis="authority_order"), erasure(2), erasure(3, subject=DECIDER)])
    assert ErasureLedger(tmp_path, "review").entries() == (
        erasure(1),
        erasure(2),
        erasure(3, subject=DECIDER),
    )
    assert ledger.of(SUBJECT) == (erasure(1), erasure(2))
    assert (tmp_path / "review" / FILE).read_bytes().startswith(before)


def test_an_erasure_that_there_is_no_room_for_is_not_begun(tmp_path: Path) -> None:
    """ADR-0024: nothing is deleted before its line is on disk; what stood there is whole."""
    require_mounting()
    with bounded(tmp_path):
        ledger = begun(tmp_path)
        ledger.add([erasure(1)])
        with filled(tmp_path):
            with pytest.raises(OSError, match="No space left"):
                ledger.add([erasure(2)])
            assert ledger.entries() == (erasure(1),)
            assert [each.name for each in (tmp_path / "review").iterdir()] == [FILE]
        ledger.add([erasure(2)])
        assert ledger.entries() == (erasure(1), erasure(2))


def test_a_key_that_another_order_has_begun_to_erase_is_left_to_it(tmp_path: Path) -> None:
    """PM-20: or the second order would be carried out, and stand nowhere."""
    ledger = begun(tmp_path)
    ledger.add([erasure(1)])
    again = ErasureOrder(SUBJECT, "person_request", DECIDER, None)
    ledger.require_own(again, UUID(int=1))
    other = again._replace(order_id=UUID(int=60))
    ledger.require_own(other, UUID(int=2))
    with pytest.raises(OrderDiffers, match="an order without an id has begun"):
        ledger.require_own(other, UUID(int=1))


def test_a_ledger_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    """ADR-0024: whoever takes it for one lets a backup bring back all that was ever erased."""
    ledger = ErasureLedger(tmp_path, "review")
    for asked in (ledger.entries, lambda: ledger.add([erasure(1)])):
        with pytest.raises(ErasuresForgotten, match=r"asf/review; run: .*services\.review\.main"):
            asked()
    assert not ledger.begun


@pytest.mark.parametrize("text", [b"", b"\n", b'{"erasures_of":"asf/intake"}\n'])
def test_a_file_without_the_heading_of_its_service_is_no_ledger(
    tmp_path: Path, text: bytes
) -> None:
    """ADR-0024: neither one that was emptied, nor that of another service in its place."""
    other = begun(tmp_path)
    file = tmp_path / "review" / FILE
    assert other.entries() == ()
    heading = file.read_bytes()
    file.write_bytes(text)
    with pytest.raises(LedgerBroken, match="line 1 of erasures is not the heading of asf/review"):
        other.entries()
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / FILE).write_bytes(heading)
    with pytest.raises(LedgerBroken, match="the heading of asf/intake"):
        ErasureLedger(tmp_path, "intake").entries()


def test_a_line_that_is_no_erasure_is_never_passed_over(tmp_path: Path) -> None:
    """ERA-1: a reader who skipped it would let a backup bring back what it stood for."""
    ledger = begun(tmp_path)
    ledger.add([erasure(1), erasure(2)])
    file = tmp_path / "review" / FILE
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(LedgerBroken, match="line 3"):
        ledger.entries()
    with pytest.raises(LedgerBroken):
        ledger.add([erasure(3)])


def test_each_case_that_the_texts_stood_in_has_its_own_event() -> None:
    """ADR-0013, 0024: so that the history and the bundle of each case show it; names and counts only."""
    held = (
        Held(CASE, "ReportCommented.comment", 1),
        Held(OTHER_CASE, "InterestRegistered.contact_email", 1),
        Held(OTHER_CASE, "InterestRegistered.contact_name", 2),
        Held(None, "AppointmentMade.reason", 4),
    )
    events = erased_events(erasure(1), held, MONDAY)
    assert [(each.application_id, each.texts) for each in events] == [
        (CASE, 1),
        (OTHER_CASE, 3),
        (None, 4),
    ]
    assert [(each.name, each.texts) for each in events[1].erased] == [
        tuple(h[1:]) for h in held[1:3]
    ]
    assert {each.key_id for each in events} == {UUID(int=1)}


def test_a_key_without_texts_is_erased_on_record_too() -> None:
    """ADR-0024: files may have been under it."""
    (event,) = erased_events(erasure(1), (), MONDAY)
    assert (event.erased, event.texts, event.application_id) == ((), 0, None)


def test_a_ground_that_the_law_does_not_know_is_no_question() -> None:
    """Law (GDPR 17.1): a closed list; and nobody erases without a name that answers for it."""
    for words in (
        ("--basis", "because", "--decided-by", str(DECIDER)),
        ("--basis", "person_request"),
    ):
        with pytest.raises(SystemExit, match="2"):
            run(service, ["erase", str(SUBJECT), *words, "--apply"])


def test_a_key_is_erased_by_one_command() -> None:
    """L4: whoever repeats it repeats the same command; the subject's next key is another one."""
    assert command_id_of(UUID(int=1)) == command_id_of(UUID(int=1)) != command_id_of(UUID(int=2))

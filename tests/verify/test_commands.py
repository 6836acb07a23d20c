"""``sigill-verify`` as it is called: each question, exit codes, and both forms of the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.contracts.preparation import AgreementNoted
from shared.ledger import (
    AddCheckpoint,
    Checkpoint,
    RecordProof,
    SigningKey,
    consistency_plan,
    inclusion_plan,
    leaf_hash,
    parse_note,
    policy_of,
    policy_text,
    private_key,
    sign_checkpoint,
)
from shared.vault.commitment import commitment
from tests.ledger.published import flipped
from tests.ledger.samples import tiles_over
from tests.verify import synthetic
from tests.verify.house import Place, made, policy, read
from tests.verify.synthetic import CASE, CASES, log_of
from verify.command_line import main
from verify.report import plain

LOG = log_of("asf/review", 40)
BELIEVED = policy(["asf/review"])
STRICT = policy(["asf/review"], need=2)
OTHERS = policy(["asf/intake"])
KEPT = parse_note(LOG.note(16))
BARE = replace(KEPT, signatures=KEPT.signatures[:1]).encode()
"""What somebody kept who had it from the log, before any witness saw it."""
_, TILES = tiles_over([leaf_hash(leaf) for leaf in LOG.leaves])
PROOF = RecordProof(12, read(inclusion_plan(12, 40), TILES), LOG.note()).encode()
GROWTH = AddCheckpoint(16, read(consistency_plan(16, 40), TILES), LOG.note()).encode()


@pytest.fixture
def files(place: Place) -> Path:
    """A folder with all that can be asked about."""
    place.put_policy(BELIEVED)
    place.put("strict", policy_text(STRICT).encode())
    place.put("others", policy_text(OTHERS).encode())
    for name, data in (
        ("note", LOG.note()),
        ("saved", BARE),
        ("record", LOG.leaves[12]),
        ("proof", PROOF),
        ("growth", GROWTH),
        ("heads", LOG.case(CASE).heads.encode()),
    ):
        place.put(name, data)
    for number, leaf in LOG.case(CASE).records.items():
        place.put(f"{number:03}.json", leaf)
    return place.folder


QUESTIONS = (
    ("checkpoint", ("note",)),
    ("record", ("record", "proof")),
    ("consistency", ("saved", "growth")),
)


@pytest.mark.parametrize(("what", "names"), QUESTIONS)
def test_each_question_has_its_exit_codes(
    place: Place, files: Path, what: str, names: tuple[str, ...]
) -> None:
    """Section 7: 0 verifies, 1 tampered, 2 malformed, 3 untrusted key or quorum."""
    words = [files / name for name in names]
    by = ("--policy", files / "policy")
    code, report = place.asked(what, *words, *by)
    assert (code, report["result"], report["checkpoint"]["size"]) == (0, "ok", 40)
    assert report["checkpoint"]["seen_at"]["example.org/audit"] == "2026-09-21T14:13:20Z"
    for policy_name in ("strict", "others"):
        code, report = place.asked(what, *words, "--policy", files / policy_name)
        assert (code, report["result"]) == (3, "untrusted")
    last = words[-1].read_bytes()
    words[-1].write_bytes(last[:-5])
    assert place.asked(what, *words, *by)[0] == 2
    words[-1].write_bytes(last.replace(b"\n40\n", b"\n41\n"))
    code, report = place.asked(what, *words, *by)
    assert (code, report["result"]) == (1, "tampered")
    words[-1].write_bytes(b"\xff")
    assert place.asked(what, *words, *by)[0] == 2
    assert place.asked(what, files / "nothing", *words[1:], *by)[0] == 2


@pytest.mark.parametrize(("what", "names"), QUESTIONS)
def test_no_byte_of_what_is_asked_about_may_differ(
    place: Place, files: Path, what: str, names: tuple[str, ...]
) -> None:
    """Section 4: of any of the files; every 13th here, every one in ``test_parts``."""
    for name in names:
        data = (files / name).read_bytes()
        for at in range(0, len(data), 13):
            (files / name).write_bytes(flipped(data, 8 * at + at % 8))
            words = [files / each for each in names]
            assert place.asked(what, *words, "--policy", files / "policy")[0], (name, at)
        (files / name).write_bytes(data)


def test_a_record_elsewhere_is_named_by_log_and_position(place: Place, files: Path) -> None:
    """Section 3: the report names the leaf."""
    wrong = place.put("wrong", LOG.leaves[13])
    code, report = place.asked("record", wrong, files / "proof", "--policy", files / "policy")
    assert (code, report["log"], report["position"]) == (1, "asf/review", 13)


def test_a_case_is_whole_or_not(place: Place, files: Path) -> None:
    """ADR-0018: what it consists of, and whether these are all."""
    by, records = ("--policy", files / "policy"), sorted(files.glob("*.json"))
    code, report = place.asked("case", CASE, files / "heads", *by)
    assert (code, report["records"], report["checked_records"]) == (0, len(records), 0)
    code, report = place.asked("case", CASE, files / "heads", *records, *by)
    assert (code, report["checked_records"]) == (0, len(records))
    for at in range(len(records)):
        some = [*records[:at], *records[at + 1 :]]
        if some:
            assert place.asked("case", CASE, files / "heads", *some, *by)[0] == 1
    assert place.asked("case", CASE, files / "heads", *records, records[0], *by)[0] == 1
    assert place.asked("case", CASES[1], files / "heads", *records, *by)[0] == 1
    assert place.asked("case", CASE, files / "proof", *records, *by)[0] == 2


def test_a_text_is_what_a_record_committed_to(place: Place) -> None:
    """Section 8: asked about one value alone, without any key."""
    salt, text = bytes(range(32)), 'Så här är det - "sagt".\n\t'
    committed = commitment("AgreementNoted", "agreement", salt, text)
    event = AgreementNoted(
        application_id=synthetic.NAMES, agreement=committed, noted_at=synthetic.AT
    )
    record = place.put("record", synthetic.record("asf/review", "x-1", 1, None, event, CASE))
    value = place.put("value", text.encode())

    assert place.asked("disclosed", record, "agreement", salt.hex(), value)[0] == 0
    assert place.asked("disclosed", record, "noted_at", salt.hex(), value)[0] == 1
    assert place.asked("disclosed", record, "agreement", "00" * 32, value)[0] == 1
    assert place.asked("disclosed", record, "agreement", "00" * 31, value)[0] == 2
    assert (
        place.asked("disclosed", record, "agreement", salt.hex(), place.put("v", b"\xff"))[0] == 2
    )


def test_people_read_lines_and_refusals_on_the_other_stream(place: Place, files: Path) -> None:
    """Section 3: a plain report; what is wrong, where, and by which rule."""
    by = ("--policy", str(files / "policy"))
    assert main(["checkpoint", str(files / "note"), *by]) == 0
    out = place.capsys.readouterr().out
    assert out.startswith("result: ok\ncheckpoint:\n  origin: example.org/asf/review\n  size: 40\n")
    path = place.put_bundle(made(CASE, [LOG]))
    assert main(["bundle", str(path), *by]) == 0
    assert "rules not replayed: certifier_has_tie, " in place.capsys.readouterr().out
    first = min((path / "records/asf/review").iterdir(), key=lambda each: int(each.stem))
    first.write_bytes(first.read_bytes() + b" ")
    assert main(["bundle", str(path), *by]) == 1
    lines = place.capsys.readouterr().err.splitlines()
    assert lines[0] == "result: tampered"
    assert lines[2:] == ["log: asf/review", f"position: {first.stem}"]


def test_a_call_that_makes_no_sense_ends_with_two(place: Place) -> None:
    """Section 7: 2 is also for whoever called it wrongly."""
    for words in ([], ["everything"], ["checkpoint", "x"], ["bundle", "--policy", "y"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
    assert place.capsys.readouterr().out == ""


def test_a_simulated_log_says_so(place: Place) -> None:
    """Section 3 of the log's design: records of a moved clock never pass for real ones."""
    key = SigningKey("example.org/asf-simulated/review", private_key(bytes(32)))
    note = sign_checkpoint(Checkpoint(key.name, 0, leaf_hash(b"")), key)
    believed = place.put("p", policy_text(policy_of([key.verifier])).encode())
    code, report = place.asked("checkpoint", place.put("n", note.encode()), "--policy", believed)
    assert (code, report["result"]) == (1, "tampered"), "an empty log with a root"
    note = sign_checkpoint(Checkpoint(key.name, 1, leaf_hash(b"")), key)
    code, report = place.asked("checkpoint", place.put("n", note.encode()), "--policy", believed)
    assert (code, report["checkpoint"]["simulated_time"]) == (0, True)


def test_what_is_listed_stands_under_one_heading() -> None:
    """Section 3: a plain report for people; a dash says where each of several begins."""
    found = {"logs": [{"log": "a", "checkpoint": {"size": 1}}, {"log": "b", "none": None}]}
    assert plain(found) == "logs:\n  - log: a\n    checkpoint:\n      size: 1\n  - log: b\n"

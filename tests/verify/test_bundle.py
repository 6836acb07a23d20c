"""docs/bundle.md: a case's bundle verifies, and whatever is changed or left out shows."""

import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid5

import pytest

from shared.contracts.record import decode, encode
from shared.ledger import Checkpoint, Seal, leaf_hash, sign_checkpoint
from shared.ledger.bundle import bundle_files, bundle_zip
from tests.certificates import facts as certificates
from tests.intake import facts as intake
from tests.ledger.samples import SEEN_AT
from tests.review import facts as review
from tests.verify import g1
from tests.verify.g1 import CANARY, CASE
from tests.verify.house import OTHER, SERVICES, WITNESS, Log, Place, key_of, made, policy, resealed
from tests.verify.synthetic import CASE as OURS
from tests.verify.synthetic import CASES, log_of
from verify.container import zip_of

LOGS = [f"asf/{name}" for name in SERVICES]
BELIEVED = policy(LOGS)
SMALL = [log_of("asf/intake", 23), log_of("asf/review", 40), log_of("asf/notify", 3)]
SMALL_LOGS = [each.name for each in SMALL]
SMALL_BELIEVED = policy(SMALL_LOGS)
FILES = made(OURS, SMALL, review=(7, 16), intake=(1,))


def test_a_case_verifies_as_folder_and_as_zip(place: Place) -> None:
    """Section 3: over several logs, with shared streams, also for a case that a log never saw."""
    for case in (*CASES, "0190a3c2-7a10-4c00-8000-00000000ffff"):
        files = made(case, SMALL)
        code, report = place.bundle(files, SMALL_BELIEVED)
        folder = place.put_bundle(files, case)

        assert code == 0, report
        assert place.asked("bundle", folder, "--policy", place.folder / "policy") == (0, report)
        assert report["case"] == case
        records = {each["log"]: each["records"] for each in report["logs"]}
        assert records == {
            log.name: sum(str(decode(leaf).correlation_id) == case for leaf in log.leaves)
            for log in SMALL
        }


async def test_the_pilot_round_verifies(pilot: g1.House, place: Place) -> None:
    """G1: the whole case of a certified firm, with its texts, its decision and its certificate."""
    disclosed = await pilot.disclosed(CASE, "intake", "review")
    files = made(CASE, pilot.shown, disclosed)
    code, report = place.bundle(files, BELIEVED)

    assert code == 0, report
    assert report["disclosed"] == len(disclosed) > 20
    assert [each["outcome"] for each in report["decisions"]] == ["approved"]
    assert report["certificates"] == [certificates.NUMBER]
    assert {each["log"]: each["records"] > 0 for each in report["logs"]} == {
        log: log != "asf/audit" for log in LOGS
    }


def test_what_is_sealed_does_not_stand_in_clear(pilot: g1.House) -> None:
    """Section 8: without disclosure nobody's words are in a bundle, and no other case is."""
    everything = bundle_zip(made(CASE, pilot.shown))
    for word in (CANARY, "Stormöte", review.REASON, intake.REASON, "Kontaktperson"):
        assert word.encode() not in everything
    for word in ("kontakt@alfa.example", str(g1.BETA), str(uuid5(g1.BETA, "review"))):
        assert word.encode() not in everything


def test_the_same_case_has_the_same_bytes(pilot: g1.House) -> None:
    """ADR-0020: two exports of a case can be compared; both sides write the one zip."""
    logs = [log.case(CASE) for log in pilot.shown]
    files = bundle_files(CASE, logs)

    assert bundle_zip(files) == bundle_zip(bundle_files(CASE, reversed(logs))) == zip_of(files)


def refused(place: Place, files: Mapping[str, bytes]) -> dict[str, object]:
    """Return why the bundle of ``files`` is refused, and where."""
    code, report = place.bundle(files, SMALL_BELIEVED)
    assert code == {"ok": 0, "tampered": 1, "malformed": 2, "untrusted": 3}[report["result"]]
    assert code != 0
    return report


RECORDS = sorted(path for path in FILES if path.startswith("records/"))


def left_out(*paths: str) -> dict[str, bytes]:
    """Return the bundle without ``paths``, their proofs, and the schemas that only they needed."""
    proofs = [f"proofs{path[7:-5]}.tlog-proof" for path in paths if path in RECORDS]
    kept = {path for path in RECORDS if path not in paths}
    named = {f"schemas/{decode(FILES[path]).type}.v1.json" for path in kept}
    spare = {path for path in FILES if path.startswith("schemas/")} - named
    return resealed(FILES, **dict.fromkeys((*paths, *proofs, *spare)))


@pytest.mark.parametrize("path", RECORDS)
def test_a_record_that_is_left_out_shows(place: Place, path: str) -> None:
    """Section 4: head, middle, tail, or the only one of its stream; the forger knows the manifest."""
    report = refused(place, left_out(path))

    assert (report["result"], report["log"]) == ("tampered", path[8:].rpartition("/")[0])


@pytest.mark.parametrize("log", SMALL_LOGS)
def test_a_stream_that_is_left_out_shows(place: Place, log: str) -> None:
    """Section 4: whole streams, one by one."""
    of_log = [path for path in RECORDS if path.startswith(f"records/{log}/")]
    for stream in {decode(FILES[path]).stream for path in of_log}:
        gone = [path for path in of_log if decode(FILES[path]).stream == stream]

        report = refused(place, left_out(*gone))
        assert (report["result"], report["log"]) == ("tampered", log)


@pytest.mark.parametrize("log", SMALL_LOGS)
def test_a_log_that_is_left_out_shows(place: Place, log: str) -> None:
    """ADR-0020: every log of the policy is shown, or named by whoever does without it."""
    about = [path for path in FILES if f"/{log}/" in path or path == f"heads/{log}.heads"]
    files, origin = left_out(*about), f"example.org/{log}"

    report = refused(place, files)
    assert (report["result"], report["log"]) == ("tampered", origin)
    code, report = place.bundle(files, SMALL_BELIEVED, "--without", origin)
    assert (code, report["not_shown"]) == (0, [origin])


def test_another_record_in_its_place_is_named(place: Place) -> None:
    """Section 3: the report names the first bad leaf, by log and position, in the order of the logs."""
    for path in RECORDS:
        log, number = path.removeprefix("records/").removesuffix(".json").rsplit("/", 1)
        record = decode(FILES[path])
        forged = encode(record._replace(policy="2"))
        for files in ({**FILES, path: forged}, resealed(FILES, **{path: forged})):
            report = refused(place, files)
            assert (report["log"], report["position"]) == (log, int(number))
            assert report["result"] == "tampered"


def test_the_first_of_several_is_named(place: Place) -> None:
    """Section 3: whatever follows, the first bad leaf comes first."""
    bad = [path for path in RECORDS if path.startswith("records/asf/review/")]
    files = {**FILES, **{path: FILES[path] + b" " for path in bad}}
    first = min(int(path.rsplit("/", 1)[1].removesuffix(".json")) for path in bad)

    assert refused(place, files)["position"] == first
    assert refused(place, resealed(files))["position"] == first


def test_records_of_another_case_have_no_place(place: Place) -> None:
    """ADR-0018: a true record with a true proof, but not of this case."""
    other = made(CASES[1], SMALL)
    path = min(path for path in other if path.startswith("records/asf/review/"))
    proof = f"proofs{path[7:-5]}.tlog-proof"

    report = refused(place, resealed(FILES, **{path: other[path], proof: other[proof]}))
    assert (report["log"], report["position"]) == ("asf/review", int(path[19:-5]))
    assert report["why"] == "a record of another log or case"


@pytest.mark.parametrize("path", RECORDS)
def test_a_record_is_at_its_own_place_only(place: Place, path: str) -> None:
    """Section 3: positions are what the report names, so a file's name must be true."""
    log, number = path[8:-5].rsplit("/", 1)
    moved = {
        path: None,
        f"proofs/{log}/{number}.tlog-proof": None,
        f"records/{log}/{int(number) + 100}.json": FILES[path],
        f"proofs/{log}/{int(number) + 100}.tlog-proof": FILES[f"proofs/{log}/{number}.tlog-proof"],
    }
    report = refused(place, resealed(FILES, **moved))
    assert (report["log"], report["position"]) == (log, int(number) + 100)


def test_a_checkpoint_is_of_its_log_and_size(place: Place) -> None:
    """docs/bundle.md: the name of its file is true; so that of each log's folder."""
    note = FILES["checkpoints/asf/intake/23.note"]
    moved = {"checkpoints/asf/intake/23.note": None, "checkpoints/asf/intake/24.note": note}
    assert refused(place, resealed(FILES, **moved))["log"] == "asf/intake"
    elsewhere = {path.replace("asf/notify", "asf/other"): data for path, data in FILES.items()}
    files = resealed(
        FILES,
        **dict.fromkeys(FILES.keys() - elsewhere.keys()),
        **{path: data for path, data in elsewhere.items() if path not in FILES},
    )
    report = refused(place, files)
    assert (report["result"], report["log"]) == ("tampered", "asf/other")
    assert "of another log or size" in str(report["why"])


def test_every_proof_stands_alone_with_the_one_checkpoint(place: Place) -> None:
    """docs/bundle.md: who takes out one record and its proof has a true checkpoint with it."""
    path = min(path for path in FILES if path.startswith("proofs/asf/review/"))
    head, gap, _ = FILES[path].partition(b"\n\n")
    for note in (SMALL[1].note(16), SMALL[0].note(), b"nothing\n"):
        report = refused(place, resealed(FILES, **{path: head + gap + note}))
        assert report["why"] == "a proof with another checkpoint than the bundle's"


def test_what_belongs_to_no_bundle_is_refused(place: Place) -> None:
    """docs/bundle.md: nothing stands in a bundle that nobody checks."""
    for path in ("notes.txt", "records/x", "records/asf/review/01.json", "schemas/X.v1.json"):
        assert refused(place, resealed(FILES, **{path: b"{}"}))
        assert refused(place, {**FILES, path: b"{}"})["result"] == "tampered"
    for path in ("README.md", "disclosed.json", "manifest.json"):
        assert refused(place, {name: data for name, data in FILES.items() if name != path})
    for odd in ("link", "r\udcff", "å.md"):
        folder = place.put_bundle(FILES, f"of {len(odd)}")
        if odd == "link":
            (folder / odd).symlink_to("README.md")
        else:
            (folder / odd).write_bytes(b"")
        code, _ = place.asked("bundle", folder, "--policy", place.folder / "policy")
        assert code == 2, odd


@pytest.mark.parametrize("properties", [[1], "x", {"reason": "x"}, {"reason": None}])
def test_a_schema_that_is_none_is_refused_in_words(place: Place, properties: object) -> None:
    """docs/bundle.md: 2 for what has not its form, and never a stack of Python."""
    path = min(path for path in FILES if path.startswith("schemas/"))
    wrong = json.dumps({**json.loads(FILES[path]), "properties": properties}).encode()
    assert refused(place, resealed(FILES, **{path: wrong}))["result"] == "malformed"


def test_a_zip_holds_its_files_and_nothing_more(place: Place) -> None:
    """docs/bundle.md: one zip for one set of files: no comments, gaps or second entries."""
    data = bundle_zip(FILES)
    for wrong in (data + b"x", b"x" + data, data[:-2] + b"\x01\x00x", data[:-22]):
        path = place.put("wrong.zip", wrong)
        code, report = place.asked("bundle", path, "--policy", place.put_policy(SMALL_BELIEVED))
        assert code in {1, 2}, report


def test_a_zip_cannot_name_the_same_bytes_again_and_again(place: Place) -> None:
    """docs/bundle.md: files lie side by side; 4 kB that say they are 64 MB are refused before."""
    one = bundle_zip({"README.md": b"x" * 4_000})
    start = one.index(b"PK\x01\x02")
    entries = [one[start:-22].replace(b"README.md", b"%09d" % at) for at in range(16_000)]
    directory = b"".join(entries)
    end = (b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), start, 0)
    path = place.put("wide.zip", one[:start] + directory + struct.pack("<4s4H2IH", *end))
    code, report = place.asked("bundle", path, "--policy", place.put_policy(SMALL_BELIEVED))
    assert (code, report["why"]) == (2, "a zip whose files are not stored as they are")


def test_trust_comes_from_the_policy_alone(place: Place) -> None:
    """Section 7: another log key, too few witnesses, a log that nobody knows."""
    stranger = replace(SMALL_BELIEVED, logs=(key_of("asf/review", "stranger").verifier,))
    more = [*SMALL_LOGS, "asf/certificates"]
    for believed, code in (
        (stranger, 3),
        (policy(SMALL_LOGS, need=2), 3),
        (policy(SMALL_LOGS[:2]), 3),
        (policy(more), 1),
        (policy(SMALL_LOGS, need=0), 0),
    ):
        assert place.bundle(FILES, believed)[0] == code
    without = ("--without", "example.org/asf/certificates")
    code, report = place.bundle(FILES, policy(more), *without)
    assert (code, report["not_shown"]) == (0, ["example.org/asf/certificates"])


def test_a_witness_that_vouches_for_something_else_spoils_it(place: Place) -> None:
    """C2SP signed-note: a trusted key's false signature is worse than none."""
    log = SMALL[0]
    note = log.note().decode()
    said = Checkpoint("example.org/asf/intake", 1, bytes(32), (Seal(0, bytes(32)).line,))
    false = OTHER.cosign(said.text, SEEN_AT).line
    parts = [log.case(OURS, note=f"{note}{false}\n".encode()), *(s.case(OURS) for s in SMALL[1:])]

    assert refused(place, bundle_files(OURS, parts))["result"] == "tampered"


def test_a_saved_checkpoint_is_grown_from_or_the_bundle_is_refused(place: Place) -> None:
    """Section 3: the bundle carries the proof from what was kept; a fork, a rollback shows."""
    grown = SMALL[1]

    def answer(note: bytes) -> int:
        return place.bundle(FILES, SMALL_BELIEVED, "--saved", place.put("kept", note))[0]

    assert [answer(grown.note(size)) for size in (7, 16, 40, 0)] == [0, 0, 0, 0]
    assert answer(grown.note(8)) == 2
    forked = Log(grown.name, [*grown.leaves[:6], *grown.leaves[10:]])
    assert answer(forked.note(7)) == 1
    assert answer(log_of("asf/review", 41).note()) == 2  # newer than the bundle: ask again
    bare = Checkpoint("example.org/asf/review", 40, leaf_hash(b"x"))
    assert answer(sign_checkpoint(bare, key_of("asf/review")).encode()) == 1
    assert answer(sign_checkpoint(bare, key_of("asf/review", "stranger")).encode()) == 3


def test_older_checkpoints_come_with_their_proof(place: Place) -> None:
    """Section 7: a checkpoint in the bundle that the log did not grow from is refused."""
    forked = Log("asf/review", [*SMALL[1].leaves[:6], *SMALL[1].leaves[10:]])
    growth, note = "consistency/asf/review/7.growth", "checkpoints/asf/review/7.note"

    assert refused(place, resealed(FILES, **{note: forked.note(7)}))["log"] == "asf/review"
    assert refused(place, resealed(FILES, **{growth: None}))["result"] == "tampered"
    assert refused(place, resealed(FILES, **{note: None}))["result"] == "tampered"
    later = FILES["checkpoints/asf/review/16.note"]
    assert refused(place, resealed(FILES, **{note: later}))["result"] == "tampered"


def test_everything_of_a_log_is_proved_at_one_checkpoint(place: Place) -> None:
    """docs/bundle.md: heads of an earlier checkpoint would hide the tail."""
    earlier = Log("asf/review", SMALL[1].leaves[:34])
    heads = earlier.case(OURS).heads.encode()

    report = refused(place, resealed(FILES, **{"heads/asf/review.heads": heads}))
    assert (report["result"], report["log"]) == ("tampered", "asf/review")
    assert WITNESS.verifier in SMALL_BELIEVED.witnesses.values()


async def test_a_disclosed_text_is_what_was_committed_to(pilot: g1.House, place: Place) -> None:
    """Section 8: another text, salt, field or place is refused, and one shown twice."""
    disclosed = await pilot.disclosed(CASE, "review")
    one = next(each for each in disclosed if each.value == CANARY)
    wrong = (
        replace(one, value=CANARY + " "),
        replace(one, salt=bytes(32)),
        replace(one, field="title"),
        replace(one, position=one.position + 2),
        replace(one, log="asf/intake"),
    )
    for each in wrong:
        code, report = place.bundle(made(CASE, pilot.shown, [each]), BELIEVED)
        assert (code, report["result"]) == (1, "tampered"), each
    assert place.bundle(made(CASE, pilot.shown, [one, one]), BELIEVED)[0] == 2
    assert place.bundle(made(CASE, pilot.shown, [one]), BELIEVED)[0] == 0


async def test_what_the_schema_seals_may_not_stand_in_clear(pilot: g1.House, place: Place) -> None:
    """GEN-7: a log that kept a text in clear would be found by whoever gets the bundle."""
    leaves = list(pilot.logs["review"].leaves)
    at = next(i for i, leaf in enumerate(leaves) if decode(leaf).type == "DecisionRecommended")
    record = decode(leaves[at])
    open_ = encode(record._replace(data={**record.data, "reason": "Så här är det."}))
    logs = [log for log in pilot.shown if log.name != "asf/review"]
    spoilt = Log("asf/review", rechained([*leaves[:at], open_, *leaves[at + 1 :]]))

    code, report = place.bundle(made(CASE, [*logs, spoilt]), BELIEVED)
    assert (code, report["position"]) == (1, at + 1), report
    assert "clear" in report["why"]


def rechained(leaves: list[bytes]) -> list[bytes]:
    """Return ``leaves`` with every record naming the one before it: as a log would write them."""
    heads: dict[str, str] = {}
    found: list[bytes] = []
    for leaf in leaves:
        record = decode(leaf)
        new = encode(record._replace(previous=heads.get(record.stream)))
        heads[record.stream] = leaf_hash(new).hex()
        found.append(new)
    return found


def test_a_record_that_does_not_follow_is_named(place: Place) -> None:
    """Section 4: a log that was written anew, chain and all signatures, with a link forgotten."""
    log = SMALL[1]
    at = next(
        i
        for i, leaf in enumerate(log.leaves)
        if (r := decode(leaf)).version == 2 and str(r.correlation_id) == OURS
    )
    wrong = encode(decode(log.leaves[at])._replace(previous="ab" * 32))
    spoilt = Log(log.name, [*log.leaves[:at], wrong, *log.leaves[at + 1 :]])

    report = refused(place, made(OURS, [SMALL[0], spoilt, SMALL[2]]))
    assert (report["result"], report["log"], report["position"]) == ("tampered", log.name, at + 1)


def test_the_manifest_is_in_one_form(place: Place) -> None:
    """docs/bundle.md: RFC 8785, this format, this case."""
    manifest = json.loads(FILES["manifest.json"])
    for wrong in (
        json.dumps(manifest).encode(),
        FILES["manifest.json"].replace(b"bundle-v1", b"bundle-v2"),
        FILES["manifest.json"].replace(OURS.encode(), CASES[1].encode()),
        b"[]",
        b"[" * 100_000,
        *(b'{"a":' + b"[" * deep + b"]" * deep + b"}" for deep in (100, 400, 800, 990, 3_000)),
        b'{"a":' + b"1" * 5_000 + b"}",
        b'{"a":1.5}',
        b'{"a":"\\ud800"}',
    ):
        assert refused(place, {**FILES, "manifest.json": wrong})

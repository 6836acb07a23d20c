"""ADR-0025: a bundle carries the schema of the very version of each record, and says what it cannot ask."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.record import Record, decode
from shared.ledger.bundle import bundle_files
from tests.ledger.published import flipped
from tests.review import facts as review
from tests.verify import earlier, g1
from tests.verify.g1 import ALFA, CASE
from tests.verify.house import SERVICES, Log, Place, made, policy, resealed
from tests.verify.synthetic import CASE as OURS
from tests.verify.synthetic import leaf_hash_of, record
from verify.container import checked_manifest
from verify.refused import TamperedError

BELIEVED = policy([f"asf/{name}" for name in SERVICES])
PUBLISHED = Path(__file__).parents[2] / "docs" / "events" / "schemas"
OLD, NEW = (f"schemas/CertificationApproved.v{version}.json" for version in (1, 2))


@pytest.fixture(scope="module")
def decided_before() -> g1.House:
    """The logs of a house whose decision was put on record before it said who signed in when."""
    return asyncio.run(g1.house(*g1.story(ALFA, ending=(earlier.approved,))))


def records_in(files: Mapping[str, bytes]) -> list[Record]:
    """Return the records of a bundle."""
    return [decode(data) for path, data in files.items() if path.startswith("records/")]


async def test_a_decision_of_an_earlier_version_verifies_and_its_rule_is_not_asked(
    decided_before: g1.House, place: Place
) -> None:
    """REV-13: on record nowhere: neither held nor broken, and said so for that record alone."""
    files = made(CASE, decided_before.shown, await decided_before.disclosed(CASE, "review"))
    code, report = place.bundle(files, BELIEVED)

    assert code == 0, report
    (decision,) = report["decisions"]
    assert (decision["outcome"], decision["not_replayed"]) == (
        "approved",
        ["reauthentication_needed"],
    )
    assert "reauthentication_needed" not in report["rules_not_replayed"]
    assert OLD in files
    assert NEW not in files


async def test_a_decision_of_today_is_asked_all_of_it(pilot: g1.House, place: Place) -> None:
    """REV-13: the record alone says it."""
    files = made(CASE, pilot.shown)
    _, report = place.bundle(files, BELIEVED)
    assert [each["not_replayed"] for each in report["decisions"]] == [[]]
    assert NEW in files
    assert OLD not in files


def test_both_versions_in_one_case_have_their_schemas() -> None:
    """docs/bundle.md: one for each type and version that a record has, and no other."""
    leaves: list[bytes] = []
    for version, event in enumerate((earlier.approved, review.approved), 1):
        previous = leaf_hash_of(leaves[-1]) if leaves else None
        leaves.append(record("asf/review", "review-1", version, previous, event, OURS))
    files = bundle_files(OURS, [Log("asf/review", leaves).case(OURS)])
    assert {path for path in files if path.startswith("schemas/")} == {OLD, NEW}


async def test_schemas_are_those_that_were_published_and_true_of_their_records(
    pilot: g1.House, decided_before: g1.House
) -> None:
    """House: byte for byte; and a validator that we did not write finds each record in order."""
    for house in (pilot, decided_before):
        files = made(CASE, house.shown)
        said = records_in(files)
        named = {f"{each.type}.v{each.schema}.json" for each in said}
        schemas = {name: files[f"schemas/{name}"] for name in named}
        assert len(named) == sum(path.startswith("schemas/") for path in files) > 20
        assert schemas == {name: (PUBLISHED / name).read_bytes() for name in named}
        judges = {name: Draft202012Validator(json.loads(text)) for name, text in schemas.items()}
        for each in said:
            judges[f"{each.type}.v{each.schema}.json"].validate(each.data)


async def test_a_changed_byte_of_a_schema_or_of_the_criteria_is_refused(
    decided_before: g1.House, place: Place
) -> None:
    """Section 7: pinned by SHA-256 in the manifest, which the report and the export's record pin."""
    files = made(CASE, decided_before.shown)
    documents = [path for path in files if path.startswith(("schemas/", "criteria/"))]
    for path in documents:
        changed = flipped(files[path], 8 * (len(files[path]) // 2))
        with pytest.raises(TamperedError, match=path):
            checked_manifest({**files, path: changed})
    for path in (OLD, "criteria/policy-1.json", "criteria/scheme-v1.json"):
        code, report = place.bundle({**files, path: files[path] + b"\n"}, BELIEVED)
        assert (code, report["result"]) == (1, "tampered")
        assert path in report["why"]


async def test_the_schema_of_another_version_is_in_the_wrong_place(
    pilot: g1.House, decided_before: g1.House, place: Place
) -> None:
    """docs/bundle.md: neither instead of the right one, nor under its name, nor beside it."""
    before, today = made(CASE, decided_before.shown), made(CASE, pilot.shown)
    for wrong in ({OLD: None, NEW: today[NEW]}, {OLD: today[NEW]}, {NEW: today[NEW]}):
        code, report = place.bundle(resealed(before, **wrong), BELIEVED)
        assert (code, report["result"]) == (1, "tampered"), report

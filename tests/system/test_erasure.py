"""Law (GDPR 17), event-log section 8: what was erased is nowhere, and everything still verifies.

Letters that were delivered are not ours any more, so the folder of the mail server is left out.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import pytest

from deploy.demo.appointments import person_id
from deploy.demo.client import eventually
from deploy.local.house import House
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS
from tests.audit.bundles.played import unzipped
from tests.stack import folder_of_its_own, settings_of_its_own
from tests.system.canaries import NUMBER, NUMBERS, forms_of
from tests.system.everywhere import Everywhere
from tests.system.observed import Observed
from tests.system.opponent import Opened, commits, guessed, salts_in
from tests.system.scene import EXPORTS, Scene, played

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

NOT_FILLED_YET: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
"""Sealed fields that no built path fills, and why; every other one holds a canary here."""

ORGANISATION: Final = b"7699990011"
SEALING: Final = {"asf/intake", "asf/review"}
"""Logs of the services that seal something of a case."""
OK: Final = 200
CODE: Final = b"role_may_not_act"


@pytest.fixture(scope="module")
def traced() -> bool:
    """Traces are searched, too."""
    return True


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Parts of its own: they are searched to the last byte, and hold nothing of other tests.

    Every service says in its log, now and then, what it measures.
    """
    with folder_of_its_own() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_METRICS_EXPORTER", "console")
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "10000")
        with Stack(settings_of_its_own(folder)) as running:
            yield running


async def test_what_was_erased_is_nowhere_and_everything_still_verifies(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """ERA-1: the whole way, with each search and each attack shown to work beforehand."""
    async with played(house, tmp_path, capsys) as scene:
        texts = await scene.owner.opened()
        _every_sealed_field_holds_a_canary_of_its_own(texts, scene.world.run)
        _every_text_is_what_the_log_committed_to(texts)
        before = await scene.bundle()
        salts = await _shown_before(scene, before)
        keys = await scene.owner.keys()
        await _the_search_finds_what_is_there(scene, keys)
        number = _the_right_guess_is_confirmed(texts)

        first = await _the_command_erases(scene, texts)
        rest = await scene.owner.erase_everybody(UUID(person_id("REG")))
        assert first + rest == len(texts)

        await _nothing_can_be_revealed(scene)
        await _it_is_on_record_in_the_case(scene)
        await _nothing_is_left(scene, salts, keys)
        await _no_export_holds_any(scene, salts)
        await _it_all_verifies(scene, before)
        await _the_right_guess_says_nothing(scene, number)


def _every_sealed_field_holds_a_canary_of_its_own(texts: Sequence[Opened], run: str) -> None:
    """Total over the catalogue: a sealed field is filled here, or the table says why it is not."""
    sealed = {(name, field) for name, event in EVENTS.items() for field in sealed_fields(event)}
    marked = [each for each in texts if run in each.value]
    filled = {(each.kind, each.field) for each in marked}
    assert filled | NOT_FILLED_YET.keys() == sealed
    assert not filled & NOT_FILLED_YET.keys()
    canaries = [each.value[: len(run) + 4] for each in marked]
    assert len({*canaries}) == len(canaries), "each field its own"
    plain = {(each.kind, each.value) for each in texts if run not in each.value}
    assert {kind for kind, value in plain if value != NUMBER} == {"AppointmentMade"}, "founding"


def _every_text_is_what_the_log_committed_to(texts: Sequence[Opened]) -> None:
    """Section 8: before the erasure, whoever has text and salt can check the record."""
    assert len(texts) > 100
    for each in texts:
        assert commits(each.kind, each.field, each.salt, each.value) == each.committed


async def _shown_before(scene: Scene, bundle: bytes) -> set[bytes]:
    """Every reading and the bundle show texts now; return the salts that left the house so."""
    run = scene.world.run.encode()
    said = await scene.said_by_the_apis()
    assert {name for name, answer in said.items() if run not in answer} == set()
    report = scene.judged("before.zip", bundle)
    values = json.loads(unzipped(bundle)["disclosed.json"])["values"]
    assert report["disclosed"] == len(values) > 10
    assert all(scene.world.run in each["value"] for each in values)
    return {bytes.fromhex(each["salt"]) for each in values}


async def _the_search_finds_what_is_there(scene: Scene, keys: set[bytes]) -> None:
    """Else to find nothing afterwards would say nothing: each kind of place is shown to be read."""
    case = scene.firms.alfa.application_id
    refused = await scene.person("B1").get("audit", "/v1/history", case=case)
    assert refused.code == CODE.decode()
    await eventually(lambda: _told(scene, refused.headers["trace-id"]), "trace and measurement")
    found = await Everywhere(scene.house).holding((case.encode(), CODE, ORGANISATION, *keys))
    assert "traces:intake" in found[case.encode()]
    assert {"traces:audit", "file:log/audit.log"} <= found[CODE]
    assert {"table:intake:log.event", "table:audit:audit.mirror"} <= found[ORGANISATION]
    assert "topic:asf.intake.events.v1" in found[ORGANISATION]
    assert _in_files(found[ORGANISATION], "kafka/logs/asf.intake.events.v1")
    assert all(_in_files(found[each], "base/") for each in keys)


async def _told(scene: Scene, trace_id: str) -> bool | None:
    """Return True once the viewer has a trace, and the log a measurement: neither is at once."""
    stack = scene.house.stack
    seen = await scene.world.http.get(f"{stack.zipkin_url}/api/v2/trace/{trace_id}")
    log = stack.processes.log_file("audit").read_bytes()
    return (seen.status_code == OK and CODE in log) or None


def _in_files(names: set[str], part: str) -> bool:
    """Return whether any of the places is a file with ``part`` in its path."""
    return any(name.startswith("file:") and part in name for name in names)


def _without_letters(names: set[str], mail: Path) -> set[str]:
    """Return the places but for the letters that were delivered."""
    return {name for name in names if f"/{mail.name}/" not in name}


def _the_right_guess_is_confirmed(texts: Sequence[Opened]) -> Opened:
    """Section 8: by its salt, Beta's number is found among all; so the attack below does attack."""
    (number,) = [each for each in texts if each.value == NUMBER]
    salts = salts_in(number, [each.leaf for each in texts])
    assert guessed(number, NUMBERS, {*salts, number.salt}) == {NUMBER}
    return number


async def _the_command_erases(scene: Scene, texts: Sequence[Opened]) -> int:
    """ADR-0024: an operator looks first, then erases Alfa's case in review; return how many texts."""
    case = scene.firms.alfa.application_id
    words = ("erase", case, "--basis", "person_request", "--decided-by", person_id("REG"))
    files = scene.house.stack.settings.data / "evidence" / case
    assert [*files.iterdir()], "under the hashes of what is in them"
    dry = await _says_that_all_is_well(scene.house, "review", *words)
    done = await _says_that_all_is_well(scene.house, "review", *words, "--apply")
    assert [*files.iterdir()] == []
    left = len(await scene.owner.opened())
    assert f"would erase {len(texts) - left} texts" in dry
    assert f"erased {len(texts) - left} texts" in done
    assert f"{case}: ReportCommented.comment: 1" in dry
    return len(texts) - left


async def _it_is_on_record_in_the_case(scene: Scene) -> None:
    """ADR-0024, AUD-1: an auditor reads in the case's history who decided, and on what ground."""
    asked = {"case": scene.firms.alfa.application_id, "type": "PersonalDataErased"}

    async def told() -> list[dict[str, Any]] | None:
        seen = await scene.person("A1").get("audit", "/v1/history", **asked)
        listed: list[dict[str, Any]] = seen.body if seen.status == OK else []
        return listed if {each["log"] for each in listed} == SEALING else None

    for entry in await eventually(told, "the erasures in the history"):
        assert entry["record"]["data"]["decided_by"] == person_id("REG")
        assert "begäran av den uppgifterna rör" in entry["sentence"]["sv"]


async def _nothing_can_be_revealed(scene: Scene) -> None:
    """No vault opens any, no API shows any, and no file comes out, from services still running."""
    assert await scene.owner.opened() == []
    run = scene.world.run.encode()
    said = await scene.said_by_the_apis()
    assert {name for name, answer in said.items() if run in answer} == set()
    assert all(b"%PDF" not in answer for answer in said.values())
    assert json.loads(said["disclosures"]) == []


async def _nothing_is_left(scene: Scene, salts: set[bytes], keys: set[bytes]) -> None:
    """No canary and no salt that was ever shown, in any form; and no key, so no old page opens."""
    sought = {
        *forms_of(scene.world.run.encode()),
        *(form for salt in salts for form in forms_of(salt)),
        *keys,
    }
    found = await Everywhere(scene.house).holding(sought)
    mail = scene.house.stack.mail_folder
    left = {each: _without_letters(names, mail) for each, names in found.items()}
    assert {each: names for each, names in left.items() if names} == {}


async def _no_export_holds_any(scene: Scene, salts: set[bytes]) -> None:
    """AUD-2: neither lines nor tables; they hold the records, and those commitments only."""
    case = scene.firms.alfa.application_id
    for kind in ("jsonl", "csv"):
        data = await scene.taken(EXPORTS, {"case": case, "format": kind})
        assert case.encode() in data
        _holds_none(data, scene.world.run, salts)


def _holds_none(data: bytes, run: str, salts: set[bytes]) -> None:
    """Neither a canary nor a salt, in any form."""
    forms = {form for sought in (run.encode(), *salts) for form in forms_of(sought)}
    assert not [form for form in forms if form in data]


async def _it_all_verifies(scene: Scene, before: bytes) -> None:
    """Section 8: the log is as it was, to the byte; old proofs hold, and new ones are given."""
    files = unzipped(before)
    saved = sorted(path for path in files if path.startswith("checkpoints/"))
    after = await scene.bundle(saved)
    assert scene.judged("before.zip", before)["disclosed"] > 10
    assert scene.judged("after.zip", after)["disclosed"] == 0
    for data in unzipped(after).values():
        _holds_none(data, scene.world.run, set())
    assert any(b"PersonalDataErased" in data for data in unzipped(after).values())
    records = {path for path in files if path.startswith("records/")}
    assert {p: files[p] for p in records} == {p: unzipped(after)[p] for p in records}
    for name in saved:
        scene.place.put(name, files[name])
    async with asyncio.TaskGroup() as group:
        for service in SERVICES:
            notes = [scene.place.folder / p for p in saved if p.split("/")[2] == service]
            words = ("check-ledger", *map(str, notes))
            group.create_task(_says_that_all_is_well(scene.house, service, *words))
    for asked in ("check-views", "check-relay"):
        assert await asyncio.to_thread(scene.house.ask_each, SERVICES, asked) is None
    listed = await scene.person("A1").get("audit", "/v1/findings")
    assert (listed.status, listed.body) == (200, []), "the witness has seen nothing amiss"


async def _says_that_all_is_well(house: House, service: str, *words: str) -> str:
    """An operator's command ends with 0; return what it says."""
    said = await asyncio.to_thread(Observed(house).asked, service, *words)
    assert said.returncode == 0, (service, words[0], said.stdout, said.stderr)
    return said.stdout


async def _the_right_guess_says_nothing(scene: Scene, number: Opened) -> None:
    """Section 8: with all logs, all configuration and the right guess, nothing is confirmed."""
    observed = Observed(scene.house)
    leaves = [leaf for service in SERVICES for leaf in await observed.leaves(service)]
    assert number.leaf in leaves, "the commitment stands there still"
    keys = {scene.owner.master_key(service) for service in SERVICES}
    assert guessed(number, NUMBERS, {*salts_in(number, leaves), *keys}) == set()
    assert guessed(number, [NUMBER], {number.salt}) == {NUMBER}, "it was the salt that was missing"

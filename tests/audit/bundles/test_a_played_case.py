"""What ``make demo`` and the README promise, and a bundle of one of its cases out of the real services."""

import asyncio
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from deploy.demo.client import Person, eventually
from deploy.demo.foreign import foreign_check
from deploy.demo.parcel import Parcel, with_a_byte_changed
from deploy.demo.stage import Stage
from deploy.local.people import people
from deploy.local.settings import CHECKOUT, SERVICES, service_secret
from shared import clock
from shared.auth import ServiceToken
from shared.contracts.record import decode
from shared.ids import new_id
from shared.ledger import leaf_hash
from shared.vault import erase
from tests.audit.bundles.played import Played, unzipped
from tests.ledger.foreign.answers import Foreign
from tests.system.observed import Observed
from tests.system.pasted import as_an_auditor, as_here, heads_and_bodies, pasted, the_five
from tests.verify.house import Place, resealed
from verify.refused import RefusedError, TamperedError

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

EXPORTS = "/v1/exports/bundles"
PROVED = ("records", "proofs")
HIDDEN = (
    *("Kontakt Alfa", "kontakt@alfa.example", "Firmatecknare Alfa", "firmatecknare@alfa.example"),
    *("Stadgar och mål", "Föreningens ändamål är arbetsintegrering.", "måndagsmötet"),
    *("årsredovisning.pdf", "så här gör vi hos"),
)
"""Of the play: names, addresses, titles and texts of evidence, a file's name, the self-assessment."""
SHOWN = (
    *("Underlagen är tillräckliga.", "Se årsredovisningen.", "Alla krav är uppfyllda."),
    *(
        "Företaget är ett ASF och har goda förutsättningar.",
        "Alfa ekonomisk förening uppfyller kraven.",
    ),
)
"""Of the play: the grounds of decisions, and what the firm said to the procedure."""


def records_of(files: Mapping[str, bytes]) -> list[str]:
    """Return the paths of the records."""
    return [path for path in files if path.startswith("records/")]


def without(files: Mapping[str, bytes], *paths: str) -> dict[str, bytes]:
    """Return the bundle without some records and their proofs, as a forger would hand it out."""
    gone = {f"proofs/{path[8:-5]}.tlog-proof" for path in paths} | set(paths)
    shown = {(f"asf/{p.split('/')[2]}", int(p.split("/")[3][:-5])) for p in paths}
    values = json.loads(files["disclosed.json"])["values"]
    left = [each for each in values if (each["log"], each["position"]) not in shown]
    text = json.dumps({"values": left}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    changes: dict[str, bytes | None] = dict.fromkeys(gone)
    return resealed(files, **changes, **{"disclosed.json": text.encode()})


def test_it_verifies_and_the_decision_follows(played: Played, place: Place) -> None:
    """ADR-0020: every log is shown, the case is whole, and the rules lead to the decision."""
    bundle, policy = place.put("alfa.zip", played.data), place.put("policy", played.policy.encode())
    code, report = place.asked("bundle", bundle, "--policy", policy)
    assert (code, report["result"]) == (0, "ok"), report
    assert [each["log"] for each in report["logs"]] == sorted(f"asf/{s}" for s in SERVICES)
    assert [each["outcome"] for each in report["decisions"]] == ["approved"]
    assert report["certificates"] == [played.alfa.certificate]
    assert report["not_shown"] == []
    for log in report["logs"]:
        assert [*log["checkpoint"]["seen_at"]] == ["asf-simulated/witness"]


async def test_it_holds_the_very_bytes_of_the_logs(played: Played) -> None:
    """L7: all records of the case and no others, as each service has them on record."""
    for service in SERVICES:
        leaves = await Observed(played.house).leaves(service)
        size = max(
            int(re.findall(r"/(\d+)\.note", path)[0])
            for path in played.files
            if path.startswith(f"checkpoints/asf/{service}/")
        )
        held = {
            p: data for p, data in played.files.items() if p.startswith(f"records/asf/{service}/")
        }
        assert held == {
            f"records/asf/{service}/{position}.json": leaf
            for position, leaf in enumerate(leaves[:size], 1)
            if str(decode(leaf).correlation_id) == played.alfa.application_id
        }


def test_go_verifies_every_record(played: Played, go: Foreign) -> None:
    """C2SP tlog-proof: torchwood, by the log's key and the witness's; and not for another record."""
    logs = [line for line in played.policy.splitlines() if line.startswith("log ")]
    rest = [line for line in played.policy.splitlines() if not line.startswith("log ")]
    for path in records_of(played.files):
        service = path.split("/")[2]
        own = [line for line in logs if f"/{service}+" in line]
        policy = "".join(f"{line}\n" for line in [*own, *rest])
        data = played.files[f"proofs/{path[8:-5]}.tlog-proof"]
        known = {"policy": policy, "data": data}
        leaf = played.files[path]
        assert go.accepts("proof", **known, leaf_hash=leaf_hash(leaf)), path
        assert not go.accepts("proof", **known, leaf_hash=leaf_hash(leaf + b" ")), path


async def test_sigstore_verifies_it_and_refuses_one_changed_byte(
    played: Played, place: Place
) -> None:
    """The demo's end: two programs, two files, and the exit codes that are shown."""
    policy = place.put("policy", played.policy.encode())
    words = await asyncio.to_thread(foreign_check)
    for data, expected in ((played.data, 0), (with_a_byte_changed(played.data), 1)):
        bundle = place.put("alfa.zip", data)
        process = await asyncio.create_subprocess_exec(*words, str(bundle), str(policy))
        assert await process.wait() == expected
        assert place.asked("bundle", bundle, "--policy", policy)[0] == expected


def test_every_record_left_out_is_noticed(played: Played) -> None:
    """ADR-0018: head, middle and tail of each stream, one at a time."""
    paths = records_of(played.files)
    assert len(paths) > 100
    for path in paths:
        with pytest.raises(TamperedError):
            played.judged(without(played.files, path))


def test_every_stream_and_every_log_left_out_is_noticed(played: Played) -> None:
    """ADR-0018: a whole stream; and a log, which could have had records of the case."""
    streams: dict[tuple[str, str], list[str]] = {}
    for path in records_of(played.files):
        record = decode(played.files[path])
        streams.setdefault((record.log, record.stream), []).append(path)
    assert len(streams) > 10
    for paths in streams.values():
        with pytest.raises(TamperedError):
            played.judged(without(played.files, *paths))
    for service in SERVICES:
        about = [path for path in played.files if f"/asf/{service}" in path]
        of_log = without(played.files, *(p for p in about if p.startswith("records/")))
        gone: dict[str, bytes | None] = dict.fromkeys(about)
        with pytest.raises(RefusedError):
            played.judged(resealed(of_log, **gone))


async def test_another_cases_bundle_is_refused(played: Played, stage: Stage) -> None:
    """docs/bundle.md: neither under Alfa's name, nor with one of its records among Alfa's."""
    others = unzipped(await Parcel(played.house, stage, ()).fetched(played.gamma))
    ours, theirs = played.alfa.application_id, played.gamma.application_id
    manifest = others["manifest.json"].replace(theirs.encode(), ours.encode())
    with pytest.raises(RefusedError):
        played.judged({**others, "manifest.json": manifest})
    path = next(path for path in records_of(others) if path not in played.files)
    proof = f"proofs/{path[8:-5]}.tlog-proof"
    mixed = {path: others[path], proof: others[proof]}
    with pytest.raises(RefusedError):
        played.judged(resealed(played.files, **mixed))


def test_names_and_the_firms_own_material_are_not_in_it(played: Played) -> None:
    """ADR-0023, AUD-1: grounds are there, in words; persons are pseudonyms."""
    texts = "\n".join(
        data.decode() for path, data in played.files.items() if "criteria" not in path
    )
    assert [word for word in SHOWN if word not in texts] == []
    assert [word for word in HIDDEN if word in texts] == []


async def test_what_is_hidden_is_in_the_services_all_the_same(played: Played, stage: Stage) -> None:
    """GEN-7: else its absence from the bundle would say nothing."""
    contact, case = stage.person(played.alfa.applicant), played.alfa.application_id
    settings = played.house.stack.settings
    secret = service_secret("notify", settings.client_secret.get_secret_value())
    issuer = played.house.stack.issuer_url
    notify = ServiceToken(issuer, "notify", secret, audience="intake", now=clock.now)
    contacts = f"{played.house.url('intake')}/v1/applications/{case}/contacts"
    seen = [
        (await stage.world.http.get(contacts, headers=await notify.headers())).json(),
        (await contact.get("review", f"/v1/workspaces/{case}")).body,
        (await contact.get("review", f"/v1/self-assessments/{case}")).body,
    ]
    texts = json.dumps(seen, ensure_ascii=False)
    assert [word for word in HIDDEN if word not in texts] == []


async def test_it_was_on_record_before_it_was_sent(played: Played) -> None:
    """AUD-2: who, which case, at which sizes, and the very bytes."""
    made = [
        record
        for record in await Observed(played.house).records("audit")
        if record.type == "ExportMade"
        and record.data["content_hash"] == sha256(played.data).hexdigest()
    ]
    (export,) = made
    assert export.actor.person == people()["A1"].sub
    assert str(export.correlation_id) == export.data["application_id"] == played.alfa.application_id
    assert export.data["format"] == "bundle"
    assert export.data["records"] == len(records_of(played.files))
    assert {each.partition("@")[0] for each in export.data["as_of"]} == {
        f"asf/{service}" for service in SERVICES
    }


async def test_each_service_remembers_what_it_disclosed_and_for_whom(played: Played) -> None:
    """GEN-8: the services' own access logs name stream, case and auditor."""
    auditor, case = str(people()["A1"].sub), played.alfa.application_id
    for service in ("intake", "review"):
        rows = await Observed(played.house)._fetch(service, "SELECT leaf FROM access.event")
        entries = [json.loads(row["leaf"]) for row in rows]
        told = [each for each in entries if each["data"]["command"] == "read_disclosures"]
        ours = [each for each in told if each["data"]["case"] == case]
        assert ours
        assert all(each["actor"]["on_behalf_of"] == auditor for each in ours)


async def test_nobody_but_auditors_gets_one(played: Played, stage: Stage) -> None:
    """AUD-1, GEN-8: each no is on record, and no event says that anything left."""
    before = [r for r in await Observed(played.house).records("audit") if r.type == "ExportMade"]
    asked = {"case": played.alfa.application_id}
    labels = ("PL1", "SG", "R1", "C1", "S1", "REG", "O1", "B1", "alfa-signatory", "gamma-applicant")
    for label in labels:
        reply = await stage.person(label).create("audit", EXPORTS, asked)
        assert (reply.status, reply.code) == (403, "role_may_not_act"), label
    noes = await Observed(played.house).access_entries("audit")
    told = [each for each in noes if each["command"] == "export_bundle"]
    assert sum(each["code"] == "role_may_not_act" for each in told) == len(labels)
    after = [r for r in await Observed(played.house).records("audit") if r.type == "ExportMade"]
    assert after == before


async def listed(person: Person, service: str, case: str) -> list[dict[str, Any]]:
    """Return who looked at a case, as its firm sees it."""
    reply = await person.get(service, "/v1/access-log", case=case, limit="200")
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.body
    return found


async def test_the_firm_sees_who_looked_and_what_was_exported(played: Played, stage: Stage) -> None:
    """Section 9: pseudonym, role, what and when, in each service; another firm sees nothing of it."""
    case, auditor = played.alfa.application_id, str(people()["A1"].sub)
    for label in ("alfa-signatory", "alfa-applicant"):
        person = stage.person(label)
        exported = await listed(person, "audit", case)
        assert {(e["person_id"], e["role"], e["command"]) for e in exported} >= {
            (auditor, "auditor", "export_bundle")
        }
        for service in ("intake", "review"):
            told = await listed(person, service, case)
            assert auditor in {each["on_behalf_of"] for each in told}
            assert {each["code"] for each in told} == {"read"}
        assert await listed(person, "certificates", case) == []
    for service in ("audit", "intake", "review", "certificates"):
        other = await stage.person("gamma-signatory").get(service, "/v1/access-log", case=case)
        assert (other.status, other.code) == (404, "not_found")
    noted = await stage.person("alfa-signatory").get("notify", "/v1/access-log", case=case)
    assert (noted.status, noted.code) == (403, "role_may_not_act")


async def test_the_same_question_gets_the_same_bytes(played: Played, stage: Stage) -> None:
    """L4, docs/bundle.md: also after the log has grown; and the next one shows that this was made."""
    parcel = Parcel(played.house, stage, ())
    assert await parcel.fetched(played.alfa) == played.data
    auditor, asked = stage.person("A1"), {"case": played.alfa.application_id}
    saved = sorted(p for p in played.files if p.startswith("checkpoints/"))
    sizes = [(p.split("/")[2], int(p.split("/")[3][:-5])) for p in saved]
    grown = {
        **asked,
        "saved": [{"log": f"asf/{name}", "size": size} for name, size in sizes if size],
    }
    key = str(new_id())

    async def next_one() -> bytes | None:
        answer = await auditor.fetch("audit", EXPORTS, grown, key=key)
        return None if answer.status_code == 503 else answer.raise_for_status().content

    later = unzipped(await eventually(next_one, "the next bundle"))
    assert played.judged(later).disclosed == played.judged(played.files).disclosed
    exports = [decode(later[path]).type for path in records_of(later) if "/asf/audit/" in path]
    assert "ExportMade" in exports


async def test_what_cannot_be_bundled_is_refused_plainly(played: Played, stage: Stage) -> None:
    """RFC 9457: no such case; a checkpoint that nobody cosigned; a key that was used otherwise."""
    auditor, case = stage.person("A1"), played.alfa.application_id
    unknown = await auditor.create("audit", EXPORTS, {"case": str(new_id())})
    assert (unknown.status, unknown.code) == (404, "case_not_found")
    saved = [{"log": "asf/review", "size": 10**9}]
    never = await auditor.create("audit", EXPORTS, {"case": case, "saved": saved})
    assert (never.status, never.code) == (409, "checkpoint_not_kept")
    key = sha256(case.encode()).hexdigest()
    reused = await auditor.fetch("audit", EXPORTS, {"case": played.gamma.application_id}, key=key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


async def test_an_erased_text_is_absent_and_everything_still_verifies(
    played: Played, stage: Stage
) -> None:
    """Law (GDPR 17): the commitment stays and proves nothing; no other firm's text is touched."""
    auditor, case = stage.person("A1"), played.gamma.application_id

    async def fetched(key: str) -> Mapping[str, bytes]:
        async def made() -> bytes | None:
            answer = await auditor.fetch("audit", EXPORTS, {"case": case}, key=key)
            return None if answer.status_code == 503 else answer.raise_for_status().content

        return unzipped(await eventually(made, "a bundle"))

    key = str(new_id())
    before = await fetched(key)
    assert played.judged(before).disclosed > 10
    for service in ("intake", "review"):
        dsn = played.house.stack.postgres_admin_dsn.rpartition("/")[0] + f"/{service}"
        admin = await asyncpg.connect(dsn)
        try:
            assert await erase(admin, case) > 0
        finally:
            await admin.close()
    for after in (await fetched(key), await fetched(str(new_id()))):
        assert played.judged(after).disclosed == 0
        texts = "\n".join(data.decode() for data in after.values())
        assert "Gamma ekonomisk förening uppfyller kraven." not in texts
        assert set(records_of(before)) <= set(records_of(after))


async def test_the_demo_ends_well_and_a_partner_can_go_on(played: Played) -> None:
    """The whole demo, its ending included; then the five commands of the README."""
    for word in (": ApplicationSubmitted", "precertification_missing", "letter admission to the"):
        assert word in played.told, word
    assert played.told.count("active, 2019-06-19 to 2021-06-19") == 3
    assert "/zipkin/traces/" in played.told
    assert "decisions among" in played.told

    commands = as_here(the_five(), played.house)
    heads, (sent, read, verified, problem) = heads_and_bodies(await pasted(commands))
    assert sent["application_id"] == read["application_id"]
    assert [head.split()[1] for head in heads] == ["200", "422"]
    assert re.search(r'^etag: "\d+"\r$', heads[0], re.MULTILINE)
    assert (verified["status"], verified["valid"]) == ("active", True)
    assert "application/problem+json" in heads[1]
    assert problem["code"] == "idempotency_key_reused"
    assert problem["status"] == 422

    again = heads_and_bodies(await pasted(commands))[1]
    assert again[0] == sent, "the same key, the same answer"


async def test_an_auditor_goes_by_the_page_command_by_command(played: Played) -> None:
    """docs/auditing.md: what is taken verifies; the record that is written into afterwards does not."""
    settings = played.house.stack.settings
    commands = as_here(as_an_auditor(), played.house)
    said = await pasted(
        f"exec 2>&1\n{commands}", cwd=CHECKOUT, SIGILL_ISSUER_PORT=str(settings.issuer_port)
    )
    assert said.count("result: ok\n") == 3, said
    assert said.count("result: tampered\n") == 1, said
    assert said.endswith("exit 1\n")

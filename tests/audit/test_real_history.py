"""The history of a case as an auditor reads it, over several services that really ran."""

import asyncio
from itertools import pairwise
from uuid import UUID

import pytest

from services.audit.queries import LOGS
from shared.contracts.notify import NotificationSent
from shared.contracts.record import leaf_hash
from tests.audit.running import Audited
from tests.intake.facts import admitted
from tests.notify.running import eventually, person
from tests.system.observed import Observed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def told(audited: Audited) -> UUID:
    """Return a case about which intake and notify have said something, all of it mirrored."""
    case = await audited.enterprise(person("ann"), person("bo", "en"), admitted)
    await eventually(lambda: audited.happened(case, NotificationSent), count=3)
    on_record = len(await audited.records("intake", case)) + len(
        await audited.records("notify", case)
    )

    async def all_here() -> bool:
        return len(await audited.history(case)) == on_record

    await eventually(all_here)
    return case


async def test_a_history_is_ordered_and_its_pages_agree(audited: Audited) -> None:
    """AUD-1: page by page, down to single records, it is the same history; over several logs."""
    case = await told(audited)
    whole = await audited.history(case)
    for limit in (1, 2, 7):
        assert await audited.history(case, limit=limit) == whole
    order = [(e["recorded_at"], LOGS.index(e["log"]), e["position"]) for e in whole]
    assert all(one < other for one, other in pairwise(order))
    assert {entry["log"] for entry in whole} == {"asf/intake", "asf/notify"}


async def test_every_entry_can_be_checked_by_its_bytes(audited: Audited) -> None:
    """L7: the bytes that the mirror gives have the hash that the history names."""
    case = await told(audited)
    client = await asyncio.to_thread(audited.client, "A1")
    async with client as http:
        for entry in await audited.history(case):
            service = entry["log"].partition("/")[2]
            answer = await http.get(f"/v1/mirrors/{service}/records/{entry['position']}")
            assert leaf_hash(answer.content) == entry["hash"]
            assert entry["sentence"]["sv"].endswith((".", "!"))


async def test_auditors_read_on_record_and_nobody_else_reads(audited: Audited) -> None:
    """AUD-1, GEN-8: who read which case; who tried."""
    case = await told(audited)
    observed = Observed(audited.house)
    before = len(await observed.access_entries("audit"))
    await audited.history(case)
    for label in ("PL1", "alfa-signatory", "O1"):
        client = await asyncio.to_thread(audited.client, label)
        async with client as http:
            answer = await http.get("/v1/history", params={"case": str(case)})
            assert (answer.status_code, answer.json()["code"]) == (403, "role_may_not_act")
    read, *turned_away = (await observed.access_entries("audit"))[before:]
    assert (read["command"], read["code"], read["case"]) == ("read_history", "read", str(case))
    assert [each["code"] for each in turned_away] == ["role_may_not_act"] * 3


async def test_a_finding_is_read_by_whoever_must_act(audited: Audited) -> None:
    """AUD-3: auditors, operators and the steering group."""
    first, second = await audited.story("review", 2)
    wrong = second.record._replace(previous="cd" * 32)
    await audited.send("review", first.message)
    await audited.send("review", type(second)(wrong, second.position).message)
    head = {"Wait-For-Position": str(len(await audited.records("audit")))}
    for label in ("A1", "O1", "SG"):
        client = await asyncio.to_thread(audited.client, label)
        async with client as http:
            answer = await http.get("/v1/findings", params={"limit": 200}, headers=head)
            assert answer.status_code == 200
            assert second.position in [each["position"] for each in answer.json()]

"""A superuser changes a log under the witness's eyes: services, Kafka and HTTP are real."""

import time
from base64 import b64decode
from typing import Any

import pytest

from shared.contracts.audit import TamperSuspected
from shared.ledger import AddCheckpoint
from shared.ledger.signer import SIGNED
from tests.audit.witness.real import Witness, a_case, said_in
from tests.notify.running import entries, eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ALARM_S = 60.0


async def test_a_superuser_with_the_keys_is_noticed_within_a_minute(witness: Witness) -> None:
    """Section 7: record, ledger and signer's memory changed, all signed anew: alarm and evidence."""
    await a_case(witness.house)
    size = await witness.quiet("notify")
    cosigned = await witness.cosigned("notify")
    witness.house.house.stack.processes.kill("notify")
    await forget(witness)
    began_s = time.monotonic()
    witness.house.house.restart("notify")
    found = (await eventually(lambda: witness.alarms("notify", {"fork"})))[0]
    assert time.monotonic() - began_s < ALARM_S
    assert await witness.size("notify") == size
    assert (await witness.cosigned("notify")).content == cosigned.content
    said = entries(witness.house.said_by("audit"), "audit.disagreement")
    assert ("asf/notify", "fork") in {(each["log"], each["finding"]) for each in said}
    document = await evidence(witness, found)
    first, second = (said_in(document[name].encode()) for name in ("first", "second"))
    assert first.origin == second.origin == "asf-simulated/notify"
    assert b64decode(document["root"]) != first.root
    true = said_in(cosigned.content)
    (false,) = [each for each in ("first", "second") if said_in(document[each].encode()) != true]
    answer = await witness.post(AddCheckpoint(size, (), document[false].encode()))
    assert answer.status_code in {409, 422}


async def forget(witness: Witness) -> None:
    """Change a record of notify, and begin its ledger and its signer's memory anew."""
    await witness.house.database("notify", "ALTER TABLE log.event DISABLE TRIGGER ALL")
    await witness.house.database(
        "notify",
        "UPDATE log.event SET leaf = (SELECT leaf FROM log.event WHERE pos = 2) WHERE pos = 1",
    )
    for table in ("tile", "checkpoint"):
        await witness.house.database("notify", f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
        await witness.house.database("notify", f"DELETE FROM ledger.{table} WHERE log = 'log'")  # noqa: S608 -- one of two
    await witness.house.database(
        "notify", "UPDATE relay.checkpoint SET position = 0 WHERE output = 'ledger of log'"
    )
    (witness.folder("notify") / SIGNED).unlink()


async def evidence(witness: Witness, found: TamperSuspected) -> dict[str, Any]:
    """Return the file about a finding, as an auditor gets it."""
    async with witness.house.client("A1") as http:
        answer = await http.get(f"/v1/findings/{found.finding_id}/evidence")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document

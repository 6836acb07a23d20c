"""The witness at work: services, Kafka, databases, HTTP and signers' folders, all of them real."""

import pytest

from shared.ledger import AddCheckpoint, policy_text
from tests.audit.witness.real import SERVICES, Witness, a_case
from tests.ledger.foreign.answers import Foreign

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


async def test_every_log_is_cosigned_and_others_can_check_it(witness: Witness, go: Foreign) -> None:
    """Section 7: real records over real Kafka; Go accepts each under a policy with a quorum of one."""
    await a_case(witness.house)
    for service in SERVICES:
        size = await witness.quiet(service)
        policy = witness.policy(service)
        note = (await witness.cosigned(service)).content
        assert policy.open(note).checkpoint.size == size
        assert policy.logs[0].name == f"asf-simulated/{service}"
        assert go.accepts("checkpoint_under", policy=policy_text(policy), data=note)
        assert (await witness.cosigned(service, size)).content == note
    shown = (await witness.get("audit", "/v1/witness")).json()
    assert {each["log"] for each in shown["logs"]} == {f"asf/{service}" for service in SERVICES}
    for service in ("intake", "audit"):
        assert await witness.house.findings(service, after=-1) == []


async def test_a_log_asks_over_http(witness: Witness, go: Foreign) -> None:
    """C2SP tlog-witness over the wire: 409 with the size, then cosignatures of the same."""
    await a_case(witness.house)
    size = await witness.quiet("intake")
    note = (await witness.get("intake", "/checkpoint")).content
    answer = await witness.post(AddCheckpoint(0, (), note))
    assert (answer.status_code, answer.text) == (409, f"{size}\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"
    answer = await witness.post(AddCheckpoint(size, (), note))
    assert answer.status_code == 200
    policy = policy_text(witness.policy("intake"))
    assert go.accepts("checkpoint_under", policy=policy, data=note + answer.content)


async def test_audit_is_killed_and_goes_on(witness: Witness) -> None:
    """House: ADR-0022: what was cosigned stays as it was, and what comes is cosigned."""
    await a_case(witness.house)
    before = {service: await witness.quiet(service) for service in SERVICES}
    notes = {service: (await witness.cosigned(service)).content for service in SERVICES}
    witness.house.house.kill("audit")
    await a_case(witness.house)
    witness.house.house.restart("audit")
    for service in ("intake", "notify"):
        assert await witness.quiet(service) > before[service]
    for service in SERVICES:
        kept = await witness.cosigned(service, before[service])
        assert kept.content == notes[service]

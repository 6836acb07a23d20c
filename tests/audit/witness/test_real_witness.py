"""The witness at work: services, Kafka, databases, HTTP and signers' folders, all of them real."""

import pytest

from services.audit.witness.remembering import FORGOT_DO
from shared.ledger import (
    AddCheckpoint,
    leaf_hash,
    parse_add_checkpoint,
    parse_record_proof,
    policy_text,
    verify_consistency,
    verify_record,
)
from tests.audit.witness.real import SERVICES, Witness, a_case
from tests.ledger.foreign.answers import Foreign
from tests.notify.running import entries, eventually
from tests.system.observed import Observed

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


async def test_a_record_and_growth_are_proved_under_what_was_cosigned(
    witness: Witness, go: Foreign
) -> None:
    """C2SP tlog-proof, add-checkpoint: files that verifiers take as they come, under the quorum."""
    await a_case(witness.house)
    size = await witness.quiet("intake")
    policy = witness.policy("intake")
    leaves = await Observed(witness.house.house).leaves("intake")
    for position in (1, size):
        proof = (await witness.proved("intake", f"proofs/{position}")).content
        leaf = leaves[position - 1]
        assert verify_record(leaf, parse_record_proof(proof), policy).checkpoint.size == size
        given = {"policy": policy_text(policy), "data": proof}
        assert go.accepts("proof", **given, leaf_hash=leaf_hash(leaf))
    growth = parse_add_checkpoint((await witness.proved("intake", "growth/1")).content)
    assert growth.checkpoint == (await witness.cosigned("intake")).content
    root = policy.open(growth.checkpoint).checkpoint.root
    verify_consistency(1, leaf_hash(leaves[0]), size, root, proof=growth.proof)
    for beyond in (f"proofs/{size + 1}", f"growth/{size + 1}"):
        answer = await witness.proved("intake", beyond)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_sealed")


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


async def test_readiness_names_the_log_that_the_witness_forgot(witness: Witness) -> None:
    """House: ADR-0022: it cosigns no more, so people must hear of it; put back, all is well."""
    await a_case(witness.house)
    await witness.quiet("intake")
    memory = witness.memory("intake")
    memory.rename(aside := memory.with_name("aside"))

    async def failing(*names: str) -> bool:
        answer = (await witness.get("audit", "/readyz")).json()
        return set(answer.get("failing", ())) == set(names)

    await eventually(lambda: failing("witness asf/intake"))
    refused = entries(witness.house.said_by("audit"), "audit.witness_refused")
    assert (refused[-1]["log"], refused[-1]["do"]) == ("asf/intake", FORGOT_DO)
    aside.rename(memory)
    await eventually(failing)
    await a_case(witness.house)
    await witness.quiet("intake")

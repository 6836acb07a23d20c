"""What a bundle is made of: proofs under what was cosigned, checked by others."""

from uuid import UUID

import pytest

from services.audit.witness.proofs import NotCosigned
from shared.contracts.record import decode
from shared.ledger import (
    Part,
    check_complete,
    leaf_hash,
    parse_heads_proof,
    policy_text,
    verify_case,
    verify_consistency,
    verify_record,
)
from shared.ledger.errors import MalformedError
from tests.audit.witness.house import LOG, Witnessed
from tests.ledger.foreign.answers import Foreign
from tests.ledger.sealing import CASES, running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SIZES = (1, 250, 257, 300)


@pytest.fixture
async def log(house: Witnessed) -> Witnessed:
    """A log that was cosigned at ``SIZES``."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        for size in SIZES:
            await house.grow(size - house.ledger.appended)
            await watch.round()
    return house


async def test_every_record_is_proved_at_every_size(log: Witnessed, go: Foreign) -> None:
    """C2SP tlog-proof: ours and Go's verifier accept, under a policy that asks for the witness."""
    leaves, policy, proofs = await log.ledger.leaves(), log.policy, log.proofs
    for size in SIZES:
        hashes = await proofs.inclusions(LOG, size, range(1, size + 1))
        for position in {1, size // 2 + 1, size}:
            proof = await proofs.record(LOG, size, position)
            assert proof.hashes == hashes[position]
            leaf = leaves[position - 1]
            assert verify_record(leaf, proof, policy).checkpoint.size == size
            given = {"policy": policy_text(policy), "data": proof.encode()}
            assert go.accepts("proof", **given, leaf_hash=leaf_hash(leaf))
            assert not go.accepts("proof", **given, leaf_hash=leaf_hash(leaf + b" "))


async def test_growth_is_proved_between_what_was_cosigned(log: Witnessed) -> None:
    """RFC 6962 section 2.1.2."""
    proofs, policy = log.proofs, log.policy
    at = {size: policy.open((await proofs.cosigned(LOG, size)).note).checkpoint for size in SIZES}
    for old in SIZES:
        for new in SIZES:
            if old <= new:
                hashes = await proofs.consistency(LOG, old, new)
                verify_consistency(old, at[old].root, new, at[new].root, proof=hashes)
    assert await proofs.consistency(LOG, 0, 300) == ()
    latest = await proofs.latest(LOG)
    assert latest is not None
    assert latest.size == 300
    assert await proofs.sizes(LOG, below=300, limit=2) == (257, 250)


async def test_a_case_is_proved_to_be_whole(log: Witnessed) -> None:
    """ADR-0018: at the latest size, at an older one, and again; a record left out shows."""
    records = [decode(leaf) for leaf in await log.ledger.leaves()]
    proofs = log.proofs
    for size in (300, 250, 300):
        for number in range(1, CASES + 2):
            case = UUID(int=number)
            parts = [
                Part(record.stream, record.version, leaf_hash(leaf))
                for record, leaf in zip(records[:size], await log.ledger.leaves(), strict=False)
                if record.correlation_id == case
            ]
            proof = parse_heads_proof((await proofs.case(LOG, size, case)).encode())
            heads, opened = verify_case(str(case), proof, log.policy)
            assert opened.checkpoint.size == size
            check_complete(str(case), heads, parts)
            assert bool(heads) == bool(parts) == (number <= CASES)


async def test_what_was_not_cosigned_is_not_proved(log: Witnessed) -> None:
    """House: a proof is under a checkpoint with the witness's signature, or there is none."""
    proofs = log.proofs
    for asked in (
        proofs.cosigned(LOG, 251),
        proofs.inclusions(LOG, 251, (1,)),
        proofs.record(LOG, 251, 1),
        proofs.consistency(LOG, 1, 251),
        proofs.case(LOG, 251, UUID(int=1)),
        proofs.cosigned("asf/intake", 250),
    ):
        with pytest.raises(NotCosigned):
            await asked
    for wrong in (proofs.record(LOG, 250, 251), proofs.record(LOG, 250, 0)):
        with pytest.raises(MalformedError):
            await wrong
    assert await proofs.latest("asf/intake") is None

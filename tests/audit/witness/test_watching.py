"""AUD-3, section 7: what is true is cosigned, what is not is an alarm with evidence."""

from shutil import rmtree

import pytest
from structlog.testing import capture_logs

from services.audit.witness.known import origin_hash
from shared.ledger import policy_text
from tests.audit.witness.house import LOG, Witnessed, kinds
from tests.ledger.foreign.answers import Foreign
from tests.ledger.sealing import running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def test_what_the_mirror_bears_out_is_cosigned(house: Witnessed, go: Foreign) -> None:
    """C2SP tlog-cosignature: by our verifier and by Go's, under a policy that asks for the witness."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        for number in (1, 6, 250, 43):
            await house.grow(number)
            await watch.round()
    assert await house.cosigned() == [1, 7, 257, 300]
    for size in (1, 7, 257, 300):
        found = await house.proofs.cosigned(LOG, size)
        assert house.policy.open(found.note).checkpoint.size == size
        given = {"policy": policy_text(house.policy), "data": found.note}
        assert go.accepts("checkpoint_under", **given)
        assert not go.accepts("checkpoint_under", **{**given, "data": await house.note(size)})
    assert await house.findings() == []


async def test_an_empty_log_is_cosigned_too(house: Witnessed) -> None:
    """C2SP tlog-checkpoint: size 0; and from nothing every log can grow."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.ledger.sealed(0)
        await watch.round()
        await house.grow(3)
        await watch.round()
    assert await house.cosigned() == [0, 3]
    assert kinds(await house.findings()) == []


async def test_what_is_ahead_of_the_mirror_is_waited_for(house: Witnessed) -> None:
    """House: ADR-0022: audit cosigns nothing that it did not compute; late is not lost."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(5)
        await watch.round()
        await house.grow(5, mirrored=False)
        await watch.round()
        assert await house.cosigned() == [5]
        await house.mirror()
        await watch.round()
    assert await house.cosigned() == [5, 10]
    assert await house.findings() == []


async def test_a_log_that_is_away_is_asked_again(house: Witnessed) -> None:
    """House: an outage is no finding."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(2)
        right, house.url = house.url, "http://127.0.0.1:9"
        async with house.watching() as lost:
            await lost.round()
            assert lost.away
        house.url = right
        await watch.round()
    assert await house.cosigned() == [2]
    assert await house.findings() == []


async def test_whoever_takes_over_reads_the_mirror_and_goes_on(house: Witnessed) -> None:
    """House: ADR-0022: nothing is in one process only; what was cosigned is not cosigned anew."""
    async with running(house.ledger.sealer()):
        async with house.watching() as watch:
            await house.grow(300)
            await watch.round()
        before = await house.proofs.cosigned(LOG, 300)
        async with house.watching() as watch:
            await watch.round()
            await house.grow(10)
            await watch.round()
    assert await house.proofs.cosigned(LOG, 300) == before
    assert await house.cosigned() == [300, 310]


async def test_what_is_remembered_and_not_published_is_published(house: Witnessed) -> None:
    """House: ADR-0022: the memory outside the database leads; the table follows."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(4)
        await watch.round()
        note = (await house.proofs.cosigned(LOG, 4)).note
        async with house.as_admin() as admin:
            await admin.execute("DELETE FROM audit.witness_checkpoint")
        assert await house.cosigned() == []
        await watch.round()
    assert (await house.proofs.cosigned(LOG, 4)).note == note


async def test_a_log_whose_keys_went_away_is_not_passed_over_in_silence(house: Witnessed) -> None:
    """AUD-3: no keys before anything was cosigned is nothing yet; after it, it is an alarm."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(4)
        words = house.keys.read_bytes()
        for cosigned, alarms in ((False, 0), (True, 1)):
            if cosigned:
                await watch.round()
            house.keys.unlink()
            with capture_logs() as said:
                await watch.round()
            refused = [each for each in said if each["event"] == "audit.witness_refused"]
            assert [each["log"] for each in refused] == [LOG] * alarms
            house.keys.write_bytes(words)
        await watch.round()
    assert await house.cosigned() == [4]


@pytest.mark.parametrize("lost", ["memory", "everything"])
async def test_a_witness_that_forgot_does_not_begin_anew(house: Witnessed, lost: str) -> None:
    """House: ADR-0022: else losing the folder would be the way around it."""
    folder = house.folder / "audit" / "witness"
    async with running(house.ledger.sealer()):
        async with house.watching() as watch:
            await house.grow(4)
            await watch.round()
        if lost == "everything":
            rmtree(folder)
        else:
            (folder / origin_hash(house.ledger.origin)).unlink()
        async with house.watching() as watch:
            await house.grow(4)
            await watch.round()
    assert await house.cosigned() == [4]

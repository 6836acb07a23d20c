"""AUD-3, section 7: what is true is cosigned, what is not is an alarm with evidence."""

import asyncio
from dataclasses import dataclass
from shutil import copytree, ignore_patterns, rmtree
from typing import cast

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from pydantic import SecretStr
from structlog.testing import capture_logs

from services.audit.witness.known import origin_hash
from services.audit.witness.remembering import FORGOT_DO, remembers
from services.audit.witness.watching import OUTPUT, Watch, watch_the_logs
from shared.eventlog.connection import connect
from shared.ledger import policy_text
from shared.telemetry import Metric, measure
from tests.audit.witness.house import LOG, SERVICE, Witnessed, kinds, parts_over, settings_for
from tests.ledger.foreign.answers import Foreign
from tests.ledger.sealing import running
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

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
    """House: ADR-0022: else losing the folder would be the way around it. Readiness and log say what to do."""
    folder, copy = house.folder / "audit" / "witness", house.folder / "copy"
    memory = folder / origin_hash(house.ledger.origin)
    async with running(house.ledger.sealer()):
        async with house.watching() as watch:
            await house.grow(4)
            await watch.round()
            assert await remembers(watch.witness, SERVICE)
        copytree(folder, copy, ignore=ignore_patterns(memory.name))
        if lost == "everything":
            rmtree(folder)
        else:
            memory.unlink()
        async with house.watching() as watch:
            await house.grow(4)
            with capture_logs() as said:
                await watch.round()
                assert not await remembers(watch.witness, SERVICE)
            refused = [each for each in said if each["event"] == "audit.witness_refused"]
            assert [each["do"] for each in refused] == [FORGOT_DO] * 2
            assert await house.cosigned() == [4]
            copy.rename(folder) if lost == "everything" else rmtree(copy)
            memory.write_bytes((await house.proofs.cosigned(LOG, 4)).note)
            assert await remembers(watch.witness, SERVICE)
            await watch.round()
    assert await house.cosigned() == [4, 8]


PATIENCE_S = 40.0


@dataclass
class Clock:
    """Seconds in the hands of the test."""

    passed_s: float = 0.0

    async def wait(self, watch: Watch) -> None:
        """Let the watch look, and look again when patience is over."""
        await watch.round()
        self.passed_s += PATIENCE_S + 1
        await watch.round()


async def test_a_log_that_seals_no_more_is_an_alarm_once(
    house: Witnessed, recorded_metrics: InMemoryMetricReader
) -> None:
    """AUD-3: once for each stall, also when audit begins anew in the middle, or the service goes away."""

    def refused() -> float:
        (point,) = points(recorded_metrics, "asf.witness.refused", {"asf.log": LOG})
        return cast("NumberDataPoint", point).value

    clock, right = Clock(), house.url
    async with running(house.ledger.sealer()):
        await house.grow(5, mirrored=False)
    async with house.watching(lambda: clock.passed_s) as watch:
        await clock.wait(watch)
        await house.mirror()
        await clock.wait(watch)
        assert (await house.cosigned(), await house.findings()) == ([5], [])
        await house.ledger.append(3)
        await house.mirror()
        with capture_logs() as said:
            await clock.wait(watch)
            await clock.wait(watch)
        assert [e["finding"] for e in said if e["event"] == "audit.disagreement"] == ["unsealed"]
        assert refused() == 1
        house.url = "http://127.0.0.1:9"
        async with house.watching(lambda: clock.passed_s) as another:
            await clock.wait(another)
        (found,) = await house.findings()
        assert (found.finding, found.position, found.shown) == ("unsealed", 5, "earlier")
        document = await house.evidence(found.finding_id)
        assert document["last"].encode() == await house.note(5)
        assert (document["first"], document["until"]) == (6, 8)
        house.url = right
        async with running(house.ledger.sealer()):
            await house.ledger.sealed(8)
        await watch.round()
        assert (refused(), await house.cosigned()) == (0, [5, 8])
    house.url = "http://127.0.0.1:9"
    async with house.watching(lambda: clock.passed_s) as away:
        await clock.wait(away)
        assert len(await house.findings()) == 1
        await house.ledger.append(1)
        await house.mirror()
        await clock.wait(away)
    _, found = await house.findings()
    assert (found.finding, found.position, found.shown) == ("unsealed", 8, "no_answer")


async def test_a_witness_that_stands_by_takes_back_what_it_measured(
    house: Witnessed, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: of all processes the worst counts, and what one said last is exported as long as it lives."""

    def said(name: str) -> list[object]:
        found = points(recorded_metrics, name, {"asf.log": LOG})
        return [point.value for point in found if isinstance(point, NumberDataPoint)]

    relay = house.dsn.replace("_app:", "_relay:", 1)
    settings = settings_for(house.folder, house.keys, house.url)
    settings = settings.model_copy(update={"relay_dsn": SecretStr(relay)})
    parts = parts_over(house.pool, settings, house.said)
    async with connect(relay, name="who leads") as other:
        await other.execute(f"SELECT pg_advisory_lock(hashtextextended('relay {OUTPUT}', 0))")
        measure(Metric.WITNESS_LAG_EVENTS, 9, log=LOG)
        measure(Metric.WITNESS_REFUSED, 1, log=LOG)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            watching = group.create_task(watch_the_logs(parts))
            while said("asf.witness.lag_events") + said("asf.witness.refused") != [0, 0]:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.05)
            watching.cancel()

"""G3: the deadline of a round, to the second. Over HTTP, with the timers really stopped.

Run b (the deadline is extended, and never moved earlier) comes with RoundDeadlineExtended.
"""

import asyncio
from datetime import UTC, datetime

import pytest

from deploy.demo.admission import Admission
from deploy.demo.cast import Firm
from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage
from deploy.local.house import House
from shared.contracts.record import Record
from tests.system.afterwards import all_is_well
from tests.system.given import H20, V20, opened
from tests.system.observed import Observed

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DEADLINE = datetime(2019, 11, 1, 23, tzinfo=UTC)
AN_HOUR_SLOW = "Fri, 01 Nov 2019 22:00:00 GMT"
"""What Zeta's device takes the deadline's instant to be (RFC 9110, 5.6.7)."""


async def test_g3_the_deadline_to_the_second(house: House, stage: Stage) -> None:
    """G3-1 to G3-3: in time to the last second, then late by the clock alone, then on record."""
    epsilon, zeta = Firm("epsilon", "559999-0016"), Firm("zeta", "769999-0045")
    observed = Observed(house)
    round_id = await _given(stage, epsilon, zeta)
    await _the_last_second_is_in_time(stage, observed, epsilon, round_id)
    await observed.only_answering("intake")
    await _the_deadline_itself_is_late(stage, observed, zeta, round_id)
    await _the_timer_says_when_it_was(house, stage, observed, round_id)
    await all_is_well(observed)


async def _given(stage: Stage, epsilon: Firm, zeta: Firm) -> str:
    """Open V20 with two complete drafts, and announce H20; return the id of V20."""
    spring = await opened(stage, V20, epsilon, zeta)
    autumn = Admission(stage, (), frozenset(), H20)
    await autumn.plan_round()
    for each, status in ((spring, "open"), (autumn, "announced")):
        seen = await stage.world.public("intake", f"/v1/rounds/{each.round_id}")
        assert done(seen).body["status"] == status
    assert [firm.label for firm in spring.admitted] == ["epsilon", "zeta"]
    return spring.round_id


async def _the_last_second_is_in_time(
    stage: Stage, observed: Observed, epsilon: Firm, round_id: str
) -> None:
    """G3-1, APP-5: 23:59:59 in Stockholm is before the end of the day."""
    stage.at("2019-11-01 23:59:59")
    stage.happened(await _submit(stage, epsilon, round_id), "Epsilon submits")
    last = (await _application(observed, epsilon))[-1]
    assert last.type == "ApplicationSubmitted"
    assert last.effective_at == datetime(2019, 11, 1, 22, 59, 59, tzinfo=UTC)


async def _the_deadline_itself_is_late(
    stage: Stage, observed: Observed, zeta: Firm, round_id: str
) -> None:
    """G3-2, GEN-6: no timer has run and the device is slow; the server's clock says no."""
    stage.at("2019-11-02 00:00:00")
    before = await _application(observed, zeta)
    shown = await _seen(stage, zeta)
    late = await _submit(stage, zeta, round_id, device_says=AN_HOUR_SLOW)
    stage.refused(late, "round_closed", "Zeta submits")
    assert late.status == 409
    assert "H20" in late.body["detail"], "APP-5: the answer names the next round"
    assert await _application(observed, zeta) == before, "GEN-8: a refusal leaves no event"
    assert [reply.body for reply in await _seen(stage, zeta)] == [reply.body for reply in shown]
    assert shown[0].body["status"] == "drafting"
    assert not shown[1].body["missing"]
    assert not await _closings(observed, round_id), "the timers are stopped"


async def _the_timer_says_when_it_was(
    house: House, stage: Stage, observed: Observed, round_id: str
) -> None:
    """G3-3, GEN-5: true since the deadline, on record since the timer ran."""
    stage.at("2019-11-02 09:00")
    await asyncio.to_thread(house.restart, "intake")

    async def closed() -> list[Record] | None:
        return await _closings(observed, round_id) or None

    (closing,) = await eventually(closed, "the round to close")
    assert closing.effective_at == DEADLINE
    assert closing.recorded_at == datetime(2019, 11, 2, 8, tzinfo=UTC)
    assert closing.actor.role == "policy"
    seen = await stage.world.public("intake", f"/v1/rounds/{round_id}")
    assert done(seen).body["status"] == "closed"


async def _submit(
    stage: Stage, firm: Firm, round_id: str, *, device_says: str | None = None
) -> Reply:
    """Return what the signatory hears who submits, perhaps from a device with a clock of its own."""
    signatory = stage.person(firm.signatory)
    if device_says is not None:
        signatory.says["Date"] = device_says
    body = {"round_id": round_id}
    return await signatory.act("intake", firm.application, "/submission", body)


async def _seen(stage: Stage, firm: Firm) -> list[Reply]:
    """Return the application and its survey, as the firm sees them."""
    applicant = stage.person(firm.applicant)
    paths = (firm.application, f"{firm.application}/survey")
    return [done(await applicant.get("intake", path)) for path in paths]


async def _application(observed: Observed, firm: Firm) -> list[Record]:
    """Return the records of the firm's application."""
    return await observed.stream("intake", f"application-{firm.application_id}")


async def _closings(observed: Observed, round_id: str) -> list[Record]:
    """Return the records that say that the round has closed."""
    records = await observed.stream("intake", f"round-{round_id}")
    return [record for record in records if record.type == "RoundClosed"]

"""What holds after every golden scenario (golden.md, section 1), looked at from the side."""

import asyncio
from itertools import product

from deploy.demo.client import eventually
from deploy.local.settings import SERVICES
from shared.contracts.catalogue import EVENTS
from shared.eventlog.connection import connect
from shared.ledger.fsck import Checked, Outside, check
from shared.ledger.signer import known_keys, signed_note
from shared.ledger.store import LOGS, Log
from shared.relay import origin_of
from tests.system.observed import Observed


async def all_is_well(observed: Observed, *, decisions_min: int = 1) -> None:
    """Hold decisions (so many at least), mirror and views to what is promised of them."""
    await _every_decision_says_who_why_and_on_what(observed, decisions_min)
    await the_mirror_is_the_log_byte_for_byte(observed)
    await _the_ledger_verifies(observed)
    await _a_full_replay_gives_the_same_views(observed)


async def _every_decision_says_who_why_and_on_what(observed: Observed, decisions_min: int) -> None:
    """GEN-2, GEN-9: every (D) event carries the whole decision record."""
    decided = [
        record
        for service in SERVICES
        for record in await observed.records(service)
        if EVENTS[record.type].decision
    ]
    assert len(decided) >= decisions_min
    for record in decided:
        founding = record.type == "AppointmentMade" and record.data["founding"]
        assert record.actor.mandate is not None or founding, record.type
        assert len(record.data["reason"]) == 64, "the reason is sealed: its commitment stands there"
        assert record.policy == "1"
        assert record.actor.role != "policy", "GEN-9: a policy never decides"
        if record.type.startswith(("Criterion", "Certification", "Overall", "Decision")):
            assert record.scheme == "v1"
            assert record.data["evidence"]


async def the_mirror_is_the_log_byte_for_byte(observed: Observed) -> None:
    """AUD-3, L7: audit holds exactly what each service has on record."""
    for service in SERVICES:

        async def same(service: str = service) -> bool | None:
            log = await observed.leaves(service)
            return await observed.mirrored(service) == log or None

        await eventually(same, f"the mirror of {service}")


async def _the_ledger_verifies(observed: Observed) -> None:
    """Section 1: from the first to the last checkpoint, with what the signer has outside."""
    for service, log in product(SERVICES, LOGS):

        async def signed(service: str = service, log: Log = log) -> bool | None:
            found = await _checked(observed, service, log)
            assert found.bad is None, (service, log, found.bad)
            return found.checkpoints > 0 or found.records == 0 or None

        await eventually(signed, f"a checkpoint of {service}/{log}")


async def _checked(observed: Observed, service: str, log: Log) -> Checked:
    """Return what an operator's check finds."""
    place = observed.house.stack.settings.data / "ledger" / service / log
    memory = signed_note(place)
    dsn = observed.house.stack.postgres_admin_dsn
    async with connect(dsn, name="afterwards", database=service) as connection:
        return await check(
            connection,
            log,
            origin=origin_of(service, log, prefix="", simulated=True),
            verifiers=known_keys(place),
            outside=(Outside("the signer's memory", memory),) if memory else (),
        )


async def _a_full_replay_gives_the_same_views(observed: Observed) -> None:
    """Section 1: every view is what folding the log from its beginning gives."""
    differs = await asyncio.to_thread(
        observed.house.ask_each, SERVICES, "check-views", at_once=True
    )
    assert differs is None, observed.house.stack.processes.last_words("check-views")

"""What holds after every golden scenario (golden.md, section 1), looked at from the side.

That the ledger verifies from the first to the last checkpoint comes with the checkpoints; until
then the mirror is compared with each log, byte for byte.
"""

import asyncio

from deploy.demo.client import eventually
from deploy.local.settings import SERVICES
from shared.contracts.catalogue import EVENTS
from tests.system.observed import Observed


async def all_is_well(observed: Observed, *, decisions_min: int = 1) -> None:
    """Hold decisions (so many at least), mirror and views to what is promised of them."""
    await _every_decision_says_who_why_and_on_what(observed, decisions_min)
    await the_mirror_is_the_log_byte_for_byte(observed)
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


async def _a_full_replay_gives_the_same_views(observed: Observed) -> None:
    """Section 1: every view is what folding the log from its beginning gives."""

    async def checked(service: str) -> None:
        said = await asyncio.to_thread(observed.asked, service, "check-views")
        assert said.returncode == 0, said.stdout + said.stderr

    async with asyncio.TaskGroup() as group:
        for service in SERVICES:
            group.create_task(checked(service))

"""The watch for gaps: patient with what is late, and never silent about what is lost."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.stack import Stack
from services.audit.consumers import gaps
from services.audit.consumers.gaps import Watch
from services.audit.decider import decider
from services.audit.settings import Settings
from shared.auth import Authenticator
from shared.contracts.record import decode
from shared.eventlog import Handler
from shared.eventlog.projector_positions import Positions
from shared.ids import new_id
from shared.kafka import Place
from shared.process import Parts
from shared.process.service import actor_of
from shared.testing.memory import MemoryAccessLog, MemoryLog
from tests.audit.api.house import MONDAY
from tests.audit.test_mirror import LOG, House, opened

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
PATIENCE_S = 60.0


@dataclass
class TopicsAtHand:
    """How far the mirror is on its topics, in the hands of the test; it stands in for lag alone."""

    all_read: bool = True

    async def ends(self, service: str) -> Mapping[Place, int]:
        """Return one end, always the same."""
        return {Place(service, 0): 1}

    async def read(self, service: str, until: Mapping[Place, int]) -> bool:
        """Return what the test says."""
        assert until == await self.ends(service)
        return self.all_read


@dataclass
class Watched:
    """A mirror, its watch, and the seconds in the hands of the test."""

    house: House
    log: MemoryLog = field(default_factory=lambda: MemoryLog("audit", now=lambda: MONDAY))
    passed_s: float = 0.0
    topics: TopicsAtHand = field(default_factory=TopicsAtHand)

    def __post_init__(self) -> None:
        """Wire the watch."""
        self.watch = self.another()

    def another(self) -> Watch:
        """Return a watch that remembers nothing: that of another process."""
        secret = SecretStr("x")
        settings = Settings(
            database_dsn=secret,
            relay_dsn=secret,
            kafka_bootstrap_servers="x",
            http_port=1,
            issuer_url="http://issuer.example",
            client_secret=secret,
            ledger_folder=Path("nowhere"),
            vault_master_key=SecretStr("A" * 43 + "="),
            gap_patience_ms=int(PATIENCE_S * 1_000),
        )
        access = MemoryAccessLog()
        parts = Parts(
            name="audit",
            settings=settings,
            actor=actor_of("audit"),
            handler=Handler(self.log, {"finding": decider}, access, lambda: MONDAY),
            log=self.log,
            access=access,
            vault=self.log.vault,
            authenticator=Authenticator("http://issuer.example", "audit", lambda: MONDAY),
            pool=self.house.pool,
            positions=Positions(self.house.pool, "audit", 1),
            now=lambda: MONDAY,
            new_id=new_id,
        )
        return Watch(parts, self.house.mirror, self.topics, lambda: self.passed_s)

    async def round(self, *, after_s: float = 0.0) -> list[int]:
        """Let the watch look after a while; return the positions that were reported so far.

        It looks twice: the second time it knows how much of the topic was read before.
        """
        self.passed_s += after_s
        await self.watch.round()
        await self.watch.round()
        records = [decode(each.leaf) for each in await self.log.tail(0, limit=10_000)]
        assert all(each.data["finding"] == "gap" for each in records)
        return [each.data["position"] for each in records]


@pytest.fixture
async def watched(stack: Stack) -> AsyncIterator[Watched]:
    """An empty mirror that is watched."""
    async with opened(stack) as house:
        yield Watched(house)


async def test_a_whole_log_is_looked_over_once(watched: Watched) -> None:
    """L3: window by window, however long; and remembered by whoever comes next."""
    await watched.house.fill(1, 2 * gaps.SCAN_MAX + 17)
    assert await watched.round() == []
    assert await watched.house.mirror.checked() == {LOG: 2 * gaps.SCAN_MAX + 17}


async def test_gaps_are_reported_after_patience_and_once(watched: Watched) -> None:
    """AUD-3: each by its first position, in every window, also by a second process."""
    lost = (1, 500, 501, 502, gaps.SCAN_MAX + 600)
    await watched.house.fill(1, gaps.SCAN_MAX + 1_000, but=lost)
    assert await watched.round() == []
    assert await watched.round(after_s=PATIENCE_S - 1) == []
    assert await watched.round(after_s=1) == [1, 500]
    assert await watched.round(after_s=PATIENCE_S) == [1, 500, gaps.SCAN_MAX + 600]
    watched.watch = watched.another()
    assert await watched.round(after_s=PATIENCE_S) == [1, 500, gaps.SCAN_MAX + 600]
    assert await watched.round(after_s=PATIENCE_S) == [1, 500, gaps.SCAN_MAX + 600]
    (state,) = await watched.house.mirror.states()
    assert state.missing == len(lost)


async def test_what_is_only_late_is_no_gap(watched: Watched) -> None:
    """L3: partitions do not run abreast: as long as what is missing comes in, it is waited for."""
    late = tuple(range(10, 60, 10))
    await watched.house.fill(1, 60, but=late)
    assert await watched.round() == []
    for position in late:
        assert await watched.round(after_s=PATIENCE_S - 1) == []
        await watched.house.fill(position, position)
        assert await watched.round(after_s=PATIENCE_S - 1) == []
    assert await watched.round(after_s=PATIENCE_S) == []
    assert await watched.house.mirror.checked() == {LOG: 60}


async def test_what_audit_has_not_read_yet_is_no_gap(watched: Watched) -> None:
    """AUD-3: a member died, and nobody has its partition yet: that is our own lag, and no loss."""
    await watched.house.fill(1, 10, but=(5,))
    watched.topics.all_read = False
    assert await watched.round() == []
    for _ in range(3):
        assert await watched.round(after_s=PATIENCE_S) == []
    await watched.house.fill(5, 5)
    watched.topics.all_read = True
    assert await watched.round() == []
    assert await watched.house.mirror.checked() == {LOG: 10}


async def test_traffic_behind_a_gap_does_not_hide_it(watched: Watched) -> None:
    """AUD-3: new records, with late neighbours of their own, keep no window open."""
    await watched.house.fill(1, 10, but=(5,))
    assert await watched.round() == []
    head = 10
    for _ in range(4):
        await watched.house.fill(head + 2, head + 3)  # one position each time is late
        assert await watched.round(after_s=PATIENCE_S / 5) == []
        await watched.house.fill(head + 1, head + 1)
        head += 3
    assert await watched.round(after_s=PATIENCE_S / 5) == [5]
    assert await watched.round(after_s=PATIENCE_S) == [5]


async def test_a_position_beyond_all_others_is_one_gap(watched: Watched) -> None:
    """House: what somebody claims costs no memory."""
    await watched.house.fill(1, 10)
    far = 2_000_000_000
    await watched.house.fill(far, far)
    assert await watched.round() == []
    assert await watched.round(after_s=PATIENCE_S) == [11]


async def test_an_empty_mirror_is_in_order(watched: Watched) -> None:
    """L3: nothing before the first record."""
    assert await watched.round() == []
    assert await watched.house.mirror.checked() == {}

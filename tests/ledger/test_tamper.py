"""Section 7: what somebody who owns the whole database can change, and what shows it.

Two attackers. The *crude* one changes the log and leaves the ledger. The *thorough* one has the
log's key too: rewrites every record behind the change so that versions and links fit, deletes the
ledger and the signer's memory, and has everything sealed and signed anew. The first is found without
any help, the second with one checkpoint that somebody kept; without it, he is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest

from shared.clock import now
from shared.eventlog import Write
from shared.eventlog.connection import Connection
from shared.ledger import leaf_hash
from shared.ledger.fsck import Checked, Outside, check
from shared.ledger.signer import SIGNED, known_keys
from shared.ledger.store import Kept
from tests.eventlog.samples import SPEAKER, cause, opened, spoken
from tests.ledger.sealing import Sealing, running

pytestmark = pytest.mark.integration

RECORDS = 40
SEEDS = range(4)
TABLES = ("log.event", "log.log_head", "log.command", "ledger.tile", "ledger.checkpoint")

Record = dict[str, Any]


def place(seed: int, salt: int = 0) -> int:
    """Return an index that differs from seed to seed, never the last one."""
    return (seed * 13 + salt * 7 + 3) % (RECORDS - 1)


def another(number: int) -> Record:
    """Return a record that was never written, in a stream of its own."""
    return {
        "correlation_id": str(UUID(int=number)),
        "data": {"number": number},
        "log": "",
        "previous": None,
        "stream": f"forged-{number}",
        "version": 1,
    }


def updated(records: Sequence[Record], seed: int) -> list[Record]:
    """Change what one record says."""
    at = place(seed)
    changed = records[at] | {"effective_at": "2020-01-01T00:00:00.000000Z"}
    return [*records[:at], changed, *records[at + 1 :]]


def deleted(records: Sequence[Record], seed: int) -> list[Record]:
    """Leave one record out."""
    at = place(seed)
    return [*records[:at], *records[at + 1 :]]


def reordered(records: Sequence[Record], seed: int) -> list[Record]:
    """Let two neighbours change places."""
    at = place(seed)
    return [*records[:at], records[at + 1], records[at], *records[at + 2 :]]


def inserted(records: Sequence[Record], seed: int) -> list[Record]:
    """Put a record between others."""
    at = place(seed)
    return [*records[:at], another(seed), *records[at:]]


def truncated(records: Sequence[Record], seed: int) -> list[Record]:
    """Cut the end off."""
    return list(records[: place(seed) + 1])


def regrown(records: Sequence[Record], seed: int) -> list[Record]:
    """Roll back, and grow beyond where it was."""
    at = place(seed)
    return [*records[:at], *(another(100 + each) for each in range(RECORDS - at + seed))]


def forked(records: Sequence[Record], seed: int) -> list[Record]:
    """Tell another story of the same length."""
    at = place(seed)
    return [*records[:at], *(another(200 + each) for each in range(RECORDS - at))]


WAYS = (updated, deleted, reordered, inserted, truncated, regrown, forked)


def linked(records: Sequence[Record], log: str) -> list[bytes]:
    """Return the records as bytes, versions and links made to fit."""
    ends: dict[str, tuple[int, str]] = {}
    leaves: list[bytes] = []
    for record in records:
        version, previous = ends.get(record["stream"], (0, None))
        fitting = record | {"version": version + 1, "previous": previous, "log": log}
        leaf = orjson.dumps(fitting, option=orjson.OPT_SORT_KEYS)
        ends[record["stream"]] = (version + 1, leaf_hash(leaf).hex())
        leaves.append(leaf)
    return leaves


@dataclass(frozen=True, slots=True)
class Attacked:
    """A sealed log, and one checkpoint that somebody kept."""

    ledger: Sealing
    admin: Connection
    kept: Kept

    async def records(self) -> list[Record]:
        """Return the log as it says."""
        return [orjson.loads(leaf) for leaf in await self.ledger.leaves()]

    async def put(self, leaves: Sequence[bytes]) -> None:
        """As superuser: have these be the log."""
        said = [orjson.loads(leaf) for leaf in leaves]
        for table in TABLES:
            await self.admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await self.admin.execute("DELETE FROM log.event")
        await self.admin.executemany(
            "INSERT INTO log.event (pos, version, appended_at, stream, leaf) VALUES ($1, $2, $3, $4, $5)",
            [
                (position, record["version"], now(), record["stream"], leaf)
                for position, (record, leaf) in enumerate(zip(said, leaves, strict=True), 1)
            ],
        )
        await self.admin.execute("UPDATE log.log_head SET pos = $1", len(leaves))

    async def reseal(self, size: int) -> None:
        """As whoever has the key too: have the ledger say what the log says now."""
        for table in ("ledger.tile", "ledger.checkpoint", "relay.checkpoint"):
            await self.admin.execute(f"DELETE FROM {table}")  # noqa: S608 -- ours
        (self.ledger.folder / SIGNED).unlink()
        async with running(self.ledger.sealer()):
            await self.ledger.sealed(size)

    async def checked(self, *outside: Outside) -> Checked:
        """Return what an operator is told."""
        return await check(
            self.admin,
            "log",
            origin=self.ledger.origin,
            verifiers=known_keys(self.ledger.folder),
            outside=outside,
        )

    @property
    def saved(self) -> Outside:
        """Return the checkpoint that was kept."""
        return Outside("the kept checkpoint", self.kept.note, published=True)


@pytest.fixture
async def attacked(ledger: Sealing) -> Any:
    """A log that was sealed in several steps."""
    async with running(ledger.sealer()):
        for number in (RECORDS // 3, RECORDS // 3, RECORDS - 2 * (RECORDS // 3)):
            await ledger.append(number)
            await ledger.sealed(ledger.appended)
    kept = await ledger.store.latest()
    assert kept is not None
    async with ledger.database.as_admin() as admin:
        yield Attacked(ledger, admin, kept)


async def test_a_clean_log_is_as_signed(attacked: Attacked) -> None:
    """Section 7: nothing is reported where nothing was done, also after it has grown on."""
    assert (await attacked.checked(attacked.saved)).bad is None
    async with running(attacked.ledger.sealer()):
        await attacked.ledger.append(300)
        await attacked.ledger.sealed(attacked.ledger.appended)
    found = await attacked.checked(attacked.saved)
    assert (found.records, found.bad) == (RECORDS + 300, None)
    await attacked.ledger.append(7)  # in the log and not yet sealed
    assert (await attacked.checked(attacked.saved)).bad is None


async def test_a_lawful_erasure_leaves_everything_as_signed(ledger: Sealing) -> None:
    """Section 8: values, salts and keys are gone, and every proof holds."""
    async with running(ledger.sealer()):
        await ledger.house.log.append([Write("box-1", (spoken,), 0)], cause=cause(1))
        await ledger.sealed(1)
        kept = await ledger.store.latest()
        assert kept is not None
        async with ledger.database.as_admin() as admin:
            erased = await admin.fetchval("SELECT log.erase($1)", str(SPEAKER))
            assert erased > 0
            await ledger.house.log.append([Write("box-2", (opened,), 0)], cause=cause(2))
            await ledger.sealed(2)
            attacked = Attacked(ledger, admin, kept)
            assert (await attacked.checked(attacked.saved)).bad is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_whoever_changes_the_log_alone_is_found_at_the_first_bad_position(
    attacked: Attacked, way: Callable[[Sequence[Record], int], list[Record]], seed: int
) -> None:
    """Section 7: named to the position, from the tiles alone."""
    before = await attacked.ledger.leaves()
    records = way(await attacked.records(), seed)
    log = f"asf/{attacked.ledger.database.service}"
    leaves = [
        orjson.dumps(record | {"log": log}, option=orjson.OPT_SORT_KEYS) for record in records
    ]
    await attacked.put(leaves)
    first = next(
        (at for at, (a, b) in enumerate(zip(before, leaves, strict=False), 1) if a != b),
        min(len(before), len(leaves)) + 1,
    )
    for outside in ((), (attacked.saved,)):
        found = await attacked.checked(*outside)
        assert found.bad is not None
        assert found.bad.position == first


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_whoever_rewrites_everything_is_found_with_one_checkpoint(
    attacked: Attacked, way: Callable[[Sequence[Record], int], list[Record]], seed: int
) -> None:
    """Section 7: update, delete, reorder, insert, truncate, roll back and regrow, fork."""
    records = way(await attacked.records(), seed)
    leaves = linked(records, f"asf/{attacked.ledger.database.service}")
    await attacked.put(leaves)
    await attacked.reseal(len(leaves))
    found = await attacked.checked(attacked.saved)
    assert found.bad is not None
    assert (await attacked.checked()).bad is None  # and no more than that: the page says so


async def test_a_hole_is_named(attacked: Attacked) -> None:
    """L3: one row gone."""
    await attacked.admin.execute("ALTER TABLE log.event DISABLE TRIGGER ALL")
    await attacked.admin.execute("DELETE FROM log.event WHERE pos = 17")
    found = await attacked.checked()
    assert found.bad is not None
    assert found.bad.position == 17


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("UPDATE log.event SET stream = 'box-other' WHERE pos = 9", 9),
        ("UPDATE log.event SET version = 70 WHERE pos = 9", 9),
        ("UPDATE log.log_head SET pos = 39", RECORDS + 1),
        ("UPDATE ledger.tile SET data = set_byte(data, 319, 255 - get_byte(data, 319))", 10),
        ("UPDATE ledger.tile SET data = data || decode(repeat('00', 32), 'hex')", RECORDS + 1),
        ("UPDATE ledger.tile SET data = substring(data FOR 64)", 3),
        ("DELETE FROM ledger.tile", 1),
        (
            "INSERT INTO ledger.tile VALUES ('log', 1, 0, decode(repeat('00', 32), 'hex'))",
            RECORDS + 1,
        ),
        ("DELETE FROM ledger.checkpoint WHERE size = 40", 0),
        ("UPDATE ledger.checkpoint SET size = 41 WHERE size = 40", 0),
        ("UPDATE ledger.checkpoint SET note = overlay(note PLACING 'x' FROM 30)", 0),
    ],
)
async def test_every_table_is_held_against_the_records(
    attacked: Attacked, change: str, position: int
) -> None:
    """Section 7: columns beside the leaf, the head, tiles and checkpoints."""
    for table in TABLES:
        await attacked.admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await attacked.admin.execute(change)
    found = await attacked.checked(attacked.saved)
    assert found.bad is not None
    assert found.bad.position == position, found.bad.why

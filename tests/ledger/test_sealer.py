"""Section 7: the log is sealed behind itself, by one, and what cannot be signed for is not."""

import asyncio
import signal
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from structlog.testing import capture_logs

from shared.clock import now
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role
from shared.eventlog import AccessEntry, Write
from shared.eventlog.reader import open_reader
from shared.ledger import (
    Tile,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_record_proof,
    policy_of,
    policy_text,
    verify_consistency,
    verify_record,
)
from shared.ledger.growing import Growing
from shared.ledger.proving import consistency, prove_record
from shared.ledger.signer import known_keys, signed_note
from shared.ledger.store import Kept, Store
from shared.process.readiness import Stall, seals
from shared.relay.lease import Lease, LeaseLost, leading
from shared.telemetry import Metric, measure
from tests.dying import ended
from tests.eventlog.samples import PERSON, cause, opened
from tests.ledger.foreign.answers import Foreign
from tests.ledger.samples import tiles_over
from tests.ledger.sealing import Sealing, running
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = pytest.mark.integration

RECORDS = 300
ACTOR = Actor(PERSON, Role.AUDITOR)
MOMENTS_MAX = 120
"""More than a run has: the test ends by itself when a run is lived through."""


def alone() -> None:
    """Nobody else leads, so nobody stands by."""


async def until(holds: Callable[[], bool]) -> None:
    """Return when ``holds`` does."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.01)


async def tiles_of(ledger: Sealing) -> dict[Tile, bytes]:
    """Return every tile that is kept."""
    async with ledger.database.as_admin() as admin:
        rows = await admin.fetch("SELECT level, number, data FROM ledger.tile WHERE log = 'log'")
    return {Tile(row["level"], row["number"], len(row["data"]) // 32): row["data"] for row in rows}


async def checkpoints_of(ledger: Sealing) -> list[Kept]:
    """Return everything that was ever published."""
    return list(await ledger.store.checkpoints(-1, limit=10_000))


async def require_whole(ledger: Sealing) -> None:
    """Fail unless tiles and checkpoints are those of the log, each record in it once."""
    leaves = await ledger.leaves()
    hashes = [leaf_hash(leaf) for leaf in leaves]
    _, tiles = tiles_over(hashes)
    assert await tiles_of(ledger) == tiles
    for kept in await checkpoints_of(ledger):
        growing = Growing()
        growing.take(leaves[: kept.size])
        assert growing.checkpoint(ledger.origin) == kept.checkpoint


async def test_every_record_can_be_proved_to_others(ledger: Sealing, go: Foreign) -> None:
    """Section 7: append, seal, prove; verified by our verifier and by one that others wrote."""
    async with running(ledger.sealer()):
        await ledger.append(RECORDS)
        await ledger.sealed(RECORDS)
    leaves, policy = await ledger.leaves(), ledger.policy
    for position, leaf in enumerate(leaves, 1):
        proof = (await prove_record(ledger.store, position)).encode()
        verify_record(leaf, parse_record_proof(proof), policy)
        given = {"policy": policy_text(policy), "data": proof}
        assert go.accepts("proof", **given, leaf_hash=leaf_hash(leaf))
        assert not go.accepts("proof", **given, leaf_hash=leaf_hash(leaf + b" "))
    await require_whole(ledger)


async def test_every_checkpoint_grew_from_every_one_before_it(ledger: Sealing) -> None:
    """RFC 6962 section 2.1.2: at any two sizes that were ever signed, also long ago."""
    async with running(ledger.sealer()):
        for size in (1, 2, 250, 257, RECORDS):
            await ledger.append(size - ledger.appended)
            await ledger.sealed(size)
    signed = [kept.checkpoint for kept in await checkpoints_of(ledger) if kept.size]
    for at, new in enumerate(signed):
        for old in signed[: at + 1]:
            proof = await consistency(ledger.store, old.size, new.size)
            verify_consistency(old.size, old.root, new.size, new.root, proof=proof)


async def test_an_empty_log_is_signed_for_too(ledger: Sealing) -> None:
    """C2SP tlog-checkpoint: size 0 has the root of nothing; whoever asks gets an answer."""
    async with running(ledger.sealer()):
        await ledger.sealed(0)
    (kept,) = await checkpoints_of(ledger)
    assert kept.checkpoint.size == 0
    assert ledger.policy.open(kept.note).checkpoint == kept.checkpoint


async def test_checkpoints_come_on_change_and_not_too_often(ledger: Sealing) -> None:
    """Section 7: a quiet log is not signed again and again, a busy one once an interval."""
    async with running(ledger.sealer(interval_s=0.5)):
        await ledger.sealed(0)
        begun_s = asyncio.get_running_loop().time()
        await ledger.append(100)
        await ledger.sealed(100)
        took_s = asyncio.get_running_loop().time() - begun_s
        signed = await checkpoints_of(ledger)
        assert len(signed) <= 2 + took_s / 0.5
        await asyncio.sleep(1)
        assert await checkpoints_of(ledger) == signed


async def test_the_access_log_has_a_ledger_of_its_own(ledger: Sealing) -> None:
    """Section 9: sealed by the same ledger, under another name and another key."""
    entry = AccessEntry(UUID(int=1), ACTOR, "ReadCase", "box-1", "read", now(), UUID(int=2))
    await ledger.house.access.record(entry)
    async with (
        open_reader(
            ledger.database.relay_dsn, service=ledger.database.service, schema="access"
        ) as reader,
        open_reader(ledger.database.relay_dsn, service=ledger.database.service) as own,
    ):
        folder = ledger.folder.with_name("access")
        origin = f"{ledger.origin}/access"
        beside = replace(ledger.sealer(), reader=reader, log="access", origin=origin, folder=folder)
        async with running(replace(ledger.sealer(), reader=own), beside):
            await ledger.append(3)
            await ledger.sealed(3)
            await until(lambda: beside.health.size == 1)
    store = Store(ledger.house.pool, "access")
    proof = await prove_record(store, 1)
    (row,) = await ledger.house.pool.fetch("SELECT leaf FROM access.event")
    policy = policy_of(known_keys(folder))
    assert verify_record(row["leaf"], proof, policy).checkpoint.origin == origin
    assert not {key.public_key for key in known_keys(folder)} & {
        key.public_key for key in known_keys(ledger.folder)
    }


async def test_whoever_takes_over_goes_on_where_the_last_one_was(ledger: Sealing) -> None:
    """Section 7: nothing twice, nothing missing, and the old checkpoints as they were."""
    await ledger.append(260)
    async with running(ledger.sealer()):
        await ledger.sealed(260)
    before = await checkpoints_of(ledger)
    await ledger.append(260)
    async with running(ledger.sealer()):
        await ledger.sealed(520)
    assert (await checkpoints_of(ledger))[: len(before)] == before
    await require_whole(ledger)


async def test_of_two_sealers_one_seals(ledger: Sealing) -> None:
    """Architecture 4: the other stands by, and takes over when the first is told to end."""
    first, second = ledger.sealer(), ledger.sealer()
    async with running(second):
        async with running(first):
            await ledger.append(50)
            await ledger.sealed(50)
            assert first.health.leading != second.health.leading
        await ledger.append(50)
        await ledger.sealed(100)
        assert second.health.leading
    await require_whole(ledger)


async def test_a_sealer_that_stands_by_takes_back_what_it_measured(
    ledger: Sealing, recorded_metrics: InMemoryMetricReader
) -> None:
    """House: of all processes the worst counts, and what one said last is exported as long as it lives."""

    def lag() -> object:
        (point,) = points(recorded_metrics, "asf.ledger.lag_events", {"asf.log": ledger.origin})
        assert isinstance(point, NumberDataPoint)
        return point.value

    dsn, stopping = ledger.database.relay_dsn, asyncio.Event()
    async with leading(dsn, "ledger of log", standing_by=alone, stopping=stopping):
        measure(Metric.LEDGER_LAG_EVENTS, 9, log=ledger.origin)
        async with running(ledger.sealer()):
            await until(lambda: lag() == 0)


async def test_whoever_was_dismissed_writes_nothing(ledger: Sealing) -> None:
    """Section 6: the epoch is in the same transaction as the tiles."""
    await ledger.append(10)
    with capture_logs() as said:
        async with running(ledger.sealer()):
            await ledger.sealed(10)
            async with ledger.database.as_admin() as admin:
                await admin.execute("UPDATE relay.checkpoint SET epoch = epoch + 1")
            await ledger.append(10)
            await ledger.sealed(20)  # by itself again, under the next epoch
    assert any(entry["event"] == "ledger.stepped_down" for entry in said)
    await require_whole(ledger)


async def test_tiles_of_a_leader_whose_epoch_is_over_are_not_kept(ledger: Sealing) -> None:
    """Section 6: the transaction that moves the checkpoint is the one that holds the tiles."""
    stopping = asyncio.Event()
    async with leading(
        ledger.database.relay_dsn, "ledger of log", standing_by=alone, stopping=stopping
    ) as lease:
        assert lease is not None
        async with ledger.database.as_admin() as admin:
            await admin.execute("UPDATE relay.checkpoint SET epoch = epoch + 1")
        with pytest.raises(LeaseLost):
            async with lease.moving(1) as connection:
                await Store(connection).keep([(Tile(0, 0, 1), bytes(32))])
        with pytest.raises(RuntimeError, match="cut off"):
            await cut_off(lease)
    assert await tiles_of(ledger) == {}


async def test_a_leader_does_not_dismiss_itself(ledger: Sealing) -> None:
    """Section 7: it looks at the past while it seals; the checkpoint moves between asking and turn."""
    stopping = asyncio.Event()
    async with leading(
        ledger.database.relay_dsn, "ledger of log", standing_by=alone, stopping=stopping
    ) as lease:
        assert lease is not None

        async def look() -> None:
            async with lease.moving():
                pass

        async with asyncio.TaskGroup() as group, lease.moving(7):
            group.create_task(look())
            await asyncio.sleep(0)  # it has asked, and waits for its turn
        assert lease.position == 7


async def cut_off(lease: Lease) -> None:
    """Fail in the middle of a transaction."""
    lease.epoch += 1  # the present one
    async with lease.moving(1) as connection:
        await Store(connection).keep([(Tile(0, 0, 1), bytes(32))])
        raise RuntimeError("cut off")


async def test_it_may_die_at_any_moment(ledger: Sealing, tmp_path: Path) -> None:
    """Section 7: kill -9 after each word to disk and database: one text for one size, ever."""
    signed: dict[int, str] = {}
    log = tmp_path / "said"
    await ledger.append(260)
    deaths = 0
    for moment in range(1, MOMENTS_MAX):
        await ledger.append(3)
        words = (ledger.database.relay_dsn, ledger.origin, str(ledger.folder))
        told = (*words, str(moment), str(ledger.appended))
        code = await ended("tests.ledger.run_sealer", *told, log=log)
        notes = [kept.note for kept in await checkpoints_of(ledger)]
        remembered = signed_note(ledger.folder)
        for note in [*notes, *([remembered] if remembered else [])]:
            text = parse_note(note).text
            size = parse_checkpoint(text).size
            assert signed.setdefault(size, text) == text
        if code == 0:
            break
        assert code == -signal.SIGKILL, log.read_text()
        deaths += 1
    else:
        raise AssertionError("no run was lived through")
    assert deaths > 15
    async with running(ledger.sealer()):
        await ledger.append(1)
        await ledger.sealed(ledger.appended)
    await require_whole(ledger)
    published = {kept.size for kept in await checkpoints_of(ledger)}
    assert published == signed.keys() | {ledger.appended}


async def rolled_back(ledger: Sealing, size: int) -> None:
    """Have the database be what it was at ``size`` records, as after a restore from backup."""
    hashes = [leaf_hash(leaf) for leaf in (await ledger.leaves())[:size]]
    _, tiles = tiles_over(hashes)
    async with ledger.database.as_admin() as admin:
        for table in (
            "log.event",
            "log.log_head",
            "log.command",
            "ledger.tile",
            "ledger.checkpoint",
        ):
            await admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for change in (
            "DELETE FROM log.event WHERE pos > $1",
            "DELETE FROM log.command WHERE pos > $1",
            "UPDATE log.log_head SET pos = $1",
            "DELETE FROM ledger.checkpoint WHERE size > $1",
            "UPDATE relay.checkpoint SET position = $1",
        ):
            await admin.execute(change, size)
        await admin.execute("DELETE FROM ledger.tile")
        for tile, data in tiles.items():
            row = ("log", tile.level, tile.index, data)
            await admin.execute("INSERT INTO ledger.tile VALUES ($1, $2, $3, $4)", *row)
        for table in (
            "log.event",
            "log.log_head",
            "log.command",
            "ledger.tile",
            "ledger.checkpoint",
        ):
            await admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    ledger.appended = size


@pytest.mark.parametrize("regrown", [0, 30], ids=["as it was", "and regrown beyond"])
async def test_a_database_that_was_rolled_back_is_refused_and_it_shows(
    ledger: Sealing, regrown: int, recorded_metrics: InMemoryMetricReader
) -> None:
    """Section 7: the signer remembers. Readiness, a metric and a log line say so."""
    await ledger.append(20)
    async with running(ledger.sealer()):
        await ledger.sealed(20)
        await ledger.append(20)
        await ledger.sealed(40)
    before = signed_note(ledger.folder)
    await rolled_back(ledger, 20)
    for number in range(regrown):
        write = Write(f"box-other-{number}", (opened,), 0)
        await ledger.house.log.append([write], cause=cause(9_000 + number))
    sealer = ledger.sealer()
    assert seals(sealer, Stall(1))
    with capture_logs() as said:
        async with running(sealer):
            await until(lambda: sealer.health.refused is not None)
            assert not seals(sealer, Stall(1))
            (point,) = points(recorded_metrics, "asf.ledger.refused", {"asf.log": ledger.origin})
            assert isinstance(point, NumberDataPoint)
            assert point.value == 1
    (line,) = [entry for entry in said if entry["event"] == "ledger.refused"]
    assert (line["log_level"], line["log"]) == ("error", ledger.origin)
    assert signed_note(ledger.folder) == before
    assert max(kept.size for kept in await checkpoints_of(ledger)) == 20


@pytest.mark.parametrize("lost", ["everything", "the memory", "the key"])
async def test_a_signer_that_forgot_does_not_begin_anew(ledger: Sealing, lost: str) -> None:
    """Section 7: else a lost folder would make a rolled-back database signable."""
    await ledger.append(5)
    async with running(ledger.sealer()):
        await ledger.sealed(5)
    if lost == "everything":
        rmtree(ledger.folder)
    else:
        (ledger.folder / ("signed" if lost == "the memory" else "key")).unlink()
    sealer = ledger.sealer()
    async with running(sealer):
        await until(lambda: sealer.health.refused is not None)
    assert not (ledger.folder / "signed").exists() or lost == "the key"


async def test_a_key_is_replaced_with_a_second_signature_line(ledger: Sealing) -> None:
    """Section 7: for a while both sign, so that whoever knows only one of them can follow."""
    await ledger.append(3)
    async with running(ledger.sealer()):
        await ledger.sealed(3)
        old = ledger.policy
        seed = b64encode(bytes(range(32))).decode()
        (ledger.folder / "next.key").write_text(f"{seed}\n")
        await ledger.append(3)
        await ledger.sealed(6)
        both = await ledger.store.latest()
        assert both is not None
        new = policy_of([key for key in known_keys(ledger.folder) if key not in old.logs])
        assert old.open(both.note).checkpoint == new.open(both.note).checkpoint
        (ledger.folder / "next.key").replace(ledger.folder / "key")
        await ledger.append(3)
        await ledger.sealed(9)
    last = await ledger.store.latest()
    assert last is not None
    assert len(parse_note(last.note).signatures) == 1
    assert new.open(last.note).checkpoint.size == 9
    assert len(known_keys(ledger.folder)) == 2  # what the old one signed can still be checked


async def test_a_log_that_is_cut_short_under_the_leader_is_refused_by_that_leader(
    ledger: Sealing,
) -> None:
    """AUD-3: a restore or a deleted end is noticed while it lasts, without a new leader."""
    sealer = replace(ledger.sealer(), silence_s=3.0)
    await ledger.append(30)
    async with running(sealer):
        await ledger.sealed(30)
        await rolled_back(ledger, 25)
        await until(lambda: sealer.health.refused is not None)
    assert sealer.health.refused == "the log had 30 records and has 25"


@pytest.mark.parametrize("position", [1, 256, 257, 300])
async def test_a_record_that_is_changed_under_the_leader_is_refused_by_that_leader(
    ledger: Sealing, position: int
) -> None:
    """AUD-3: the past is read again, tile by tile, for as long as somebody leads."""
    sealer = replace(ledger.sealer(), silence_s=1.0)
    await ledger.append(RECORDS)
    async with running(sealer):
        await ledger.sealed(RECORDS)
        await ledger.append(1)  # and it goes on while nothing is wrong
        await ledger.sealed(RECORDS + 1)
        async with ledger.database.as_admin() as admin:
            await admin.execute("ALTER TABLE log.event DISABLE TRIGGER ALL")
            await admin.execute(
                "UPDATE log.event SET leaf = (SELECT leaf FROM log.event WHERE pos = 8)"
                " WHERE pos = $1",
                position,
            )
        await until(lambda: sealer.health.refused is not None)
    first, last = (1, 256) if position <= 256 else (257, RECORDS + 1)
    assert sealer.health.refused == f"records {first} to {last} are not as sealed"


async def test_a_record_that_was_changed_under_the_sealer_is_refused(ledger: Sealing) -> None:
    """Section 7: whoever takes over reads everything anew, and does not go on from a false log."""
    await ledger.append(30)
    async with running(ledger.sealer()):
        await ledger.sealed(30)
    async with ledger.database.as_admin() as admin:
        await admin.execute("ALTER TABLE log.event DISABLE TRIGGER ALL")
        await admin.execute(
            "UPDATE log.event SET leaf = (SELECT leaf FROM log.event WHERE pos = 8) WHERE pos = 7"
        )
    sealer = ledger.sealer()
    async with running(sealer):
        await until(lambda: sealer.health.refused is not None)
        await ledger.append(1)
    assert max(kept.size for kept in await checkpoints_of(ledger)) == 30


async def test_a_database_that_went_away_is_waited_for(ledger: Sealing) -> None:
    """Section 6: an outage delays, it loses nothing and refuses nothing."""
    sealer = ledger.sealer()
    async with running(sealer):
        await ledger.append(10)
        await ledger.sealed(10)
        async with ledger.database.as_admin() as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1",
                f"{ledger.database.service}_relay",
            )
        await ledger.append(10)
        await ledger.sealed(20)
    assert sealer.health.refused is None
    await require_whole(ledger)

"""Section 7: what a superuser does to a log is not cosigned, and leaves evidence that stands alone."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from shutil import copytree, rmtree
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from structlog.testing import capture_logs

from shared.eventlog import Write
from shared.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    Seal,
    SigningKey,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    private_key,
    sign_checkpoint,
    signers,
    verify_consistency,
    verify_inclusion,
)
from shared.ledger.lines import from_base64
from shared.ledger.signer import KEY, SIGNED
from tests.audit.witness.house import LOG, Witnessed, kinds
from tests.eventlog.samples import cause, opened
from tests.ledger.samples import STRANGER
from tests.ledger.sealing import running
from tests.ledger.test_sealer import rolled_back
from tests.telemetry.recorded import points, recorded_metrics

__all__ = ["recorded_metrics"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SIZE = 40


@pytest.fixture
async def cosigned(house: Witnessed) -> Witnessed:
    """A log that was cosigned at 20 and at 40; nobody seals it now."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        for _ in range(2):
            await house.grow(SIZE // 2)
            await watch.round()
    assert await house.cosigned() == [SIZE // 2, SIZE]
    return house


async def looked(house: Witnessed, *, rounds: int = 1) -> None:
    """Have the witness look, as a process that just began."""
    async with house.watching() as watch:
        for _ in range(rounds):
            await watch.round()


async def sealed_to(house: Witnessed, size: int) -> None:
    """Have the log sealed up to ``size``."""
    async with running(house.ledger.sealer()):
        await house.ledger.sealed(size)


async def changed(house: Witnessed, position: int) -> None:
    """Let a superuser put another record in the place of one."""
    async with house.ledger.database.as_admin() as admin:
        await admin.execute("ALTER TABLE log.event DISABLE TRIGGER ALL")
        await admin.execute(
            "UPDATE log.event SET leaf = (SELECT leaf FROM log.event WHERE pos = $1 + 1)"
            " WHERE pos = $1",
            position,
        )
        await admin.execute("ALTER TABLE log.event ENABLE TRIGGER ALL")


async def ledger_begun_anew(house: Witnessed) -> None:
    """Let the superuser, who has the signer's folder too, forget everything that was signed."""
    async with house.ledger.database.as_admin() as admin:
        for table in ("ledger.tile", "ledger.checkpoint"):
            await admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            await admin.execute(f"DELETE FROM {table}")  # noqa: S608 -- one of two
            await admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        await admin.execute("UPDATE relay.checkpoint SET position = 0")
    (house.ledger.folder / SIGNED).unlink()


def checkpoint_in(house: Witnessed, note: str) -> Checkpoint:
    """Return what the log signed, by its signature."""
    parsed = parse_note(note.encode())
    signers(parsed, house.ledger.policy.logs)
    return parse_checkpoint(parsed.text)


def require_fork(house: Witnessed, document: dict[str, Any]) -> None:
    """Fail unless the document alone proves that the log signed two histories."""
    first, second = (checkpoint_in(house, document[name]) for name in ("first", "second"))
    root = b64decode(document["root"])
    assert first.origin == second.origin == document["origin"]
    assert root != first.root
    verify_consistency(
        *(first.size, root, second.size, second.root),
        proof=[b64decode(each) for each in document["hashes"]],
    )


async def test_a_record_changed_before_it_was_sealed(house: Witnessed) -> None:
    """Section 7, update: what was sent and what was signed differ; the first bad leaf is named."""
    await house.ledger.append(SIZE)
    await house.mirror()
    true = (await house.ledger.leaves())[16]
    await changed(house, 17)
    await sealed_to(house, SIZE)
    await looked(house, rounds=3)
    (found,) = await house.findings()
    signed = checkpoint_in(house, (await house.note()).decode())
    assert (found.finding, found.position, found.found) == ("root", SIZE, signed.root.hex())
    assert await house.cosigned() == []
    document = await house.evidence(found.finding_id)
    assert checkpoint_in(house, document["signed"]) == signed
    assert b64decode(document["root"]).hex() == found.expected
    difference = document["difference"]
    assert (difference["position"], b64decode(difference["mirrored_leaf"])) == (17, leaf_hash(true))
    verify_inclusion(
        b64decode(difference["signed_leaf"]),
        16,
        size=SIZE,
        root=signed.root,
        proof=[b64decode(each) for each in difference["hashes"]],
    )


async def test_a_record_changed_after_it_was_cosigned_and_all_signed_anew(
    cosigned: Witnessed,
) -> None:
    """Section 7, update by somebody who has database, key and memory: seen at the same size."""
    await changed(cosigned, 17)
    await ledger_begun_anew(cosigned)
    await sealed_to(cosigned, SIZE)
    await looked(cosigned, rounds=3)
    (found,) = await cosigned.findings()
    assert (found.finding, found.position) == ("fork", SIZE)
    assert await cosigned.cosigned() == [SIZE // 2, SIZE]
    require_fork(cosigned, await cosigned.evidence(found.finding_id))


@pytest.mark.parametrize("mirrored", [True, False], ids=["and mirrored", "and not mirrored"])
async def test_a_changed_log_that_grew_beyond_what_was_cosigned(
    cosigned: Witnessed, mirrored: bool
) -> None:
    """Section 7: its own tiles show it, also before the mirror has come so far."""
    await changed(cosigned, 17)
    await ledger_begun_anew(cosigned)
    await cosigned.ledger.append(10)
    await sealed_to(cosigned, SIZE + 10)
    if mirrored:
        await cosigned.mirror()
    await looked(cosigned, rounds=3)
    (found,) = await cosigned.findings()
    assert (found.finding, found.position) == ("fork", SIZE + 10)
    assert await cosigned.cosigned() == [SIZE // 2, SIZE]
    require_fork(cosigned, await cosigned.evidence(found.finding_id))


async def roll_back(house: Witnessed) -> Callable[[], Awaitable[None]]:
    """Return what takes the database and the signer's folder back to now."""
    size, before = house.ledger.appended, house.ledger.folder.with_name("before")
    copytree(house.ledger.folder, before)

    async def back() -> None:
        await rolled_back(house.ledger, size)
        rmtree(house.ledger.folder)
        copytree(before, house.ledger.folder)

    return back


async def test_a_log_that_was_rolled_back_with_its_signer(house: Witnessed) -> None:
    """Section 7, rollback: the signer forgot, the witness did not."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(SIZE // 2)
        await watch.round()
    back = await roll_back(house)
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(SIZE // 2)
        await watch.round()
    await back()
    async with house.watching() as watch:
        await watch.round()
        assert await house.findings() == []  # once may be a copy that lags
        await watch.round()
        await watch.round()
    (found,) = await house.findings()
    assert (found.finding, found.position) == ("rollback", SIZE // 2)
    document = await house.evidence(found.finding_id)
    first, second = (checkpoint_in(house, document[name]) for name in ("first", "second"))
    assert (first.size, second.size) == (SIZE // 2, SIZE)


@pytest.mark.parametrize("regrown", [10, 20, 33])
async def test_a_log_that_was_rolled_back_and_grew_again(house: Witnessed, regrown: int) -> None:
    """Section 7, fork: smaller than what was cosigned, as large, and larger."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(SIZE // 2)
        await watch.round()
    back = await roll_back(house)
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(SIZE // 2)
        await watch.round()
    await back()
    for number in range(regrown):
        write = Write(f"other-{number}", (opened,), 0)
        await house.ledger.house.log.append([write], cause=cause(9_000 + number))
    await sealed_to(house, SIZE // 2 + regrown)
    await looked(house, rounds=3)
    (found,) = await house.findings()
    assert (found.finding, found.position) == ("fork", SIZE // 2 + regrown)
    assert await house.cosigned() == [SIZE // 2, SIZE]
    require_fork(house, await house.evidence(found.finding_id))


async def shown(house: Witnessed, said: Checkpoint, key: SigningKey | None = None) -> None:
    """Let the log show ``said`` as its latest checkpoint, signed by its own key or another."""
    text = (house.ledger.folder / KEY).read_text().strip()
    own = SigningKey(said.origin, private_key(from_base64(text, "a key")))
    note = sign_checkpoint(said, key or own).encode()
    async with house.ledger.database.as_admin() as admin:
        await admin.execute("ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL")
        await admin.execute("DELETE FROM ledger.checkpoint WHERE size >= $1", said.size)
        await admin.execute("INSERT INTO ledger.checkpoint VALUES ('log', $1, $2)", said.size, note)


@pytest.mark.parametrize(
    "lines", [(), (Seal(0, EMPTY_ROOT).line,), ("asf-heads-v1 no seal",), "more"], ids=range(4)
)
async def test_other_heads_under_a_true_root(house: Witnessed, lines: Any) -> None:
    """ADR-0018: a function of the records, so it is compared; a line that is none is not cosigned."""
    async with running(house.ledger.sealer()):
        await house.grow(SIZE)
    true = checkpoint_in(house, (await house.note()).decode())
    said = replace(
        true, extensions=(*true.extensions, "another line") if lines == "more" else lines
    )
    await shown(house, said)
    await looked(house, rounds=2)
    (found,) = await house.findings()
    assert (found.finding, found.position) == ("heads", SIZE)
    assert await house.cosigned() == []
    document = await house.evidence(found.finding_id)
    assert document["recomputed"] == true.text
    await shown(house, true)
    await looked(house)
    assert await house.cosigned() == [SIZE]  # once it says what is true


async def test_other_heads_of_what_was_cosigned(cosigned: Witnessed) -> None:
    """C2SP tlog-cosignature: one text for one size, ever."""
    true = checkpoint_in(cosigned, (await cosigned.note()).decode())
    await shown(cosigned, replace(true, extensions=()))
    await looked(cosigned, rounds=2)
    assert kinds(await cosigned.findings()) == [("heads", SIZE)]
    assert await cosigned.cosigned() == [SIZE // 2, SIZE]


async def test_a_forged_checkpoint(
    cosigned: Witnessed, recorded_metrics: InMemoryMetricReader
) -> None:
    """C2SP signed-note: by no known key; said once, until the log shows its own again."""

    def refused() -> object:
        (point,) = points(recorded_metrics, "asf.witness.refused", {"asf.log": LOG})
        assert isinstance(point, NumberDataPoint)
        return point.value

    true = checkpoint_in(cosigned, (await cosigned.note()).decode())
    false = replace(true, size=SIZE + 1, root=bytes(32))
    stranger = SigningKey(true.origin, STRANGER.private)
    async with cosigned.watching() as watch:
        await shown(cosigned, false, stranger)
        with capture_logs() as said:
            await watch.round()
            await watch.round()
        (line,) = [entry for entry in said if entry["event"] == "audit.disagreement"]
        assert (line["log_level"], line["log"], line["finding"]) == ("error", LOG, "signature")
        assert refused() == 1
        await shown(cosigned, replace(false, size=SIZE + 2), stranger)
        await watch.round()
        assert kinds(await cosigned.findings()) == [("signature", SIZE + 1)]
        await shown(cosigned, true)
        await watch.round()
        assert refused() == 0
        await shown(cosigned, replace(false, size=SIZE + 3), stranger)
        await watch.round()
    found = await cosigned.findings()
    assert kinds(found) == [("signature", SIZE + 1), ("signature", SIZE + 3)]
    document = await cosigned.evidence(found[0].finding_id)
    assert parse_checkpoint(parse_note(b64decode(document["shown"])).text) == false
    assert await cosigned.cosigned() == [SIZE // 2, SIZE]


async def test_a_mirror_that_was_changed_is_not_cosigned_over(cosigned: Witnessed) -> None:
    """House: ADR-0022: whoever changes audit's own database does not get its cosignature."""
    async with cosigned.as_admin() as admin:
        await admin.execute(
            "UPDATE audit.mirror SET leaf = (SELECT leaf FROM audit.mirror WHERE position = 8)"
            " WHERE position = 7"
        )
    async with running(cosigned.ledger.sealer()):
        await cosigned.grow(10)
    await looked(cosigned, rounds=2)
    assert await cosigned.cosigned() == [SIZE // 2, SIZE]

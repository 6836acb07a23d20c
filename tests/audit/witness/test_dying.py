"""Section 7: ``kill -9`` between computing, remembering, cosigning and publishing."""

import signal
from shutil import copytree, rmtree

import pytest

from services.audit.witness.known import origin_hash
from shared.eventlog import Write
from shared.ledger import parse_checkpoint, parse_note
from tests.audit.witness.house import LOG, Witnessed, kinds
from tests.dying import ended
from tests.eventlog.samples import cause, opened
from tests.ledger.sealing import running
from tests.ledger.test_sealer import rolled_back

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

MOMENTS_MAX = 60
"""More than a look has: the test ends by itself when one is lived through."""


async def lived_through(house: Witnessed, moment: int) -> bool:
    """Have a process look at the log and die at ``moment``; return whether it came to its end."""
    words = (house.dsn, str(house.folder), str(house.keys), house.url, str(moment))
    log = house.folder.with_name("said")
    code = await ended("tests.audit.witness.run_witness", *words, log=log)
    assert code in {0, -signal.SIGKILL}, log.read_text()
    return code == 0


async def texts(house: Witnessed) -> dict[int, set[str]]:
    """Return every text that was cosigned, by size: what is remembered and what is published."""
    rows = await house.pool.fetch("SELECT note FROM witness_checkpoint")
    notes = [row["note"] for row in rows]
    memory = house.folder / "audit" / "witness" / origin_hash(house.ledger.origin)
    notes += [memory.read_bytes()] if memory.exists() else []
    found: dict[int, set[str]] = {}
    for note in notes:
        text = parse_note(note).text
        found.setdefault(parse_checkpoint(text).size, set()).add(text)
    return found


async def test_it_may_die_at_any_moment(house: Witnessed) -> None:
    """House: ADR-0022: never two texts for one size, and whoever comes next goes on."""
    seen: dict[int, set[str]] = {}
    deaths = 0
    async with running(house.ledger.sealer()):
        for moment in range(1, MOMENTS_MAX):
            await house.grow(3)
            ended = await lived_through(house, moment)
            for size, found in (await texts(house)).items():
                seen.setdefault(size, set()).update(found)
            if ended:
                break
            deaths += 1
        else:
            raise AssertionError("no look was lived through")
        assert deaths > 10
        await house.grow(1)
        async with house.watching() as watch:
            await watch.round()
    assert all(len(found) == 1 for found in seen.values())
    assert (await house.cosigned())[-1] == house.ledger.appended
    assert set(seen) <= set(await house.cosigned()) | {0}
    for size in await house.cosigned():
        note = (await house.proofs.cosigned(LOG, size)).note
        assert house.policy.open(note).checkpoint.size == size
    assert await house.findings() == []


@pytest.mark.parametrize("moment", range(3, 30, 6))
async def test_a_fork_behind_a_death_is_not_cosigned(house: Witnessed, moment: int) -> None:
    """House: ADR-0022: whoever kills audit and rolls back a log gets no second root for its size."""
    async with running(house.ledger.sealer()), house.watching() as watch:
        await house.grow(5)
        await watch.round()
    before = house.ledger.folder.with_name("before")
    copytree(house.ledger.folder, before)
    async with running(house.ledger.sealer()):
        await house.grow(5)
    await lived_through(house, moment)
    first = await texts(house)
    await rolled_back(house.ledger, 5)
    rmtree(house.ledger.folder)
    copytree(before, house.ledger.folder)
    for number in range(5):
        write = Write(f"other-{number}", (opened,), 0)
        await house.ledger.house.log.append([write], cause=cause(9_000 + number))
    async with running(house.ledger.sealer()):
        await house.ledger.sealed(10)
    async with house.watching() as watch:
        await watch.round()
        await watch.round()
    for size, found in (await texts(house)).items():
        assert len(found | first.get(size, set())) == 1
    assert [kind for kind, _ in kinds(await house.findings())] in (["fork"], ["root"])

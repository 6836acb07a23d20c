"""C2SP tlog-witness, "add-checkpoint", as specified; and what audit asks beyond it."""

import asyncio
from dataclasses import replace
from hashlib import shake_256
from uuid import UUID

import httpx2
import pytest

from services.audit.witness.api import BUSY, FINDING_READERS
from services.audit.witness.submitting import IN_WORK_MAX
from shared.contracts.roles import Role
from shared.ledger import (
    EMPTY_ROOT,
    AddCheckpoint,
    Checkpoint,
    SigningKey,
    parse_checkpoint,
    parse_note,
    policy_text,
    private_key,
    sign_checkpoint,
    signatures_from,
)
from shared.ledger.lines import from_base64
from shared.ledger.signer import KEY
from tests.audit.witness.house import LOG, Witnessed, kinds
from tests.auth.issuer import claims, token
from tests.ledger.foreign.answers import Foreign
from tests.ledger.samples import STRANGER
from tests.ledger.sealing import running

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SIZES = (4, 8, 10)
FUZZED = 400
WAIT_S = 10.0


@pytest.fixture
async def log(house: Witnessed) -> Witnessed:
    """A log that was sealed at ``SIZES`` and is mirrored; nothing is cosigned yet."""
    async with running(house.ledger.sealer()):
        for size in SIZES:
            await house.grow(size - house.ledger.appended)
    return house


def forged(house: Witnessed, said: Checkpoint, key: SigningKey | None = None) -> bytes:
    """Return ``said`` signed by the log itself, or by ``key``."""
    text = (house.ledger.folder / KEY).read_text().strip()
    own = SigningKey(said.origin, private_key(from_base64(text, "a key")))
    return sign_checkpoint(said, key or own).encode()


async def said_at(house: Witnessed, size: int) -> Checkpoint:
    """Return what the log signed at ``size``."""
    return parse_checkpoint(parse_note(await house.note(size)).text)


async def post(http: httpx2.AsyncClient, wish: AddCheckpoint | bytes) -> httpx2.Response:
    """Ask for a cosignature."""
    body = wish if isinstance(wish, bytes) else wish.encode()
    return await http.post("/add-checkpoint", content=body)


def require_stale(answer: httpx2.Response, size: int) -> None:
    """Fail unless the answer is a 409 as specified."""
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "text/x.tlog.size"
    assert answer.content == f"{size}\n".encode()


def bearer(role: Role) -> dict[str, str]:
    """Return the header of somebody in ``role``."""
    return {"Authorization": f"Bearer {token(claims(role))}"}


async def test_a_log_asks_and_gets_cosignatures(log: Witnessed, go: Foreign) -> None:
    """200: lines to be put behind the log's own; Go accepts the whole under a quorum."""
    async with log.asked() as http:
        before = 0
        for size in SIZES:
            answer = await post(http, await log.wish(before, size))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            whole = await log.note(size) + answer.content
            assert log.policy.open(whole).checkpoint.size == size
            assert go.accepts("checkpoint_under", policy=policy_text(log.policy), data=whole)
            assert len(signatures_from(answer.text)) == 1
            before = size
        again = await post(http, await log.wish(10, 10))
        assert again.status_code == 200
        assert log.policy.open(await log.note(10) + again.content).checkpoint.size == 10
    assert await log.cosigned() == list(SIZES)
    assert await log.findings() == []


async def test_a_wish_from_another_size_is_told_where_to_start(log: Witnessed) -> None:
    """409: the size as the body; also 0 before anything was cosigned."""
    async with log.asked() as http:
        require_stale(await post(http, await log.wish(4, 8)), 0)
        assert (await post(http, await log.wish(0, 8))).status_code == 200
        for old, new in ((0, 8), (4, 8), (0, 4), (4, 10)):
            require_stale(await post(http, await log.wish(old, new)), 8)
        assert (await post(http, await log.wish(8, 10))).status_code == 200
    assert await log.cosigned() == [8, 10]
    assert await log.findings() == []


async def test_a_bad_proof_is_refused_and_is_no_fault_of_the_log(log: Witnessed) -> None:
    """422: anybody may send rubbish with a true checkpoint; that accuses nobody."""
    async with log.asked() as http:
        assert (await post(http, await log.wish(0, 4))).status_code == 200
        good = await log.wish(4, 10)
        for proof in ((), good.proof[:-1], (*good.proof, bytes(32)), (bytes(32), *good.proof[1:])):
            answer = await post(http, replace(good, proof=proof))
            assert (answer.status_code, answer.json()["code"]) == (422, "checkpoint_inconsistent")
        first = await post(http, replace(good, old_size=0))
        require_stale(first, 4)
    assert await log.cosigned() == [4]
    assert await log.findings() == []


async def test_two_roots_at_one_size_are_evidence(log: Witnessed) -> None:
    """422 when the old size is the new one and the root is another; the finding is kept."""
    async with log.asked() as http:
        assert (await post(http, await log.wish(0, 8))).status_code == 200
        other = replace(await said_at(log, 8), root=bytes(32))
        for _ in range(2):
            answer = await post(http, AddCheckpoint(8, (), forged(log, other)))
            assert answer.status_code == 422
        gossip = replace(await said_at(log, 4), root=bytes(32))
        require_stale(await post(http, AddCheckpoint(0, (), forged(log, gossip))), 8)
    assert kinds(await log.findings()) == [("fork", 8), ("fork", 4)]
    assert await log.cosigned() == [8]


async def test_only_what_the_mirror_bears_out_is_cosigned(log: Witnessed) -> None:
    """House: ADR-0022: 422 although the proof holds: from nothing, everything seems to grow."""
    true = await said_at(log, 8)
    async with log.asked() as http:
        for wrong in (replace(true, root=bytes(32)), replace(true, extensions=())):
            answer = await post(http, AddCheckpoint(0, (), forged(log, wrong)))
            assert answer.status_code == 422
    assert kinds(await log.findings()) == [("root", 8), ("heads", 8)]
    assert await log.cosigned() == []


async def test_an_empty_log_with_a_root_is_refused(log: Witnessed) -> None:
    """422: size 0 has the root of nothing."""
    true = await said_at(log, 4)
    async with log.asked() as http:
        wrong = replace(true, size=0, root=bytes(32))
        assert (await post(http, AddCheckpoint(0, (), forged(log, wrong)))).status_code == 422
        assert EMPTY_ROOT not in {true.root, bytes(32)}
    assert await log.cosigned() == []


async def test_what_is_ahead_of_the_mirror_is_asked_again_later(house: Witnessed) -> None:
    """House: ADR-0022: 503 with Retry-After; and 200 as soon as the records are here.

    So is whoever asks while as many as may be are waiting: anybody may ask, and each costs something.
    """
    async with running(house.ledger.sealer()):
        await house.grow(4)
        await house.grow(4, mirrored=False)
    wish = await house.wish(0, 8)
    async with house.asked() as http:
        answer = await post(http, wish)
        assert (answer.status_code, answer.json()["code"]) == (503, "checkpoint_not_mirrored")
        assert answer.headers["retry-after"]
    async with house.asked(wait_s=30) as http, asyncio.TaskGroup() as group:
        waiting = [group.create_task(post(http, wish)) for _ in range(IN_WORK_MAX)]
        await asyncio.sleep(0.3)
        much = await post(http, wish)
        assert (much.status_code, much.json()["detail"], much.headers["retry-after"]) == (
            *(503, BUSY),
            "1",
        )
        await house.mirror()
    answers = {each.result().status_code for each in waiting}
    assert 200 in answers
    assert answers <= {200, 409}
    assert await house.cosigned() == [8]
    assert await house.findings() == []


async def test_logs_and_keys_that_are_not_known(log: Witnessed) -> None:
    """404 for the origin, 403 for no known signature and for a false one."""
    true = await said_at(log, 8)
    unknown = replace(true, origin="example.org/asf/other")
    stranger = SigningKey(true.origin, STRANGER.private)
    other = SigningKey(unknown.origin, STRANGER.private)
    signed = forged(log, true)
    line = signed.rindex(b" ") + 10
    flipped = (
        signed[:line] + (b"A" if signed[line : line + 1] != b"A" else b"B") + signed[line + 1 :]
    )
    async with log.asked() as http:
        for note, status, code in (
            (forged(log, unknown, other), 404, "log_unknown"),
            (forged(log, true, stranger), 403, "checkpoint_untrusted"),
            (flipped, 403, "checkpoint_untrusted"),
        ):
            answer = await post(http, AddCheckpoint(0, (), note))
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await log.findings() == []
    assert await log.cosigned() == []


async def test_what_is_no_wish(log: Witnessed) -> None:
    """400, also for an old size above the new one; too much is not read to its end."""
    good = await log.wish(0, 8)
    note = good.checkpoint
    async with log.asked() as http:
        for body in (
            *(b"", b"old 0\n", b"old 0\n\n", b"old 0" + note, b"old 00\n\n" + note, b"\xff" * 99),
            *(b"old -1\n\n" + note, b"old 9\n\n" + note, b"old 0\nAAAA\n\n" + note),
            b"old 8\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + note,
            b"old 0\n\n" + note[:-1],
        ):
            answer = await post(http, body)
            assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed"), body
        much = await post(http, b"old 0\n\n" + b"x" * 100_000)
        assert (much.status_code, much.json()["code"]) == (413, "body_too_large")
    assert await log.cosigned() == []


def spoilt(body: bytes, seed: int) -> bytes:
    """Return ``body`` with one to three things wrong in it, always the same for one seed."""
    spoiled = bytearray(body)
    chance = shake_256(seed.to_bytes(4, "big")).digest(64)
    for step in range(1 + chance[0] % 3):
        how, place, length, *rest = chance[1 + 20 * step : 21 + 20 * step]
        at = (place * 257 + length) % len(spoiled)
        match how % 4:
            case 0:
                spoiled[at] ^= 1 << length % 8
            case 1:
                del spoiled[at : at + 1 + length % 40]
            case 2:
                spoiled[at:at] = bytes(rest[: 1 + length % 17])
            case _:
                spoiled[at:at] = spoiled[: 1 + length]
    return bytes(spoiled)


async def test_whatever_is_sent_gets_an_answer_and_no_false_cosignature(log: Witnessed) -> None:
    """House: public and unauthenticated, so every byte may be anything; seeded, so it can be repeated."""
    wishes = [(await log.wish(old, new)).encode() for old, new in ((0, 8), (4, 8), (8, 10))]
    async with log.asked() as http:
        assert (await post(http, await log.wish(0, 4))).status_code == 200
        for seed in range(FUZZED):
            answer = await post(http, spoilt(wishes[seed % len(wishes)], seed))
            assert answer.status_code in {200, 400, 403, 404, 409, 422}
            if answer.status_code == 200:  # the signatures of others are passed over
                assert signatures_from(answer.text)
    for size in await log.cosigned():
        note = (await log.proofs.cosigned(LOG, size)).note
        assert log.policy.open(note).checkpoint == await said_at(log, size)
    assert await log.findings() == []


async def test_many_at_once_are_cosigned_in_one_order(log: Witnessed) -> None:
    """C2SP tlog-witness: the old size is compared and the new one kept in one step."""
    wishes = [await log.wish(0, size) for size in SIZES] * 4
    async with log.asked() as one, log.asked() as other, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(post((one, other)[at % 2], wish)) for at, wish in enumerate(wishes)
        ]
    answers = [task.result() for task in tasks]
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    (cosigned,) = await log.cosigned()
    for wish, answer in zip(wishes, answers, strict=True):
        assert (
            answer.status_code != 200
            or parse_checkpoint(parse_note(wish.checkpoint).text).size == cosigned
        )
        if answer.status_code == 409:
            require_stale(answer, cosigned)
    assert await log.findings() == []


async def test_who_waits_for_the_mirror_while_others_are_cosigned_is_stale(
    house: Witnessed,
) -> None:
    """C2SP tlog-witness: the old size must be that of what was cosigned last when it is kept."""
    async with running(house.ledger.sealer()):
        await house.grow(4)
        await house.grow(4, mirrored=False)
    async with house.asked(wait_s=WAIT_S) as http, asyncio.TaskGroup() as group:
        waiting = group.create_task(post(http, await house.wish(0, 8)))
        assert (await asyncio.wait((waiting,), timeout=WAIT_S / 10))[1], "it waits for the mirror"
        assert (await post(http, await house.wish(0, 4))).status_code == 200
        await house.mirror()
    require_stale(waiting.result(), 4)
    assert await house.cosigned() == [4]


async def test_the_witness_and_what_it_cosigned_are_public(log: Witnessed) -> None:
    """C2SP tlog-mirror's prefixes: by the hash of the origin; kept for ever, byte for byte."""
    async with log.asked() as http:
        before = (await http.get("/v1/witness")).json()
        assert before["logs"][0]["size"] is None
        of = before["logs"][0]["origin_hash"]
        assert (await http.get(f"/v1/witness/{of}/checkpoint")).status_code == 404
        for old, new in ((0, 4), (4, 8)):
            await post(http, await log.wish(old, new))
        after = (await http.get("/v1/witness")).json()
        assert after["logs"] == [
            {"log": LOG, "origin": log.ledger.origin, "origin_hash": of, "size": 8}
        ]
        assert after["name"] == "example.org/asf/witness"
        assert after["verifier_keys"] == [key.vkey for key in log.policy.witnesses.values()]
        latest = await http.get(f"/v1/witness/{of}/checkpoint")
        assert latest.headers["cache-control"] == "no-cache"
        assert log.policy.open(latest.content).checkpoint.size == 8
        for size in (4, 8):
            kept = await http.get(f"/v1/witness/{of}/checkpoints/{size}")
            assert "immutable" in kept.headers["cache-control"]
            assert log.policy.open(kept.content).checkpoint == await said_at(log, size)
        for path in (f"{of}/checkpoints/5", f"{'0' * 64}/checkpoint"):
            assert (await http.get(f"/v1/witness/{path}")).status_code == 404


async def test_evidence_is_for_whoever_reads_findings(log: Witnessed) -> None:
    """SOD-15: as the list of findings; a finding without a file is 404."""
    true = await said_at(log, 8)
    async with log.asked() as http:
        await post(http, AddCheckpoint(0, (), forged(log, replace(true, root=bytes(32)))))
        (found,) = await log.findings()
        path = f"/v1/findings/{found.finding_id}/evidence"
        assert (await http.get(path)).status_code == 401
        answers = {role: await http.get(path, headers=bearer(role)) for role in Role}
        readers = {role for role, answer in answers.items() if answer.status_code == 200}
        assert readers == set(FINDING_READERS)
        assert answers[Role.AUDITOR].json() == await log.evidence(found.finding_id)
        assert answers[Role.APPLICANT].status_code == 403
        nothing = f"/v1/findings/{UUID(int=1)}/evidence"
        assert (await http.get(nothing, headers=bearer(Role.AUDITOR))).status_code == 404

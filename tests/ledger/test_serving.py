"""C2SP tlog-tiles over HTTP: what a client that others wrote needs, and who may read records."""

from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from shared.contracts.roles import Role
from shared.ledger import (
    Bundle,
    Tile,
    leaf_hash,
    leaves_in,
    new_tiles,
    parse_record_proof,
    policy_text,
    verify_consistency,
    verify_record,
)
from shared.testing.memory import MemoryAccessLog
from shared.web import LEDGER_OPERATIONS, Edge, create_app, ledger_routes
from shared.web.ledger import ENTRY_READERS
from tests.auth.issuer import NOW, authenticator, claims, token
from tests.ledger.foreign.answers import Foreign
from tests.ledger.samples import tiles_over
from tests.ledger.sealing import Sealing, running

pytestmark = pytest.mark.integration

RECORDS = 300
FOR_EVER = "public, max-age=31536000, immutable"


NOWHERE = (
    "/tile/0/001",
    "/tile/0/001.p/45",
    "/tile/2/000.p/1",
    "/tile/0/1",
    "/tile/0/000.p/256",
    "/tile/00/000",
    "/tile/8/000",
    "/tile/63/000",
    "/tile/0/x001/000",
    "/tile/0/x999/x999/x999/x999/x999/x999/999",
    "/tile/0/000/",
    "/tile/0",
    "/tile/",
)
"""Paths of no tile of the log."""

UNPROVED = (
    (f"/v1/ledger/proofs/{RECORDS + 1}", 404, "not_sealed"),
    ("/v1/ledger/proofs/0", 422, "request_malformed"),
    ("/v1/ledger/proofs/9223372036854775808", 422, "request_malformed"),
    ("/v1/ledger/proofs/one", 422, "request_malformed"),
    ("/v1/ledger/consistency?old=5&new=4", 400, "request_malformed"),
    (f"/v1/ledger/consistency?old=5&new={RECORDS + 1}", 404, "not_sealed"),
    ("/v1/ledger/consistency?old=-1&new=4", 422, "request_malformed"),
    ("/v1/ledger/consistency?new=4", 422, "request_malformed"),
    ("/access/checkpoint", 404, "not_sealed"),
    ("/access/v1/ledger/proofs/1", 404, "not_sealed"),
    ("/access/tile/0/000.p/1", 404, "not_found"),
)
"""What is asked in vain, with the status and code of the answer."""


@dataclass(frozen=True, slots=True)
class Served:
    """A ledger that is served.

    Attributes:
        access: What was kept about whoever read.
    """

    ledger: Sealing
    http: httpx2.AsyncClient
    access: MemoryAccessLog

    async def get(self, path: str, *roles: Role) -> httpx2.Response:
        """Return the answer to whoever has ``roles``; without any: no token."""
        said = {"Authorization": f"Bearer {token(claims(*roles))}"} if roles else {}
        return await self.http.get(path, headers=said)


@pytest.fixture
async def served(ledger: Sealing) -> AsyncIterator[Served]:
    """A log of ``RECORDS`` records, sealed at 10 and at the end."""
    async with running(ledger.sealer()):
        for size in (10, RECORDS):
            await ledger.append(size - ledger.appended)
            await ledger.sealed(size)
    access = MemoryAccessLog()
    edge = Edge(
        authenticator=authenticator(),
        operations=LEDGER_OPERATIONS,
        access=access,
        now=lambda: NOW,
        ledgers=ledger.house.pool,
    )
    app = create_app("Ledger", routers=[ledger_routes(edge)], operations=LEDGER_OPERATIONS)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://house"
    ) as http:
        yield Served(ledger, http, access)


async def test_a_checkpoint_is_a_note_of_this_moment(served: Served) -> None:
    """C2SP tlog-tiles, "Checkpoints": plain text, and nobody keeps it as if it were the last."""
    answer = await served.get("/checkpoint")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert served.ledger.policy.open(answer.content).checkpoint.size == RECORDS


async def test_old_checkpoints_stay(served: Served) -> None:
    """Section 7: kept for ever, each at its size."""
    answer = await served.get("/v1/ledger/checkpoints/10")
    assert served.ledger.policy.open(answer.content).checkpoint.size == 10
    assert answer.headers["cache-control"] == FOR_EVER
    assert (await served.get("/v1/ledger/checkpoints/9")).status_code == 404


async def test_every_tile_is_at_its_path(served: Served) -> None:
    """C2SP tlog-tiles: of the present size and of those before; content that never changes."""
    tree = [leaf_hash(leaf) for leaf in await served.ledger.leaves()]
    for size in (10, 256, RECORDS):
        _, tiles = tiles_over(tree[:size])
        for tile in new_tiles(0, size):
            answer = await served.get(f"/{tile.path}")
            assert (answer.status_code, answer.content) == (200, tiles[tile])
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["cache-control"] == FOR_EVER


async def test_what_is_not_there_is_not_there(served: Served) -> None:
    """C2SP tlog-tiles: one path for each tile, and none beyond the log."""
    for path in NOWHERE:
        answer = await served.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_a_client_of_others_reads_the_log_from_what_is_served(
    served: Served, go: Foreign
) -> None:
    """Section 7: Go authenticates each tile against the signed root."""
    opened = served.ledger.policy.open((await served.get("/checkpoint")).content)
    tiles = {
        tile.path: (await served.get(f"/{tile.path}")).content
        for tile in new_tiles(0, opened.checkpoint.size)
    }
    known = {"size": opened.checkpoint.size, "root": opened.checkpoint.root}
    for index in (0, 255, 256, RECORDS - 1):
        answer = go.ask("read", **known, index=index, tiles=tiles)
        assert b64decode(answer["leaf_hash"]) == leaf_hash((await served.ledger.leaves())[index])


async def test_entries_are_the_records_for_who_may_read_them(served: Served, go: Foreign) -> None:
    """C2SP tlog-tiles, "Log entries": exact bytes, for auditors and services; kept privately."""
    leaves = await served.ledger.leaves()
    for bundle in (Bundle(0), Bundle(0, 7), Bundle(1, RECORDS - 256)):
        first = bundle.index * 256
        for role in ENTRY_READERS:
            answer = await served.get(f"/{bundle.path}", role)
            assert answer.status_code == 200
            mine = leaves_in(bundle, answer.content)
            assert list(mine) == leaves[first : first + bundle.width]
            assert answer.headers["cache-control"].startswith("private")
            theirs = go.ask("entries", entries=mine, data=answer.content)
            assert [b64decode(entry) for entry in theirs["entries"]] == list(mine)
    for path in ("/tile/entries/001", "/tile/entries/002", "/tile/entries/0"):
        assert (await served.get(path, Role.AUDITOR)).status_code == 404


async def test_nobody_else_reads_entries_and_whoever_does_is_on_record(served: Served) -> None:
    """GEN-8: 401 and 403 for others; an auditor's reading is remembered, a service's follows a log."""
    path = f"/{Bundle(0, 7).path}"
    assert (await served.get(path)).status_code == 401
    for role in {*Role} - {*ENTRY_READERS}:
        assert (await served.get(path, role)).status_code == 403
    before = len(await served.access.entries())
    await served.get(path, Role.SERVICE)
    assert len(await served.access.entries()) == before
    await served.get(path, Role.AUDITOR)
    entry = (await served.access.entries())[-1].entry
    assert (entry.command, entry.code, entry.stream) == ("read_entries", "read", path[1:])


async def test_a_proof_is_a_file_that_others_accept(served: Served, go: Foreign) -> None:
    """C2SP tlog-proof: public, verified by ours and by theirs."""
    leaves, policy = await served.ledger.leaves(), served.ledger.policy
    for position in (1, 10, 256, 257, RECORDS):
        answer = await served.get(f"/v1/ledger/proofs/{position}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        leaf = leaves[position - 1]
        opened = verify_record(leaf, parse_record_proof(answer.content), policy)
        assert opened.checkpoint.size == RECORDS
        given = {"policy": policy_text(policy), "data": answer.content}
        assert go.accepts("proof", **given, leaf_hash=leaf_hash(leaf))


async def test_growth_is_proved_between_any_two_sizes(served: Served) -> None:
    """RFC 6962 section 2.1.2: what a witness asks for."""
    tree = [leaf_hash(leaf) for leaf in await served.ledger.leaves()]
    for old, new in ((1, 10), (10, RECORDS), (255, 257), (RECORDS, RECORDS)):
        answer = (await served.get(f"/v1/ledger/consistency?old={old}&new={new}")).json()
        assert (answer["old"], answer["new"]) == (old, new)
        verify_consistency(
            *(old, tiles_over(tree[:old])[0].root),
            *(new, tiles_over(tree[:new])[0].root),
            proof=[b64decode(each) for each in answer["hashes"]],
        )
    nothing = await served.get(f"/v1/ledger/consistency?old=0&new={RECORDS}")
    assert nothing.json()["hashes"] == []


async def test_what_cannot_be_proved_is_said_so(served: Served) -> None:
    """RFC 9457: not yet, or never."""
    for path, status, code in UNPROVED:
        answer = await served.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path


async def test_a_record_can_be_proved_from_the_moment_its_checkpoint_is_there(
    served: Served,
) -> None:
    """Section 7: one that is in the log and not yet sealed is not proved, nor shown."""
    await served.ledger.append(1)
    position = RECORDS + 1
    assert (await served.get(f"/v1/ledger/proofs/{position}")).status_code == 404
    bundle = Bundle(1, position - 256)
    assert (await served.get(f"/{bundle.path}", Role.AUDITOR)).status_code == 404
    assert (await served.get(f"/{Tile(0, 1, position - 256).path}")).status_code == 404
    async with running(served.ledger.sealer()):
        await served.ledger.sealed(position)
    assert (await served.get(f"/v1/ledger/proofs/{position}")).status_code == 200
    assert (await served.get(f"/{bundle.path}", Role.AUDITOR)).status_code == 200

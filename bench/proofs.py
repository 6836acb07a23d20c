"""An inclusion proof from tiles while the tree grows: what whoever asks for one waits for, at each size.

``python -m bench.proofs`` starts a database of its own. The tree grows as the sealer grows it, a page of
leaf hashes at a time (what a leaf says does not matter to a proof), and its tiles are kept in the ledger of
a service. At each size the proofs of records from all over the log are asked for as the service makes them:
the latest checkpoint, then all tiles in one query; each proof is verified, outside the time that counts. The
figure is the p99 at the largest size over that at the smallest; the peer at each size is reading one
checkpoint by its key over the same connections.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
import uvloop

from bench.settings import BenchSettings
from bench.timing import p99_ms, sizes_to
from deploy.local.stack import Stack
from shared.eventlog.connection import Pool, open_pool
from shared.eventlog.migrate import SchemaText
from shared.ledger import verify_inclusion
from shared.ledger.checkpoint import Checkpoint, sign_checkpoint
from shared.ledger.hashes import leaf_hash
from shared.ledger.keys import SigningKey, private_key
from shared.ledger.proof import RecordProof
from shared.ledger.proving import prove_record
from shared.ledger.store import SCHEMA, Store
from shared.ledger.tiling import Edge
from tests.eventlog.house import fresh_database
from tests.stack import folder_of_its_own, settings_of_its_own

PAGE: Final = 4_096
GROWTH_MAX: Final = 2.0
STRIDE: Final = 7_919
"""A prime: from one position asked for to the next."""

ORIGIN: Final = "asf/bench"
SCHEMAS: Final = (SchemaText("ledger", SCHEMA, writer=None),)


@dataclass(frozen=True, slots=True)
class Measured:
    """p99 in milliseconds, by size."""

    proof_ms: dict[int, float]
    row_ms: dict[int, float]
    asked: int

    def __str__(self) -> str:
        """Return the lines to print."""
        largest, smallest = max(self.proof_ms), min(self.proof_ms)
        growth = self.proof_ms[largest] / self.proof_ms[smallest]
        at = ", ".join(f"{ms:.2f} ms at {size:,}" for size, ms in sorted(self.proof_ms.items()))
        peer = self.proof_ms[largest] / self.row_ms[largest]
        return (
            f"p99 of an inclusion proof from tiles, {largest:,} records / {smallest:,}: {growth:.2f}"
            f" (gate {GROWTH_MAX}; {at}, {self.asked:,} proofs each)\n"
            f"  the same at {largest:,} / one row by its key: {peer:.1f}"
            f" ({self.row_ms[largest]:.2f} ms)"
        )


async def measure(stack: Stack, sizes: tuple[int, ...], *, asked: int) -> Measured:
    """Return what a proof takes at each of ``sizes``, ascending, and what one row does."""
    proofs: dict[int, float] = {}
    rows: dict[int, float] = {}
    key = SigningKey(ORIGIN, private_key(bytes(32)))
    edge = Edge()
    async with (
        fresh_database(stack.postgres_admin_dsn, schemas=SCHEMAS) as database,
        open_pool(database.relay_dsn, name="bench relay", connections_max=1) as sealing,
        open_pool(database.app_dsn, name="bench", connections_max=2) as pool,
    ):
        for size in sizes:
            edge = await _grown(Store(sealing), edge, size)
            note = sign_checkpoint(Checkpoint(ORIGIN, size, edge.root), key)
            await Store(sealing).publish(size, note.encode())
            async with database.as_admin() as admin:
                await admin.execute("VACUUM ANALYZE ledger.tile")
            proofs[size] = await _proved(pool, size, edge.root, asked)
            rows[size] = await p99_ms(_row(pool, size), asked=asked)
    return Measured(proofs, rows, asked)


async def _grown(store: Store, edge: Edge, size: int) -> Edge:
    """Grow the tree to ``size``, and keep its tiles page by page; return its new edge."""
    while edge.size < size:
        leaves = range(edge.size + 1, min(edge.size + PAGE, size) + 1)
        growth = edge.grown([_leaf(position) for position in leaves])
        edge = growth.edge
        await store.keep((*growth.full, *edge.tiles))
    return edge


async def _proved(pool: Pool, size: int, root: bytes, asked: int) -> float:
    """Return the p99 of a proof; each was verified."""
    proofs: list[RecordProof] = []
    store = Store(pool)

    async def prove(number: int) -> None:
        proofs.append(await prove_record(store, number * STRIDE % size + 1))

    taken_ms = await p99_ms(prove, asked=asked)
    for each in proofs:
        leaf = leaf_hash(_leaf_text(each.index + 1))
        verify_inclusion(leaf, each.index, size=size, root=root, proof=each.hashes)
    return taken_ms


def _row(pool: Pool, size: int) -> Callable[[int], Awaitable[None]]:
    """Return how one row is read by its key."""
    store = Store(pool)

    async def read(_: int) -> None:
        assert await store.at(size) is not None

    return read


def _leaf(position: int) -> bytes:
    """Return the leaf hash at a position."""
    return leaf_hash(_leaf_text(position))


def _leaf_text(position: int) -> bytes:
    """Return what stands at a position."""
    return b"%d" % position


def main() -> None:
    """Measure on a stack of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = BenchSettings()
    sizes = sizes_to(settings.history_events)
    with folder_of_its_own() as folder, Stack(settings_of_its_own(folder)) as stack:
        print(uvloop.run(measure(stack, sizes, asked=settings.asked)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

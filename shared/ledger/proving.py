"""Proofs from the tiles that are kept, each in one query for the tiles."""

from shared.ledger.proof import RecordProof
from shared.ledger.reading import consistency_plan, inclusion_plan
from shared.ledger.store import Store


class NotSealed(Exception):  # noqa: N818 -- an answer to who asks, not a fault
    """No checkpoint covers it yet. Ask again in a few seconds."""


async def prove_record(store: Store, position: int) -> RecordProof:
    """Return the proof of the record at ``position``, under the latest checkpoint.

    Raises:
        NotSealed: See there.
        MalformedError: No record has such a position; or a tile is missing.
    """
    latest = await store.latest()
    if latest is None or position > latest.size:
        raise NotSealed
    return RecordProof(position - 1, await inclusion(store, position - 1, latest.size), latest.note)


async def inclusion(store: Store, index: int, size: int) -> tuple[bytes, ...]:
    """Return the inclusion proof of leaf ``index`` in the tree of ``size`` leaves.

    Raises:
        MalformedError: There is no such leaf, or a tile is missing.
    """
    plan = inclusion_plan(index, size)
    return plan.hashes(await store.read(plan.tiles))


async def consistency(store: Store, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` leaves grew from the tree of ``old``.

    Raises:
        MalformedError: ``old`` is 0, or larger than ``new``; or a tile is missing.
    """
    plan = consistency_plan(old, new)
    return plan.hashes(await store.read(plan.tiles))

"""What a bundle needs proved, as the witness proves it; and when its checkpoints cover a case."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, Protocol
from uuid import UUID

from shared.ledger import HeadsProof

POLL_S: Final = 0.1


class Cosigned(Protocol):
    """A checkpoint that audit cosigned."""

    @property
    def size(self) -> int:
        """Return how many records it covers."""
        ...

    @property
    def note(self) -> bytes:
        """Return it byte for byte: the log's signature, and the witness's."""
        ...


class Proving(Protocol):
    """Proofs of the records that audit mirrors, under checkpoints that it cosigned.

    A log is named as its records name it, e.g. ``asf/review``; a position is counted from 1.
    """

    async def latest(self, log: str) -> Cosigned | None:
        """Return what audit cosigned last of ``log``; ``None``: nothing yet."""
        ...

    async def cosigned(self, log: str, size: int) -> Cosigned:
        """Return the checkpoint at exactly ``size``.

        Raises:
            LookupError: Audit cosigned none there.
        """
        ...

    async def inclusions(
        self, log: str, size: int, positions: Collection[int]
    ) -> Mapping[int, tuple[bytes, ...]]:
        """Return the inclusion proof of each of ``positions`` in the tree of ``size``."""
        ...

    async def consistency(self, log: str, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of ``new`` grew from that of ``old``."""
        ...

    async def case(self, log: str, size: int, case: UUID) -> HeadsProof:
        """Return the proof of what ``case`` consists of in ``log``."""
        ...


class NotCovered(Exception):  # noqa: N818 -- an answer to who asks, not a fault
    """No checkpoint of this log that audit cosigned covers the case yet."""


async def covering(
    proving: Proving,
    ends: Mapping[str, int],
    *,
    wait_s: float,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> dict[str, int]:
    """Return for each log the size of a cosigned checkpoint that covers the case's last record.

    Args:
        proving: Asked what was cosigned last.
        ends: By log: position of the last record of the case; 0: it has none there.
        wait_s: How long the next checkpoint is waited for.
        pause: Waits between two looks.

    Raises:
        NotCovered: One log has none in time.
    """
    clock = asyncio.get_running_loop().time
    due_s = clock() + wait_s
    sizes: dict[str, int] = {}
    for log, end in ends.items():
        while (latest := await proving.latest(log)) is None or latest.size < end:
            if clock() >= due_s:
                raise NotCovered(log)
            await pause(POLL_S)
        sizes[log] = latest.size
    return sizes

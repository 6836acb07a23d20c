"""Bundles made from logs in memory: a mirror, a witness and services that say the same as the real ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.audit.bundles.disclosing import visible
from services.audit.bundles.making import Bundles
from services.audit.bundles.records import Kept
from shared.contracts.catalogue import event_of
from shared.contracts.disclosure import auditor_may_see
from shared.contracts.record import decode
from shared.ledger import HeadsProof, consistency_plan, inclusion_plan, leaf_hash, prove_case
from shared.ledger.bundle import Disclosed
from tests.ledger.samples import tiles_over
from tests.verify import g1
from tests.verify.house import Log, read

AUDITOR = UUID(int=41)


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint of a log in memory, signed and cosigned."""

    size: int
    note: bytes


@dataclass(slots=True)
class Witnessed:
    """What a witness of logs in memory proves.

    Attributes:
        logs: By name.
        cosigned_at: By log, how far it is cosigned; all of it where nothing is said.
        looks: How often somebody asked what was cosigned last.
    """

    logs: Mapping[str, Log]
    cosigned_at: dict[str, int | None] = field(default_factory=dict)
    looks: int = 0

    async def latest(self, log: str) -> Published | None:
        """Return what was cosigned last."""
        self.looks += 1
        size = self.cosigned_at.get(log, len(self.logs[log].leaves))
        return None if size is None else await self.cosigned(log, size)

    async def cosigned(self, log: str, size: int) -> Published:
        """Return the checkpoint at ``size``; only multiples of seven, and the last, are there."""
        if size % 7 and size != self.cosigned_at.get(log, len(self.logs[log].leaves)):
            raise LookupError(size)
        return Published(size, self.logs[log].note(size))

    async def inclusions(
        self, log: str, size: int, positions: Collection[int]
    ) -> Mapping[int, tuple[bytes, ...]]:
        """Return inclusion proofs."""
        _, tiles = tiles_over([leaf_hash(leaf) for leaf in self.logs[log].leaves[:size]])
        return {place: read(inclusion_plan(place - 1, size), tiles) for place in positions}

    async def consistency(self, log: str, old: int, new: int) -> tuple[bytes, ...]:
        """Return the consistency proof."""
        _, tiles = tiles_over([leaf_hash(leaf) for leaf in self.logs[log].leaves[:new]])
        return read(consistency_plan(old, new), tiles)

    async def case(self, log: str, size: int, case: UUID) -> HeadsProof:
        """Return the heads of the case."""
        kept = self.logs[log]
        return prove_case(kept.heads(size), str(case), kept.note(size))


@dataclass(slots=True)
class Mirrored:
    """The records of logs in memory.

    Attributes:
        unlisted: Places that are mirrored and that the index does not list yet.
    """

    logs: Mapping[str, Log]
    unlisted: set[tuple[str, int]] = field(default_factory=set)

    async def of_case(self, case: UUID) -> dict[str, tuple[Kept, ...]]:
        """Return the records of a case."""
        return {
            name: tuple(
                Kept(position, leaf, decode(leaf))
                for position, leaf in enumerate(log.leaves, 1)
                if decode(leaf).correlation_id == case and (name, position) not in self.unlisted
            )
            for name, log in self.logs.items()
        }


@dataclass(frozen=True, slots=True)
class Vaults:
    """The vaults of services in memory."""

    pilot: g1.House

    async def of_case(
        self, case: UUID, records: Mapping[str, Sequence[Kept]], *, on_behalf_of: UUID
    ) -> list[Disclosed]:
        """Return what an auditor may see."""
        del case, on_behalf_of
        found: list[Disclosed] = []
        for log, kept in records.items():
            vault = self.pilot.logs[log.removeprefix("asf/")].vault
            for each in kept:
                event = event_of(each.record)
                if event is None or not visible(each):
                    continue
                said = await vault.disclose(
                    each.record.stream, {each.record.version: event}, may=auditor_may_see
                )
                found += [Disclosed(log, each.position, s.field, s.salt, s.value) for s in said]
        return found


@dataclass(frozen=True, slots=True)
class Made:
    """Bundles, and what they are made from."""

    bundles: Bundles
    witness: Witnessed
    mirror: Mirrored


def over(pilot: g1.House, *, wait_s: float = 0.0) -> Made:
    """Return what makes bundles of the pilot round."""
    logs = {log.name: log for log in pilot.shown}
    witness, mirror = Witnessed(logs), Mirrored(logs)
    return Made(Bundles(mirror, witness, Vaults(pilot), wait_s), witness, mirror)

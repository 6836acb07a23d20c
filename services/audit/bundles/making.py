"""The bundle of a case: gathered from mirror, witness and services, the same bytes every time.

Form: docs/bundle.md; what becomes files stands in ``shared.ledger.bundle``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.audit.bundles.disclosing import Disclosing
from services.audit.bundles.proving import Proving, covering
from services.audit.bundles.records import RECORDS_MAX, CaseRecords, Kept, ends_of, up_to
from shared.ledger import DisprovedError, HeadsProof, Part, check_complete, leaf_hash
from shared.ledger.bundle import CaseInLog, Older, bundle_files, bundle_zip
from shared.ledger.heads import case_key


class CaseUnknown(LookupError):  # noqa: N818 -- an answer to who asks
    """No log has a record of such a case."""


class TooLarge(Exception):  # noqa: N818 -- an answer to who asks
    """The case has more records than one bundle holds."""


class NotWhole(Exception):  # noqa: N818 -- it will be, or the watch for gaps says why not
    """The mirror's index does not list all records yet that the heads of the case count."""


class NotKept(LookupError):  # noqa: N818 -- an answer to who asks
    """Audit cosigned no checkpoint of that log at that size, or one that is not older."""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle.

    Attributes:
        sizes: Of the checkpoints that everything is proved at, by log.
        records: How many it holds.
    """

    data: bytes
    sizes: Mapping[str, int]
    records: int


@dataclass(frozen=True, slots=True)
class Bundles:
    """Makes bundles.

    Attributes:
        wait_s: How long a checkpoint is waited for that covers the case's last record.
    """

    records: CaseRecords
    proving: Proving
    disclosing: Disclosing
    wait_s: float

    async def sizes(self, case: UUID) -> dict[str, int]:
        """Return at which checkpoints the bundle of ``case`` can be made now.

        Raises:
            CaseUnknown: See there.
            TooLarge: See there.
            NotCovered: A log has none in time.
        """
        records = await self.records.of_case(case)
        count = sum(map(len, records.values()))
        if count == 0:
            raise CaseUnknown(str(case))
        if count > RECORDS_MAX:
            raise TooLarge(str(count))
        return await covering(self.proving, ends_of(records), wait_s=self.wait_s)

    async def made(
        self,
        case: UUID,
        sizes: Mapping[str, int],
        *,
        saved: Mapping[str, Sequence[int]],
        on_behalf_of: UUID,
    ) -> Made:
        """Return the bundle of ``case`` at the cosigned checkpoints of ``sizes``.

        Args:
            case: Its id.
            sizes: By log; every log of the house.
            saved: Sizes of earlier checkpoints, by log, from which growth is to be shown.
            on_behalf_of: Whoever asks; what they may see is disclosed.

        Raises:
            NotKept: One of ``saved`` is none.
            NotWhole: See there. What is not whole leaves nobody's hands.
            SourceUnreachable: A service does not say what it discloses.
        """
        records = up_to(await self.records.of_case(case), sizes)
        logs = [
            await self._in_log(log, size, case, records[log], saved.get(log, ()))
            for log, size in sizes.items()
        ]
        disclosed = await self.disclosing.of_case(case, records, on_behalf_of=on_behalf_of)
        files = await asyncio.to_thread(bundle_files, str(case), logs, disclosed)
        return Made(
            data=await asyncio.to_thread(bundle_zip, files),
            sizes=sizes,
            records=sum(map(len, records.values())),
        )

    async def _in_log(
        self, log: str, size: int, case: UUID, kept: Sequence[Kept], saved: Sequence[int]
    ) -> CaseInLog:
        """Return what one log has of the case, proved."""
        positions = [each.position for each in kept]
        heads = await self.proving.case(log, size, case)
        _require_whole(str(case), heads, kept)
        return CaseInLog(
            log=log,
            size=size,
            records={each.position: each.leaf for each in kept},
            proofs=await self.proving.inclusions(log, size, positions),
            heads=heads,
            older={old: await self._older(log, old, size) for old in sorted({*saved} - {size})},
        )

    async def _older(self, log: str, old: int, size: int) -> Older:
        """Return an earlier checkpoint, and how the log grew from it."""
        if not 0 < old < size:
            raise NotKept(f"{log} at {old}")
        try:
            note = (await self.proving.cosigned(log, old)).note
        except LookupError as error:
            raise NotKept(f"{log} at {old}") from error
        return Older(note, await self.proving.consistency(log, old, size))


def _require_whole(case: str, heads: HeadsProof, kept: Sequence[Kept]) -> None:
    """ADR-0018: do nothing when ``kept`` are all records that the heads of ``case`` count.

    Raises:
        NotWhole: One is missing.
    """
    own = [each.head for each in heads.shown if each.head.case == case_key(case)]
    parts = [Part(each.record.stream, each.record.version, leaf_hash(each.leaf)) for each in kept]
    try:
        check_complete(case, own, parts)
    except DisprovedError as error:
        raise NotWhole(str(error)) from error

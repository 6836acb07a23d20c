"""How an export gets on record before it leaves, and what a repeated question finds there (AUD-2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID

import orjson

from services.audit.bundles.making import Made
from services.audit.commands import MakeExport
from services.audit.views.as_of import Extent, vector_from, vector_parts
from shared.contracts.audit import ExportMade
from shared.eventlog import Handler
from shared.web import Caller

BUNDLE: Final = "bundle"
Sizes: TypeAlias = Mapping[str, int]
"""Of checkpoints, by log."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Puts exports on record. The id of an export is that of the command that asked for it."""

    handler: Handler
    now: Callable[[], datetime]

    async def known(self, by: Caller) -> Sizes | None:
        """Return at which checkpoints the same question was answered before; ``None``: it was not.

        Raises:
            CommandReused: The key was used for another question.
        """
        cause = by.cause
        answer = await self.handler.log.recall(cause.command_id, digest=cause.digest)
        return None if answer is None else await self._sizes(cause.command_id)

    async def record(self, by: Caller, case: UUID, made: Made) -> Sizes:
        """AUD-2: put on record that ``made`` leaves; return the checkpoints that are on record.

        They are others than those of ``made`` when the same question was asked twice at once.
        """
        cause = replace(by.cause, correlation_id=case)
        command = MakeExport(
            export_id=cause.command_id,
            case=case,
            format=BUNDLE,
            query_hash=query_hash(case),
            as_of=vector_parts({log: Extent(size) for log, size in made.sizes.items()}),
            records=made.records,
            content_hash=sha256(made.data).hexdigest(),
            at=self.now(),
        )
        await self.handler.put(f"export-{cause.command_id}", command, cause)
        return await self._sizes(cause.command_id)

    async def _sizes(self, export_id: UUID) -> Sizes:
        """Return the checkpoints of an export that is on record."""
        history = await self.handler.log.load(f"export-{export_id}")
        (made,) = history.events
        assert isinstance(made, ExportMade)
        vector = vector_from(", ".join(made.as_of))
        return {log: extent.size for log, extent in vector.items()}


def query_hash(case: UUID) -> str:
    """AUD-2: return the SHA-256 of the question in one form, RFC 8785."""
    question = {"case": str(case), "format": BUNDLE}
    return sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()

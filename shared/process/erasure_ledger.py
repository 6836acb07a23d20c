"""Which keys were ever erased: a file beside the signer's memory, outside the database. House: ADR-0024.

``<ledger folder>/<service>/erasures``, one JSON object a line, oldest first. A line is on disk
before anything is deleted, and none is ever taken away: a backup knows nothing of the erasures
after it, and this file does.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.contracts.base import Instant
from shared.contracts.erasure import Basis
from shared.ledger.signer import write_durably

FILE: Final = "erasures"


class LedgerBroken(Exception):  # noqa: N818 -- an answer to the operator
    """The file cannot be read, or a line of it is no erasure, or names a key that is not its subject's.

    Put the file back from its copy: nothing starts before.
    """


class Erasure(BaseModel):
    """That a key is to be erased, and by then has been. No text and no name.

    Attributes:
        key_id: What is erased; the same subject's later key is another.
        subject_id: Whose key.
        decided_by: Pseudonym of whoever decided it.
        entered_at: When it came into this file.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: UUID
    subject_id: UUID
    basis: Basis
    decided_by: UUID
    entered_at: Instant


class ErasureLedger:
    """The file of one service. Who writes it has asked the others to wait."""

    def __init__(self, ledger_folder: Path, service: str) -> None:
        self._place = ledger_folder / service / FILE

    def entries(self) -> tuple[Erasure, ...]:
        """Return every erasure, oldest first; none where there is no file yet.

        Raises:
            LedgerBroken: See there.
        """
        try:
            lines = self._place.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LedgerBroken(f"{FILE} cannot be read: {error.strerror}") from error
        return tuple(_entry(number, line) for number, line in enumerate(lines, start=1))

    def of(self, subject: UUID) -> tuple[tuple[datetime, Basis], ...]:
        """Return when ``subject`` was erased, and why, oldest first."""
        return tuple(
            (each.entered_at, each.basis) for each in self.entries() if each.subject_id == subject
        )

    def add(self, erasures: Iterable[Erasure]) -> None:
        """Have ``erasures`` on disk by the time this returns; a key that is there keeps its line.

        The file is whole at any moment: it is replaced by itself and the new lines.
        """
        known = {each.key_id: each for each in self.entries()}
        fresh = {each.key_id: each for each in erasures if each.key_id not in known}
        if not fresh:
            return
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [each.model_dump_json() for each in (*known.values(), *fresh.values())]
        write_durably(self._place, "".join(f"{line}\n" for line in lines).encode())


def _entry(number: int, line: bytes) -> Erasure:
    """Return the erasure in a line."""
    try:
        return Erasure.model_validate_json(line)
    except ValidationError as error:
        raise LedgerBroken(f"line {number} of {FILE} is no erasure") from error

"""Which keys were ever erased: a file beside the signer's memory, outside the database. House: ADR-0024.

``<ledger folder>/<service>/erasures``, one JSON object a line: a heading, made with the log, then the
erasures, oldest first. A line is on disk before anything is deleted, and none is ever taken away: a
backup knows nothing of the erasures after it, and this file does. So a file that is missing is not
one without erasures.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
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


class ErasuresForgotten(LedgerBroken):
    """There is no file. Only a log without a past begins one; see docs/operations.md, Erasure."""


class OrderDiffers(Exception):  # noqa: N818 -- an answer to the operator
    """An order of this id was entered here, and says something else."""


class ErasureOrder(NamedTuple):
    """What is to be erased, why, and who decided it.

    Attributes:
        subject: UUID of the person, case or group.
        decided_by: Pseudonym of whoever decided it.
        order_id: The same in every service that it is carried out in (PM-20); ``None``: in one.
    """

    subject: UUID
    basis: Basis
    decided_by: UUID
    order_id: UUID | None = None


class _Heading(BaseModel):
    """Whose erasures the file holds, so that no other service's file and no empty one passes for it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    erasures_of: str
    begun_at: Instant


class Erasure(BaseModel):
    """That a key is to be erased, and by then has been. No text and no name.

    Attributes:
        key_id: What is erased; the same subject's later key is another.
        subject_id: Whose key.
        decided_by: Pseudonym of whoever decided it.
        entered_at: When it came into this file.
        order_id: The order over all services that it belongs to (PM-20); ``None``: to none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: UUID
    subject_id: UUID
    basis: Basis
    decided_by: UUID
    entered_at: Instant
    order_id: UUID | None = None


class ErasureLedger:
    """The file of one service. Who writes it has asked the others to wait."""

    def __init__(self, ledger_folder: Path, service: str) -> None:
        self._place = ledger_folder / service / FILE
        self._service = service

    @property
    def begun(self) -> bool:
        """Return whether there is a file, whatever is in it."""
        return self._place.exists()

    def begin(self, at: datetime, erasures: Iterable[Erasure] = ()) -> None:
        """Make the file, with ``erasures`` in it. Whoever asks for it knows that there is none."""
        heading = _Heading(erasures_of=self._log, begun_at=at)
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write([_line(heading), *map(_line, erasures)])

    def entries(self) -> tuple[Erasure, ...]:
        """Return every erasure, oldest first.

        Raises:
            ErasuresForgotten: See there.
            LedgerBroken: See there.
        """
        return tuple(_entry(number, line) for number, line in enumerate(self._lines()[1:], start=2))

    def of(self, subject: UUID) -> tuple[Erasure, ...]:
        """Return the erasures of ``subject``, oldest first."""
        return tuple(each for each in self.entries() if each.subject_id == subject)

    def entered(self, order: ErasureOrder) -> Erasure | None:
        """PM-20: return what was entered here for ``order``; ``None``: nothing, or it has no id.

        Raises:
            OrderDiffers: See there.
        """
        if order.order_id is None:
            return None
        for each in self.entries():
            if each.order_id == order.order_id:
                if (each.subject_id, each.basis, each.decided_by) != order[:3]:
                    raise OrderDiffers(
                        f"order_differs: {each.order_id} is to erase {each.subject_id},"
                        f" {each.basis}, as {each.decided_by} decided"
                    )
                return each
        return None

    def require_own(self, order: ErasureOrder, key_id: UUID) -> None:
        """PM-20: refuse ``order`` where the same key was entered for another, and is not gone yet.

        Raises:
            OrderDiffers: It was; nothing would say then that this order was carried out.
        """
        for each in self.entries():
            if each.key_id == key_id and order.order_id not in {None, each.order_id}:
                first = f"order {each.order_id}" if each.order_id else "an order without an id"
                raise OrderDiffers(f"order_differs: {first} has begun to erase it; finish that one")

    def add(self, erasures: Iterable[Erasure]) -> None:
        """Have ``erasures`` on disk by the time this returns; a key that is there keeps its line.

        The file is whole at any moment: it is replaced by itself and the new lines.
        """
        known = {each.key_id for each in self.entries()}
        fresh = {each.key_id: each for each in erasures if each.key_id not in known}
        if fresh:
            self._write([*self._lines(), *map(_line, fresh.values())])

    @property
    def _log(self) -> str:
        """The name of the log, as the heading has it."""
        return f"asf/{self._service}"

    def _lines(self) -> list[bytes]:
        """Return the lines of the file; the first is a heading of ours."""
        try:
            lines = self._place.read_bytes().splitlines()
        except FileNotFoundError as error:
            raise ErasuresForgotten(
                f"there is no ledger of erasures of {self._log};"
                f" run: python -m services.{self._service}.main migrate"
            ) from error
        except OSError as error:
            raise LedgerBroken(f"{FILE} cannot be read: {error.strerror}") from error
        if not lines or _erasures_of(lines[0]) != self._log:
            raise LedgerBroken(f"line 1 of {FILE} is not the heading of {self._log}")
        return lines

    def _write(self, lines: Iterable[bytes]) -> None:
        """Have ``lines`` on disk, all of them or none."""
        write_durably(self._place, b"".join(line + b"\n" for line in lines))


def _line(entry: BaseModel) -> bytes:
    """Return a line of the file, without its end."""
    return entry.model_dump_json().encode()


def _erasures_of(line: bytes) -> str | None:
    """Return whose erasures a heading is about; ``None``: it is no heading."""
    try:
        return _Heading.model_validate_json(line).erasures_of
    except ValidationError:
        return None


def _entry(number: int, line: bytes) -> Erasure:
    """Return the erasure in a line."""
    try:
        return Erasure.model_validate_json(line)
    except ValidationError as error:
        raise LedgerBroken(f"line {number} of {FILE} is no erasure") from error

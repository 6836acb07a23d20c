"""The files of a subject that was erased: unreadable without the key, and removed all the same.

The name of a file in the store is the hash of what was in it, which is a trace of its own: whoever has the
very file could show by it that it was here. House: ADR-0024.
"""

from typing import NamedTuple, TypeVar
from uuid import UUID

from shared.process.erasing import Eraser
from shared.process.service import Service
from shared.process.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


class Removed(NamedTuple):
    """What became of the files of a subject.

    Attributes:
        why_left: Why some may be left, unreadable as they are; ``None``: none is.
    """

    files: int
    why_left: str | None


async def remove_files(service: Service[S], settings: S, erasing: Eraser, subject: UUID) -> Removed:
    """Remove the files of ``subject`` where it has no key; safe to repeat.

    Where it has one, what is there came after the erasure and stays. What the store does not do now is no
    reason to take the erasure back: without the key nobody reads what is left.
    """
    if service.remove_files is None or await erasing.held(subject) is not None:
        return Removed(0, None)
    try:
        return Removed(await service.remove_files(settings, subject), None)
    except OSError as error:
        return Removed(0, str(error) or type(error).__name__)

"""A page of events folded into the documents of a view. Pure: no database, no clock.

An event that a view cannot take is our mistake. What stood before it is kept and the view stops
there: it never skips, since a document that misses one event is wrong for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from shared.contracts.base import Event
from shared.eventlog.views import View


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and its place in the log; ``event`` is ``None`` where no view knows the type."""

    position: int
    event: Event | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a view stopped, and why.

    Attributes:
        position: Of the event that it could not take.
        reason: Kinds of error and of event, without any content.
        error: What was raised.
    """

    position: int
    reason: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Page:
    """Records read in order, dense; ``failure`` when one could not be read as an event."""

    placed: tuple[Placed, ...]
    failure: Failure | None = None

    def until(self, position: int) -> "Page":
        """Return the page without what stands after ``position``."""
        kept = tuple(placed for placed in self.placed if placed.position <= position)
        beyond = self.failure is not None and self.failure.position > position
        return Page(kept, None if beyond else self.failure)


@dataclass(frozen=True, slots=True)
class Concern:
    """One event, and the documents that it concerns, by key: at least one."""

    position: int
    event: Event
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concerns:
    """What in a page concerns a view.

    Attributes:
        position: Up to where the page counts; one before the failure, if there is one.
        keys: Of all documents concerned, ascending, no repeats.
    """

    concerns: tuple[Concern, ...]
    position: int
    keys: tuple[str, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a page makes of the documents.

    Attributes:
        documents: As they stand afterwards, by key; ``None`` where there is none any more.
        positions: By key: of the last event that concerned the document.
        position: Up to where the page is applied.
    """

    documents: Mapping[str, BaseModel | None]
    positions: Mapping[str, int]
    position: int
    failure: Failure | None


def concerns(view: View[Any], page: Page, after: int) -> Concerns:
    """Return what in ``page``, which begins after position ``after``, concerns ``view``. Total."""
    found: list[Concern] = []
    position, failure = after, page.failure
    for placed in page.placed:
        if placed.event is not None:
            try:
                keys = tuple(dict.fromkeys(view.keys(placed.event)))
            except Exception as error:  # noqa: BLE001 -- our mistake: kept, reported, not skipped
                failure = failed(placed.position, type(placed.event).__name__, error)
                break
            if keys:
                found.append(Concern(placed.position, placed.event, keys))
        position = placed.position
    every = sorted({key for concern in found for key in concern.keys})
    return Concerns(tuple(found), position, tuple(every), failure)


def fold(view: View[Any], documents: Mapping[str, BaseModel], found: Concerns) -> Changes:
    """Return what ``found`` makes of ``documents``, keyed by document. Total."""
    now: dict[str, BaseModel | None] = {}
    positions: dict[str, int] = {}
    for concern in found.concerns:
        try:
            after = {
                key: view.evolve(now[key] if key in now else documents.get(key), concern.event, key)
                for key in concern.keys
            }
        except Exception as error:  # noqa: BLE001 -- our mistake: kept, reported, not skipped
            failure = failed(concern.position, type(concern.event).__name__, error)
            return Changes(now, positions, concern.position - 1, failure)
        now |= after
        positions |= dict.fromkeys(concern.keys, concern.position)
    return Changes(now, positions, found.position, found.failure)


def failed(position: int, what: str, error: Exception) -> Failure:
    """Return that ``error`` was raised by ``what`` at ``position``."""
    return Failure(position, f"{type(error).__name__} on {what}", error)

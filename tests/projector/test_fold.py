"""A page folded into documents: what is applied, and where it stops."""

from collections.abc import Callable

from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.record import Record
from shared.eventlog.projector import Pages
from shared.eventlog.projector_fold import Page, Placed, concerns, fold
from tests.projector.example import (
    BOXES,
    Box,
    BoxClosed,
    BoxDropped,
    BoxFilled,
    BoxOpened,
    ListedLog,
    event_of,
    life,
)


def page(*events: Event | None) -> Page:
    """Return ``events`` from position 1 on; ``None`` for a type that is not known."""
    return Page(tuple(Placed(n, event) for n, event in enumerate(events, 1)))


def test_a_document_stands_at_the_last_event_that_concerned_it() -> None:
    """Event log 5: position and document are written together."""
    found = concerns(BOXES, page(*life("a"), BoxOpened(box="b", colour="blue")), 0)
    changes = fold(BOXES, {}, found)
    assert changes.documents == {"a": Box(colour="red", pieces=5), "b": Box(colour="blue")}
    assert changes.positions == {"a": 3, "b": 4}
    assert (changes.position, changes.failure) == (4, None)


def test_a_page_goes_on_from_the_documents_that_are_kept() -> None:
    """Event log 5: a view needs its documents and the page, nothing else."""
    kept: dict[str, BaseModel] = {"a": Box(colour="red", pieces=5)}
    found = concerns(BOXES, page(BoxFilled(box="a", pieces=1)), 0)
    assert found.keys == ("a",)
    assert fold(BOXES, kept, found).documents == {"a": Box(colour="red", pieces=6)}


def test_a_document_that_was_removed_can_come_again() -> None:
    """Event log 5: ``None`` removes; the next event begins from nothing."""
    events = (*life("a"), BoxClosed(box="a"), BoxOpened(box="a", colour="green"))
    assert fold(BOXES, {}, concerns(BOXES, page(*events), 0)).documents == {
        "a": Box(colour="green")
    }


def test_a_type_that_nobody_knows_is_passed_over() -> None:
    """House: a newer producer may be there before this reader."""
    changes = fold(BOXES, {}, concerns(BOXES, page(None, *life("a"), None), 0))
    assert (changes.position, changes.failure) == (5, None)
    assert changes.positions == {"a": 4}


def test_a_view_stops_before_the_event_that_it_cannot_take() -> None:
    """Event log 5: it never skips; what stood before is kept whole."""
    events = (*life("a"), BoxDropped(box="a"), BoxFilled(box="a", pieces=90))
    changes = fold(BOXES, {}, concerns(BOXES, page(*events), 0))
    assert changes.documents == {"a": Box(colour="red", pieces=5)}
    assert changes.position == 3
    assert changes.failure is not None
    assert changes.failure.position == 4
    assert changes.failure.reason == "AssertionError on BoxDropped"


def test_a_page_can_be_cut_at_a_position() -> None:
    """House: two folds are compared at one position."""
    assert page(*life("a")).until(2) == page(*life("a")[:2])


async def test_a_newer_version_is_told_from_what_is_no_record() -> None:
    """ADR-0025: an operator reads which of the two stopped a view: one is mended by an upgrade."""
    log = ListedLog()
    log.say(*life("a"))
    log.put("BoxLocked", {"box": "a"})
    pages = Pages(log, refusing("BoxLocked", NewerVersionError("BoxLocked version 2 is not known")))
    stopped = (await pages.after(0)).failure
    assert stopped is not None
    assert (stopped.position, stopped.reason) == (4, "BoxLocked version 2 is not known")
    pages = Pages(log, refusing("BoxLocked", ValueError("colour is missing")))
    stopped = (await pages.after(0)).failure
    assert stopped is not None
    assert stopped.reason == "a record that is none"


def refusing(kind: str, error: ValueError) -> Callable[[Record], Event | None]:
    """Return how to read records when one kind cannot be read."""

    def read(record: Record) -> Event | None:
        if record.type == kind:
            raise error
        return event_of(record)

    return read

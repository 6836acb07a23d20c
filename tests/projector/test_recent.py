"""What a worker remembers of its own writing counts only where it left the table."""

from pydantic import BaseModel

from shared.eventlog.projector_fold import Changes
from shared.eventlog.projector_recent import DOCUMENTS_MAX, Recent


class Box(BaseModel):
    """A document."""

    pieces: int


def changes(position: int, **documents: int | None) -> Changes:
    """Return that boxes have so many pieces, or are gone, after ``position``."""
    boxes = {key: None if n is None else Box(pieces=n) for key, n in documents.items()}
    return Changes(boxes, dict.fromkeys(documents, position), position, None)


def test_what_was_written_last_is_known_where_the_table_was_left() -> None:
    """House: a page that concerns nothing leaves every document as it is."""
    recent = Recent()
    assert recent.at("boxes", 0) == {}
    recent.remember("boxes", 0, changes(3, a=1, b=2))
    recent.remember("boxes", 3, changes(4, a=None, c=5))
    recent.remember("boxes", 4, changes(9))
    assert recent.at("boxes", 9) == {"b": Box(pieces=2), "c": Box(pieces=5)}
    assert recent.at("others", 9) == {}


def test_nothing_is_known_of_a_table_that_somebody_else_has_moved() -> None:
    """Event log 5: any number of workers may try, and the table may be built anew from nothing."""
    recent = Recent()
    recent.remember("boxes", 0, changes(3, a=1))
    assert recent.at("boxes", 4) == recent.at("boxes", 0) == {}
    recent.remember("boxes", 4, changes(5, b=1))
    assert recent.at("boxes", 5) == {"b": Box(pieces=1)}


def test_of_too_many_the_latest_are_known() -> None:
    """House: memory has a bound, however long a table grows."""
    recent = Recent()
    recent.remember("boxes", 0, changes(1, first=1, second=1))
    others = {f"box {n}": n for n in range(DOCUMENTS_MAX - 1)}
    recent.remember("boxes", 1, changes(2, first=2, **others))
    known = recent.at("boxes", 2)
    assert len(known) == DOCUMENTS_MAX
    assert known["first"] == Box(pieces=2)
    assert "second" not in known

"""Views are what folding the log gives, byte for byte, by a fold that is not the projector's."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from shared.contracts.catalogue import event_heard
from shared.eventlog.views import View
from tests.faults.history import History
from tests.faults.seen import Entry, KeptView, Seen, Violation

CHECK = "views_are_folds"
SHOWN_MAX = 5

ViewsOf = Callable[[str], tuple[View[Any], ...]]


@cache
def views_here(service: str) -> tuple[View[Any], ...]:
    """Return every view of a service, as this checkout has it."""
    views: tuple[View[Any], ...] = import_module(f"services.{service}.main").service.every_view
    return views


def views_are_folds(
    history: History, seen: Seen, views_of: ViewsOf = views_here
) -> Iterator[Violation]:
    """Section 5: each view holds what its events make of it, and stands at the head of the log."""
    del history
    for name, service in seen.services.items():
        kept = {view.name: view for view in service.views}
        for view in views_of(name):
            found = kept.get(view.name)
            if found is not None:
                yield from _compared(name, view, found, service.log)


def _compared(
    service: str, view: View[Any], kept: KeptView, log: Sequence[Entry]
) -> Iterator[Violation]:
    """Hold one view against its fold."""
    where = f"{service} view {view.name}"
    if kept.stopped is not None:
        yield Violation(CHECK, where, f"stopped at {kept.position}: {kept.stopped}")
    head = log[-1].position if log else 0
    if kept.position > head:
        yield Violation(CHECK, where, f"stands at {kept.position}, and the log ends at {head}")
    try:
        folded = fold(view, [entry for entry in log if entry.position <= kept.position])
    except Exception as error:  # noqa: BLE001 -- whatever a view raises is the finding
        yield Violation(CHECK, where, f"cannot be folded: {error!r}")
        return
    differing = [
        key
        for key in sorted(folded.keys() | kept.documents.keys())
        if folded.get(key) != kept.documents.get(key)
    ]
    for key in differing[:SHOWN_MAX]:
        said = f"is {kept.documents.get(key)}, and folds to {folded.get(key)}"
        yield Violation(CHECK, f"{where} {key} of {len(differing)}", said)


def fold(view: View[Any], log: Sequence[Entry]) -> Mapping[str, tuple[int, Any]]:
    """Return the documents of ``view``, one event after the other, each with its last position."""
    documents: dict[str, BaseModel] = {}
    positions: dict[str, int] = {}
    for entry in log:
        event = event_heard(entry.record)
        if event is None:
            continue
        for key in dict.fromkeys(view.keys(event)):
            after = view.evolve(documents.get(key), event, key)
            positions[key] = entry.position
            if after is None:
                documents.pop(key, None)
            else:
                documents[key] = after
    return {
        key: (positions[key], json.loads(document.model_dump_json()))
        for key, document in documents.items()
    }

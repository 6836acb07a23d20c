"""What clients were told, held against the logs (L1, L2, L4, L5)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import orjson

from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS
from tests.faults.history import History, Invoked
from tests.faults.seen import Entry, Seen, Violation

INTERNAL_ERROR: Final = 500
CLOCK_TOLERANCE: Final = timedelta(milliseconds=50)
"""How far two processes may see one moving clock apart: they read the machine's and add."""


def _by_command(log: Sequence[Entry]) -> Mapping[UUID, list[Entry]]:
    """Return the records of each command, in order of position."""
    found: defaultdict[UUID, list[Entry]] = defaultdict(list)
    for entry in log:
        found[entry.record.command_id].append(entry)
    return found


def _each(history: History, seen: Seen) -> Iterator[tuple[Invoked, list[Entry]]]:
    """Yield every command with its records."""
    known = {name: _by_command(service.log) for name, service in seen.services.items()}
    for command in history.commands:
        yield command, known[command.service].get(command.command_id, [])


def acknowledged_is_kept(history: History, seen: Seen) -> Iterator[Violation]:
    """L1: what was acknowledged stands in the log, at the version and position that were told."""
    check = "acknowledged_is_kept"
    for command, entries in _each(history, seen):
        told = command.acknowledged
        if told is None:
            continue
        if not entries:
            if command.changes:
                yield Violation(check, str(command), f"acknowledged, and not in the log: {told}")
            continue
        last = max(entries, key=lambda entry: entry.position)
        if (last.version, last.position) != (told.version, told.position):
            said = f"told version {told.version} at {told.position}, and the log has {last}"
            yield Violation(check, str(command), said)
        elif command.stream not in {None, last.stream}:
            yield Violation(check, str(command), f"told of {command.stream}, and it is {last}")


def acknowledged_once(history: History, _: Seen) -> Iterator[Violation]:
    """L4: every answer to one command is the same answer, byte for byte."""
    for command in history.commands:
        told = {
            (each.version, each.position, each.body)
            for each in command.heard
            if each.kind == "acknowledged"
        }
        if len(told) > 1:
            said = f"answered in {len(told)} ways: {sorted(told, key=str)}"
            yield Violation("acknowledged_once", str(command), said)


def one_effect_per_command(history: History, seen: Seen) -> Iterator[Violation]:
    """L4, L10: the records of one command were appended once, together, and each says something else.

    What stands side by side was not appended once for that: all records of an append were made at one
    instant. Nor had it one effect if one of them says what another says.
    """
    del history
    for name, service in seen.services.items():
        for command_id, entries in _by_command(service.log).items():
            where = f"{name} command {command_id}"
            again = [each for one, each in pairwise(entries) if not _in_one_append(one, each)]
            if again:
                said = f"appended {1 + len(again)} times, again as {again[0]}"
                yield Violation("one_effect_per_command", where, said)
            elif (repeat := _said_before(entries)) is not None:
                yield Violation("one_effect_per_command", where, f"says twice what {repeat} says")


def _in_one_append(one: Entry, following: Entry) -> bool:
    """Return whether two records of a command can have been appended at once, one behind the other."""
    together = following.position == one.position + 1
    return together and following.record.recorded_at == one.record.recorded_at


def _said_before(entries: Sequence[Entry]) -> Entry | None:
    """Return the first record that has the id of one before it, or says the same in the same stream."""
    known: set[object] = set()
    for each in entries:
        marks = {each.record.event_id, _said(each)}
        if not known.isdisjoint(marks):
            return each
        known |= marks
    return None


def _said(entry: Entry) -> tuple[str, str, bytes]:
    """Return what a record says, but for what is sealed of it: the same text has many commitments."""
    kind = EVENTS.get(entry.record.type)
    sealed = sealed_fields(kind) if kind is not None else ()
    told = {name: value for name, value in entry.record.data.items() if name not in sealed}
    return entry.stream, entry.record.type, orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def refused_leaves_nothing(history: History, seen: Seen) -> Iterator[Violation]:
    """L8, GEN-8: a command that was refused has no record."""
    for command, entries in _each(history, seen):
        if command.refused is not None and entries:
            said = f"refused with {command.refused.code}, and the log has {entries[0]}"
            yield Violation("refused_leaves_nothing", str(command), said)


def refused_where_it_must_be(history: History, _: Seen) -> Iterator[Violation]:
    """SOD-15: what the caller may not do is refused, with the code that says why."""
    for command in history.commands:
        wrong = [each for each in command.definite if each.code != command.must_refuse]
        if command.must_refuse is not None and wrong:
            said = f"must be refused with {command.must_refuse}, and was answered {wrong[0]}"
            yield Violation("refused_where_it_must_be", str(command), said)


def unknown_is_resolved(history: History, _: Seen) -> Iterator[Violation]:
    """L5: repeating a command whose outcome is unknown tells it, and never two different ones."""
    for command in history.commands:
        kinds = {each.kind for each in command.definite}
        if not kinds:
            said = f"still unknown after {len(command.heard)} attempts"
            yield Violation("unknown_is_resolved", str(command), said)
        elif len(kinds) > 1:
            said = f"acknowledged and refused: {[each.code for each in command.definite]}"
            yield Violation("unknown_is_resolved", str(command), said)


def records_bear_the_time_of_their_command(history: History, seen: Seen) -> Iterator[Violation]:
    """GEN-5: a record was made while its command was under way, by the clock of the service."""
    for command, entries in _each(history, seen):
        if command.at is None or not entries:
            continue
        first, last = min(command.at) - CLOCK_TOLERANCE, max(command.at) + CLOCK_TOLERANCE
        for entry in entries:
            for name, at in _instants(entry):
                if not first <= at <= last:
                    said = f"{entry} has {name} {at}, not within {command.at}"
                    yield Violation("records_bear_the_time_of_their_command", str(command), said)


def _instants(entry: Entry) -> Iterator[tuple[str, datetime]]:
    """Yield the instants at which a person's command says that something happened."""
    yield "recorded_at", entry.record.recorded_at
    yield "effective_at", entry.record.effective_at
    for name, value in entry.record.data.items():
        if name.endswith("_at") and isinstance(value, str):
            yield name, datetime.fromisoformat(value)


def nothing_is_true_before_its_time(history: History, seen: Seen) -> Iterator[Violation]:
    """GEN-5, GEN-6: nothing is on record before it is true: a deadline passes when it passes."""
    del history
    for name, service in seen.services.items():
        for entry in service.log:
            record = entry.record
            if record.effective_at > record.recorded_at + CLOCK_TOLERANCE:
                said = f"is true from {record.effective_at} and on record at {record.recorded_at}"
                yield Violation("nothing_is_true_before_its_time", f"{name} {entry}", said)


def reads_show_what_was_acknowledged(history: History, _: Seen) -> Iterator[Violation]:
    """Section 1 of the conventions: a read shows what was acknowledged before it was asked."""
    for read in history.reads:
        if read.seen < read.least:
            said = f"showed {read.seen} after {read.least} had been acknowledged"
            yield Violation("reads_show_what_was_acknowledged", f"{read.service} {read.what}", said)


def no_internal_error(history: History, _: Seen) -> Iterator[Violation]:
    """What the world does is a 503; a 500 is a mistake of ours."""
    for command in history.commands:
        if any(each.status == INTERNAL_ERROR for each in command.heard):
            yield Violation("no_internal_error", str(command), "answered with 500")
    for read in history.failed:
        yield Violation("no_internal_error", read, "answered with 500")

"""Each log by itself: dense, whole, chained, with everything that belongs to its events (L2 to L11)."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS
from shared.contracts.record import leaf_hash
from tests.faults.history import History
from tests.faults.seen import Entry, Seen, Violation


def positions_are_dense(_: History, seen: Seen) -> Iterator[Violation]:
    """L3: positions are 1, 2, 3 without a gap or a repeat."""
    for name, service in seen.services.items():
        for position, entry in enumerate(service.log, 1):
            if entry.position != position:
                yield Violation("positions_are_dense", f"{name} {entry}", f"is not at {position}")
                break


def streams_are_whole(_: History, seen: Seen) -> Iterator[Violation]:
    """L2: versions of a stream are 1 to n in the order of positions, each linked to the one before."""
    for name, service in seen.services.items():
        last: dict[str, Entry] = {}
        for entry in service.log:
            before = last.get(entry.stream)
            version = before.version + 1 if before else 1
            previous = leaf_hash(before.leaf) if before else None
            where = f"{name} {entry}"
            if entry.version != version:
                yield Violation("streams_are_whole", where, f"comes where v{version} belongs")
            elif entry.record.previous != previous:
                yield Violation("streams_are_whole", where, "is linked to something else")
            last[entry.stream] = entry


def rows_say_what_records_say(_: History, seen: Seen) -> Iterator[Violation]:
    """L6: nobody disguises a record: its row names the stream, version and log that it names."""
    for name, service in seen.services.items():
        ids: set[UUID] = set()
        for entry in service.log:
            record = entry.record
            said = (record.log, record.stream, record.version)
            if said != (f"asf/{name}", entry.stream, entry.version):
                yield Violation("rows_say_what_records_say", f"{name} {entry}", f"says {said}")
            if record.event_id in ids:
                where = f"{name} {entry}"
                yield Violation("rows_say_what_records_say", where, "has another's event_id")
            ids.add(record.event_id)


def commands_are_known(_: History, seen: Seen) -> Iterator[Violation]:
    """L4: every command that appended something is known, by its last event, and no other is."""
    for name, service in seen.services.items():
        last: defaultdict[UUID, int] = defaultdict(int)
        for entry in service.log:
            command = entry.record.command_id
            last[command] = max(last[command], entry.position)
        for command, position in last.items():
            known = service.commands.get(command)
            if known != position:
                where = f"{name} command {command}"
                said = f"ends at {position}, and is known at {known}"
                yield Violation("commands_are_known", where, said)
        for command in service.commands.keys() - last.keys():
            where = f"{name} command {command}"
            yield Violation("commands_are_known", where, "is known, and appended nothing")


def everything_sealed_is_kept(_: History, seen: Seen) -> Iterator[Violation]:
    """L11: each commitment in the log has its value in the vault, and the vault has no orphan."""
    for name, service in seen.services.items():
        promised = {
            (entry.stream, entry.version, field)
            for entry in service.log
            if entry.record.type in EVENTS
            for field in sealed_fields(EVENTS[entry.record.type])
            if entry.record.data.get(field) is not None
        }
        for stream, version, field in sorted(promised - service.sealed):
            where = f"{name} {stream} v{version}"
            yield Violation("everything_sealed_is_kept", where, f"{field} is not in the vault")
        for stream, version, field in sorted(service.sealed - promised):
            where = f"{name} {stream} v{version}"
            yield Violation("everything_sealed_is_kept", where, f"{field} belongs to no event")

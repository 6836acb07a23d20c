"""Kafka from offset 0, held against the log: nothing missing, stream order, repeats only as a whole."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.faults.history import History
from tests.faults.seen import OnTopic, Seen, Service, Violation
from tests.faults.topic_faults import SHORTENED

CHECK = "topic_is_the_log"
REPEATING = ("kill", "crash", "freeze", "usurp", "term", "postgres", "sever", "kafka", "copy")
EVERYWHERE = ("postgres", "kafka", "disk_full")
"""After which faults the relay may send again what was sent; ``copy`` is the harness's own doing."""


def topic_is_the_log(_: History, seen: Seen) -> Iterator[Violation]:
    """L7, section 6: the topic holds the log byte for byte, in order, and repeats only what it must."""
    for name, service in seen.services.items():
        yield from _strangers(name, service)
        yield from _missing(name, service)
        for partition, messages in groupby(service.topic, lambda each: each.partition):
            yield from _partition(name, partition, list(messages), service, seen)


def _strangers(name: str, service: Service) -> Iterator[Violation]:
    """Find messages that are not what the log has at their position."""
    log = {entry.position: entry for entry in service.log}
    for each in service.topic:
        where = f"{name} partition {each.partition} offset {each.offset}"
        entry = log.get(each.position or 0)
        if entry is None:
            yield Violation(CHECK, where, f"position {each.position} is not in the log")
        elif each.value != entry.leaf or each.key != entry.stream:
            yield Violation(CHECK, where, f"is not {entry}, byte for byte")


def _missing(name: str, service: Service) -> Iterator[Violation]:
    """Find what of the log is not on the topic."""
    there = {each.position for each in service.topic}
    for entry in service.log:
        if entry.position not in there:
            yield Violation(CHECK, f"{name} {entry}", "is not on the topic")


def _partition(
    name: str, partition: int, messages: Sequence[OnTopic], service: Service, seen: Seen
) -> Iterator[Violation]:
    """Walk one partition: each message is the next of the log, or begins a contiguous repeat."""
    streams = {each.key for each in messages}
    expected = [entry for entry in service.log if entry.stream in streams]
    place = {entry.position: number for number, entry in enumerate(expected)}
    shortened = name == SHORTENED and seen.hit("retention")
    may_repeat = seen.hit(*REPEATING, target=name) or seen.hit(*EVERYWHERE) or shortened
    at = -1
    for each in messages:
        found = place.get(each.position or 0)
        if found is None:
            continue
        where = f"{name} partition {partition} offset {each.offset}: {expected[found]}"
        if found > at + 1 and not (shortened and each is messages[0]):
            yield Violation(CHECK, where, f"comes before {expected[at + 1]}")
        elif found <= at and not may_repeat:
            yield Violation(CHECK, where, "is a repeat, and nothing disturbed the relay")
        at = found

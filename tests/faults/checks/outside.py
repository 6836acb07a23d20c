"""Those who watch the logs: the ledger, the mirror, the alarms; and that all of it comes to rest."""

from collections.abc import Iterator

from tests.faults.history import History
from tests.faults.seen import Seen, Violation

ALARMS = ("TamperSuspected",)


def ledger_is_as_signed(_: History, seen: Seen) -> Iterator[Violation]:
    """Section 7: computed anew from the records' bytes, each log is what was signed, to its head."""
    for name, service in seen.services.items():
        for log, wrong in service.ledger.items():
            if wrong is not None:
                yield Violation("ledger_is_as_signed", f"{name} {log}", wrong)
        if service.sealed_size != len(service.log):
            said = f"{service.sealed_size} of {len(service.log)} records are under a checkpoint"
            yield Violation("ledger_is_as_signed", f"{name} log", said)


def mirror_is_the_log(_: History, seen: Seen) -> Iterator[Violation]:
    """AUD-3: audit holds exactly the bytes of each log, at their positions."""
    for name, service in seen.services.items():
        mirrored = seen.mirror.get(name, {})
        for entry in service.log:
            if mirrored.get(entry.position) != entry.leaf:
                what = "is not in the mirror" if entry.position not in mirrored else "is another"
                yield Violation("mirror_is_the_log", f"{name} {entry}", what)
        for position in sorted(mirrored.keys() - {entry.position for entry in service.log}):
            where = f"{name} position {position}"
            yield Violation("mirror_is_the_log", where, "is in the mirror, and not in the log")


def no_false_alarm(_: History, seen: Seen) -> Iterator[Violation]:
    """AUD-4: nobody tampered with anything, so audit suspects nobody."""
    audit = seen.services.get("audit")
    for entry in audit.log if audit else ():
        if entry.record.type in ALARMS:
            yield Violation("no_false_alarm", f"audit {entry}", str(dict(entry.record.data)))


def the_house_comes_to_rest(_: History, seen: Seen) -> Iterator[Violation]:
    """Section 3 of the architecture: what was delayed is caught up with, by the house itself."""
    for each in seen.unsettled:
        yield Violation("the_house_comes_to_rest", each.partition(":")[0], each)

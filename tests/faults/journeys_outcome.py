"""What a play led to: the event types of every stream, and what the people have in hand afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from deploy.demo.cast import Firm
from tests.faults.journeys_people import Careful
from tests.faults.seen import Entry, Seen, Violation

Outcome: TypeAlias = Mapping[str, Counter[tuple[str, ...]]]
"""By firm, service and kind of stream: how often each sequence of event types is there."""

REPEATED: Final = frozenset({"NotificationFailed"})
"""What may stand on record once for each try that a fault spoiled."""

GATHERED: Final = frozenset({"casefile", "cohort", "issuance"})
"""Kinds of streams that note what several others say: as it comes, since no order is promised there."""

THE_HOUSE: Final = "the house"
PLANNED: Final = "NotificationPlanned"
REFUSALS: Final = (
    *("precertification_missing", "precertification_missing", "group_size_outside_policy"),
    *("access_not_granted",) * 3,
    *("comment_window_open",) * 3,
)
"""G1: the noes of the play, in order; the last one is said to every firm's reviewer."""

ACTIVE: Final = "active"
MOVED: Final = 412


def outcome(seen: Seen, firms: Iterable[Firm]) -> Outcome:
    """Return what a house holds after a play, without anything that differs from play to play."""
    cases = {firm.application_id: firm.label for firm in firms}
    found: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for name, service in seen.services.items():
        streams: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in service.log:
            streams[entry.stream].append(entry)
        for stream, entries in streams.items():
            kind = stream.partition("-")[0]
            types = [_kind(each) for each in entries if each.record.type not in REPEATED]
            told = sorted(types) if kind in GATHERED else types
            found[f"{_whose(entries, cases)}, {name} {kind}"][tuple(told)] += 1
    return found


def _whose(entries: Iterable[Entry], cases: Mapping[str, str]) -> str:
    """Return the firm that a stream is about; the house has those about several, or about none."""
    firms = {cases.get(str(entry.record.correlation_id)) for entry in entries}
    return firms.pop() or THE_HOUSE if len(firms) == 1 else THE_HOUSE


def _kind(entry: Entry) -> str:
    """Return the type of an event; of a letter also which, and to whom."""
    said = entry.record.data
    if entry.record.type == PLANNED:
        return f"{PLANNED} {said['letter']} to {said['recipient_role']}"
    return entry.record.type


def the_outcome_is_the_calm_one(calm: Outcome, hurt: Outcome) -> Iterator[Violation]:
    """L1, L10: whatever struck, every stream went the way that it goes when nothing does."""
    for where in sorted(calm.keys() | hurt.keys()):
        left, more = calm.get(where, Counter()), hurt.get(where, Counter())
        for kinds in left - more:
            yield Violation("the_outcome_is_the_calm_one", where, f"lacks {' '.join(kinds)}")
        for kinds in more - left:
            yield Violation("the_outcome_is_the_calm_one", where, f"has {' '.join(kinds)}")


def a_repeat_is_never_too_late(world: Careful, seen: Seen) -> Iterator[Violation]:
    """L5: what was carried out on a version is not told that this version is gone."""
    logs = {name: _by_command(service.log) for name, service in seen.services.items()}
    for command in world.history.commands:
        versions = logs[command.service].get(command.command_id, set())
        for attempt in world.attempts.get(command.command_id, ()):
            before = attempt.if_match
            if attempt.status == MOVED and before is not None and before + 1 in versions:
                said = f"carried out on version {before}, and answered 412 to it"
                yield Violation("a_repeat_is_never_too_late", str(command), said)


def _by_command(log: Sequence[Entry]) -> Mapping[object, set[int]]:
    """Return the versions that each command appended."""
    found: defaultdict[object, set[int]] = defaultdict(set)
    for entry in log:
        found[entry.record.command_id].add(entry.version)
    return found


def only_documented_trouble(world: Careful) -> Iterator[Violation]:
    """House: what strikes the house is told as a documented 503, and as nothing else."""
    for what in world.undocumented:
        yield Violation("only_documented_trouble", "answers", what)


async def everybody_has_a_certificate(
    world: Careful, firms: Sequence[Firm], refusals: Sequence[str]
) -> tuple[Violation, ...]:
    """G1-16, G1-17: each firm's certificate is active, they are as many, and every no was said."""
    check, found = "everybody_has_a_certificate", list[Violation]()
    for firm in firms:
        seen = await world.public("certificates", f"/v1/certificates/{firm.certificate}")
        if seen.said("status") != ACTIVE:
            said = f"{firm.certificate} is answered {seen.status} {seen.body}"
            found.append(Violation(check, firm.label, said))
    counted = (await world.public("certificates", "/v1/certificates/count")).said("count")
    if counted != len(firms) or len({firm.certificate for firm in firms}) != len(firms):
        found.append(Violation(check, "the register", f"counts {counted}"))
    if tuple(refusals) != REFUSALS:
        found.append(Violation(check, "the play", f"was refused {refusals}"))
    return tuple(found)

"""What one service does about what another said: every effect, once, and nothing without a cause."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID, uuid5

from shared.kafka import command_id
from tests.faults.history import History
from tests.faults.seen import Entry, Seen, Service, Violation

POLICY: Final = "policy"
COMMANDS_MAX: Final = 32
"""How many commands one event may lead to in one group."""

ALWAYS: Final[Mapping[str, str]] = {
    "InterestRegistered": "RequirementsDisclosed",
    "AppointmentMade": "MandateNoted",
}
"""What intake always puts on record about what it hears."""


def _entries(seen: Seen) -> Iterator[tuple[str, Entry]]:
    """Yield every record of every service."""
    for name, service in seen.services.items():
        for entry in service.log:
            yield name, entry


def no_phantom(history: History, seen: Seen) -> Iterator[Violation]:
    """L1: each record belongs to a command that somebody sent, or to what the house does itself."""
    asked = {command.command_id for command in history.commands}
    causes = {entry.record.event_id for _, entry in _entries(seen)}
    for name, entry in _entries(seen):
        record = entry.record
        if record.command_id in asked:
            continue
        where = f"{name} {entry}"
        if record.data.get("founding"):
            continue  # APT-2: made at the installation, by the operator
        if record.actor.role != POLICY:
            said = f"nobody sent command {record.command_id} of a {record.actor.role}"
            yield Violation("no_phantom", where, said)
        elif record.causation_id == record.command_id:
            continue  # a timer, or what a service does at its installation
        elif record.causation_id not in causes:
            yield Violation("no_phantom", where, f"its cause {record.causation_id} is nowhere")
        elif not _derived(name, entry, seen):
            said = f"no consumer asks for {record.command_id} on {record.causation_id}"
            yield Violation("no_phantom", where, said)


def _derived(service: str, entry: Entry, seen: Seen) -> bool:
    """Return whether a consumer of ``service`` makes this command id of the cause."""
    record = entry.record
    groups = [group for hearing, group, _ in seen.heard if hearing == service]
    sender = service == "notify" and entry.record.type != "NotificationPlanned"
    return sender or any(
        command_id(group, record.causation_id, index) == record.command_id
        for group in groups
        for index in range(COMMANDS_MAX)
    )


def every_cause_has_its_effects(_: History, seen: Seen) -> Iterator[Violation]:
    """Section 1: what intake does about an event always is on record, once and in its stream."""
    intake = seen.services.get("intake")
    if intake is None:
        return
    effects: dict[UUID, list[Entry]] = {}
    for entry in intake.log:
        effects.setdefault(entry.record.causation_id, []).append(entry)
    for name, entry in _entries(seen):
        wanted = ALWAYS.get(entry.record.type)
        if wanted is None or name not in {"intake", "review"}:
            continue
        found = [e for e in effects.get(entry.record.event_id, []) if e.record.type == wanted]
        if len(found) != 1:
            said = f"led to {len(found)} {wanted}"
            yield Violation("every_cause_has_its_effects", f"{name} {entry}", said)
    yield from _offers(intake, effects)


def _offers(intake: Service, effects: Mapping[UUID, list[Entry]]) -> Iterator[Violation]:
    """RND-5: each admission has led to one place, or to one place in the waiting list."""
    for entry in intake.log:
        if entry.record.type != "ApplicantAdmitted":
            continue
        found = [
            each
            for each in effects.get(entry.record.event_id, [])
            if each.record.type in {"PlaceOffered", "WaitingListJoined"}
        ]
        if len(found) != 1:
            said = f"led to {len(found)} places"
            yield Violation("every_cause_has_its_effects", f"intake {entry}", said)


def progress_is_the_log(_: History, seen: Seen) -> Iterator[Violation]:
    """Section 1: each consumer has come to the end of every stream that it hears, and no further."""
    for hearing, group, topic in seen.heard:
        service = seen.services.get(hearing)
        upstream = seen.services.get(topic.removeprefix("asf.").removesuffix(".events.v1"))
        if service is None or upstream is None:
            continue
        stopped = {each.stream for each in service.parked if each.consumer == group}
        versions = {entry.stream: entry.version for entry in upstream.log}
        for stream, version in versions.items():
            known = service.progress.get((group, topic, stream), 0)
            if known != version and stream not in stopped:
                said = f"is at version {known} of {version}"
                yield Violation("progress_is_the_log", f"{group} {stream}", said)


def nothing_is_parked(_: History, seen: Seen) -> Iterator[Violation]:
    """Section 5: nothing that the house itself wrote is more than a consumer can apply."""
    for service in seen.services.values():
        for each in service.parked:
            yield Violation("nothing_is_parked", f"{each.consumer} {each.stream}", each.reason)


def refusals_are_remembered(history: History, seen: Seen) -> Iterator[Violation]:
    """GEN-8: whoever was told no on grounds of role finds that in the access log."""
    for command in history.commands:
        told = command.refused
        if told is None or told.code != "role_may_not_act":
            continue
        entry = uuid5(command.command_id, command.what)
        if entry not in seen.services[command.service].access:
            yield Violation("refusals_are_remembered", str(command), "is not in the access log")

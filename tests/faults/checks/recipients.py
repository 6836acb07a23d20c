"""Each letter goes to the person whose role it is for, and is left out only for one who has it."""

from collections.abc import Iterator, Mapping

from tests.faults.history import History
from tests.faults.seen import Entry, Seen, Service, Violation

CHECK = "letters_reach_whom_they_are_for"
FIRST = {"applicant": "contact_id", "signatory": "signatory_id"}
"""By role: the field of intake's events that names the person."""


def letters_reach_whom_they_are_for(_: History, seen: Seen) -> Iterator[Violation]:
    """MSG-1, MSG-2: sent to whoever has the role; merged only when that is the same person."""
    notify, intake = seen.services.get("notify"), seen.services.get("intake")
    if notify is None or intake is None:
        return
    having = _having(intake)
    role = {
        entry.stream: (str(entry.record.correlation_id), entry.record.data["recipient_role"])
        for entry in notify.log
        if entry.record.type == "NotificationPlanned"
    }
    sent_to = {
        entry.stream: str(entry.record.data["recipient_id"])
        for entry in notify.log
        if entry.record.type == "NotificationSent"
    }
    for entry in notify.log:
        if entry.record.type not in {"NotificationSent", "NotificationMerged"}:
            continue
        people = having.get(role.get(entry.stream, ("", "")), frozenset())
        person = str(entry.record.data["recipient_id"])
        if person not in people:
            yield Violation(CHECK, f"notify {entry}", f"went to {person}, who has no such role")
        elif entry.record.type == "NotificationMerged" and _alone(entry, sent_to, person):
            yield Violation(CHECK, f"notify {entry}", "was left out, and nobody else got it")


def _alone(merged: Entry, sent_to: Mapping[str, str], person: str) -> bool:
    """Return whether the letter that took its place did not go to the same person."""
    return sent_to.get(f"notification-{merged.record.data['into_id']}") != person


def _having(intake: Service) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return who has ever had a role in a case, by case and role."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for entry in intake.log:
        for role, field in FIRST.items():
            person = entry.record.data.get(field)
            if isinstance(person, str):
                key = (str(entry.record.correlation_id), role)
                found[key] = found.get(key, frozenset()) | {person}
    return found

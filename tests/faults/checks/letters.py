"""One letter for each cause and role (MSG-1), and none for anything else."""

from collections import Counter
from collections.abc import Iterator, Mapping

from services.notify.policy import letters_for
from shared.contracts.catalogue import event_heard
from tests.faults.history import History
from tests.faults.seen import Seen, Violation

CHECK = "one_letter_per_cause_and_role"
HEARD = ("intake", "review", "certificates")
SENT, MERGED, GIVEN_UP = "NotificationSent", "NotificationMerged", "NotificationGivenUp"
REPEATING = ("kill", "crash", "freeze", "usurp", "term", "postgres", "sever", "mail")
"""After which faults of notify a letter may be sent again, under the same Message-ID (ADR-0016)."""


def one_letter_per_cause_and_role(_: History, seen: Seen) -> Iterator[Violation]:
    """MSG-1: each occasion plans its letters once; each is in the mail once, or with its twin."""
    expected = _expected(seen)
    planned = Counter[str]()
    ended: dict[str, list[str]] = {}
    for entry in seen.services["notify"].log:
        letter = entry.stream.removeprefix("notification-")
        if entry.record.type == "NotificationPlanned":
            planned[letter] += 1
        elif entry.record.type in {SENT, MERGED, GIVEN_UP}:
            ended.setdefault(letter, []).append(entry.record.type)
    for letter, why in expected.items():
        if planned[letter] != 1:
            where = f"notify notification-{letter} for {why}"
            yield Violation(CHECK, where, f"was planned {planned[letter]} times")
    for stranger in planned.keys() - expected.keys():
        yield Violation(CHECK, f"notify notification-{stranger}", "was planned without a cause")
    yield from _in_the_mail(seen, planned, ended)


def _expected(seen: Seen) -> Mapping[str, str]:
    """Return the letters that the logs give occasion to, each with its cause in words."""
    found: dict[str, str] = {}
    for name in HEARD:
        service = seen.services.get(name)
        for entry in service.log if service else ():
            event = event_heard(entry.record)
            for asked in letters_for(event, entry.record.event_id) if event else ():
                letter = str(asked.command.notification_id)
                found[letter] = f"{entry} to {asked.command.recipient_role}"
    return found


def _in_the_mail(
    seen: Seen, planned: Counter[str], ended: Mapping[str, list[str]]
) -> Iterator[Violation]:
    """Hold the mail sink against what is on record."""
    mailed = Counter(each.message_id for each in seen.mail)
    may_repeat = seen.hit(*REPEATING, target="notify") or seen.hit(
        *("postgres", "mail", "disk_full")
    )
    for letter in planned:
        where, how = f"notify notification-{letter}", ended.get(letter, [])
        if len(how) != 1:
            yield Violation(CHECK, where, f"ended {len(how)} times: {how}")
        elif how[0] == SENT and not mailed[letter]:
            yield Violation(CHECK, where, "is sent, on record, and not in the mail")
        elif how[0] == GIVEN_UP:
            yield Violation(CHECK, where, "was given up")
        elif how[0] == MERGED and mailed[letter]:
            yield Violation(CHECK, where, "is merged with another, and in the mail")
    for letter, times in mailed.items():
        where = f"Message-ID {letter}"
        if letter not in planned:
            yield Violation(CHECK, where, "is in the mail, and was never planned")
        elif times > 1 and not may_repeat:
            yield Violation(CHECK, where, f"is in the mail {times} times, and no sender was hurt")
    to = Counter((each.message_id, each.to) for each in seen.mail)
    several = Counter(message_id for message_id, _ in to)
    for letter, addresses in several.items():
        if addresses > 1:
            yield Violation(CHECK, f"Message-ID {letter}", f"went to {addresses} addresses")

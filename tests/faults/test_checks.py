"""Each check finds what it is for, in histories and houses that are wrong by hand; and no other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.record import leaf_hash
from tests.faults.checks import CHECKS, violations
from tests.faults.history import Heard, History, Read
from tests.faults.made import APPLICATION, AT, CASE, entry, golden, history, house, named, record
from tests.faults.seen import Mail, OnTopic, Parked, Seen, Service

Broken = tuple[History, Seen]
Break = Callable[[History, Seen], Broken]


def with_(seen: Seen, name: str, **changes: Any) -> Seen:
    """Return ``seen`` with another ``name``."""
    service: Service = replace(seen.services[name], **changes)
    return replace(seen, services={**seen.services, name: service})


def intake(**changes: Any) -> Break:
    """Break intake."""
    return lambda told, seen: (told, with_(seen, "intake", **changes))


def lost(told: History, seen: Seen) -> Broken:
    """Lose the declaration that was acknowledged."""
    return told, with_(seen, "intake", log=seen.services["intake"].log[:2])


def elsewhere(told: History, seen: Seen) -> Broken:
    """Acknowledge another position than the log has."""
    told.commands[1].heard = [Heard("acknowledged", 200, version=3, position=4)]
    return told, seen


def two_answers(told: History, seen: Seen) -> Broken:
    """Answer a repeat with another version."""
    told.commands[1].heard.append(Heard("acknowledged", 200, version=4, position=3))
    return told, seen


def again(told: History, seen: Seen) -> Broken:
    """Append the interest's command a second time."""
    log = seen.services["intake"].log
    twice = record(
        *("intake", "CommitmentDeclared", APPLICATION, 4),
        previous=leaf_hash(log[2].leaf),
        command_id=log[0].record.command_id,
    )
    return told, with_(seen, "intake", log=(*log, entry(4, twice)))


def followed(seen: Seen, **changes: Any) -> Seen:
    """Return the house with one more record of the declaration's command, right behind the first."""
    log = seen.services["intake"].log
    first = log[-1].record
    second = first._replace(version=4, previous=leaf_hash(log[-1].leaf), **changes)
    known = {**seen.services["intake"].commands, first.command_id: 4}
    return with_(seen, "intake", log=(*log, entry(4, second)), commands=known)


def again_at_once(told: History, seen: Seen) -> Broken:
    """Append a command a second time right behind the first, under another id and in other words."""
    other = {**seen.services["intake"].log[-1].record.data, "basis": "jointly"}
    at = AT + timedelta(milliseconds=1)
    return told, followed(seen, event_id=named("again"), recorded_at=at, data=other)


def said_twice(told: History, seen: Seen) -> Broken:
    """Append two records at once that say the same, of which the salts of what is sealed differ."""
    data = seen.services["intake"].log[-1].record.data
    salted = {**data, "signatory_name": "0" * 64}
    assert salted != data
    return told, followed(seen, event_id=named("twice"), data=salted)


def refused_and_done(told: History, seen: Seen) -> Broken:
    """Refuse what was done."""
    told.commands[1].heard = [Heard("refused", 412, "stream_moved")]
    return told, seen


def allowed(told: History, seen: Seen) -> Broken:
    """Refuse what a role may not do, for another reason."""
    told.commands[2].heard = [Heard("refused", 409, "application_submitted")]
    return told, seen


def never_known(told: History, seen: Seen) -> Broken:
    """Never say what became of a command."""
    told.commands[0].heard = [Heard("unknown"), Heard("unknown", 503)]
    return told, seen


def two_fates(told: History, seen: Seen) -> Broken:
    """Acknowledge a command and refuse it."""
    told.commands[1].heard.append(Heard("refused", 412, "stream_moved"))
    return told, seen


def of_yesterday(told: History, seen: Seen) -> Broken:
    """Record a command at another time than it was sent."""
    told.commands[1].at = (AT + timedelta(days=1), AT + timedelta(days=1))
    return told, seen


def stale(told: History, seen: Seen) -> Broken:
    """Show less than was acknowledged."""
    told.reads.append(Read("intake", "/v1/applications", 3, 2))
    return told, seen


def our_mistake(told: History, seen: Seen) -> Broken:
    """Answer with 500."""
    told.commands[0].heard.insert(0, Heard("unknown", 500))
    return told, seen


def our_mistake_in_reading(told: History, seen: Seen) -> Broken:
    """Answer a read with 500."""
    told.failed.append("intake GET /v1/applications")
    return told, seen


def unasked(told: History, seen: Seen) -> Broken:
    """Put a command on record that nobody has sent."""
    del told.commands[1]
    return told, seen


def no_effect(told: History, seen: Seen) -> Broken:
    """Leave out what an interest leads to."""
    log = seen.services["intake"].log
    return told, with_(seen, "intake", log=(log[0], *log[2:]))


def uncaused(told: History, seen: Seen) -> Broken:
    """Let a policy act on what has not happened."""
    log = seen.services["intake"].log
    other = log[1].record._replace(causation_id=named("nothing"))
    return told, with_(seen, "intake", log=(log[0], entry(2, other), log[2]))


def swapped(told: History, seen: Seen) -> Broken:
    """Send two records of a stream in the wrong order."""
    one, two, three = seen.services["intake"].topic
    return told, with_(seen, "intake", topic=(two, one, three))


def skipped(told: History, seen: Seen) -> Broken:
    """Leave one record out of the topic."""
    return told, with_(seen, "intake", topic=seen.services["intake"].topic[::2])


def sent_twice(told: History, seen: Seen) -> Broken:
    """Send a record twice although nothing happened to the relay."""
    one, *others = seen.services["intake"].topic
    return told, with_(seen, "intake", topic=(one, one, *others))


def gap_in_repeat(told: History, seen: Seen) -> Broken:
    """Repeat after a kill, but not as a whole."""
    one, two, three = seen.services["intake"].topic
    hurt = replace(seen, disturbed=frozenset({("kill", "intake")}))
    return told, with_(hurt, "intake", topic=(one, two, three, one, three))


def not_sent_again(told: History, seen: Seen) -> Broken:
    """Shorten a topic, and leave it so."""
    _, two, three = seen.services["intake"].topic
    hurt = replace(seen, disturbed=frozenset({("retention", "notify")}))
    return told, with_(hurt, "intake", topic=(two, three))


def other_bytes(told: History, seen: Seen) -> Broken:
    """Send other bytes than the log has."""
    one, *others = seen.services["intake"].topic
    other = OnTopic(one.partition, one.offset, one.position, one.key, one.value + b" ")
    return told, with_(seen, "intake", topic=(other, *others))


def unsealed(told: History, seen: Seen) -> Broken:
    """Lose a sealed value."""
    kept = sorted(seen.services["intake"].sealed)
    return told, with_(seen, "intake", sealed=frozenset(kept[1:]))


def misplaced(told: History, seen: Seen) -> Broken:
    """Say another stream in the row than in the record."""
    one, *others = seen.services["intake"].log
    return told, with_(seen, "intake", log=(replace(one, stream="application-x"), *others))


def unlinked(told: History, seen: Seen) -> Broken:
    """Link a record to something else."""
    log = seen.services["intake"].log
    other = log[2].record._replace(previous="0" * 64)
    return told, with_(seen, "intake", log=(*log[:2], entry(3, other)))


def hole(told: History, seen: Seen) -> Broken:
    """Leave a position out."""
    log = seen.services["intake"].log
    return told, with_(seen, "intake", log=(*log[:2], replace(log[2], position=4)))


def forgotten(told: History, seen: Seen) -> Broken:
    """Lose the row of a command."""
    commands = dict(seen.services["intake"].commands)
    del commands[seen.services["intake"].log[0].record.command_id]
    return told, with_(seen, "intake", commands=commands)


def stale_view(told: History, seen: Seen) -> Broken:
    """Keep a document that its last event has not reached."""
    first, *others = seen.services["intake"].views
    documents = {key: (position - 1, doc) for key, (position, doc) in first.documents.items()}
    assert documents
    return told, with_(seen, "intake", views=(replace(first, documents=documents), *others))


def stopped_view(told: History, seen: Seen) -> Broken:
    """Stop a view."""
    first, *others = seen.services["intake"].views
    return told, with_(seen, "intake", views=(replace(first, stopped="ValueError"), *others))


def second_letter(told: History, seen: Seen) -> Broken:
    """Send a letter twice although no sender was hurt."""
    return told, replace(seen, mail=(*seen.mail, *seen.mail))


def strange_letter(told: History, seen: Seen) -> Broken:
    """Send a letter that nothing gave occasion to."""
    return told, replace(seen, mail=(*seen.mail, Mail(str(named("x")), "kontakt@alfa.example")))


def unsent_letter(told: History, seen: Seen) -> Broken:
    """Say that a letter was sent that is nowhere."""
    return told, replace(seen, mail=())


def unplanned_letter(told: History, seen: Seen) -> Broken:
    """Plan no letter for an interest."""
    return told, with_(replace(seen, mail=()), "notify", log=())


def too_soon(told: History, seen: Seen) -> Broken:
    """Put on record what is not true yet."""
    log = seen.services["intake"].log
    early = log[1].record._replace(effective_at=AT + timedelta(days=1))
    return told, with_(seen, "intake", log=(log[0], entry(2, early), log[2]))


def to_a_stranger(told: History, seen: Seen) -> Broken:
    """Send a letter to somebody else."""
    planned, sent = seen.services["notify"].log
    other = {**sent.record.data, "recipient_id": str(named("stranger"))}
    return told, with_(seen, "notify", log=(planned, entry(2, sent.record._replace(data=other))))


def left_out(told: History, seen: Seen) -> Broken:
    """Merge a letter with one that nobody got."""
    planned, sent = seen.services["notify"].log
    person = seen.services["intake"].log[0].record.data["contact_id"]
    own = {key: sent.record.data[key] for key in ("notification_id", "application_id")}
    said = golden("NotificationMerged") | own | {"recipient_id": person}
    merged = sent.record._replace(type="NotificationMerged", data=said)
    return told, with_(replace(seen, mail=()), "notify", log=(planned, entry(2, merged)))


def behind(told: History, seen: Seen) -> Broken:
    """Leave a consumer behind."""
    progress = dict.fromkeys(seen.services["notify"].progress, 2)
    return told, with_(seen, "notify", progress=progress)


def alarm(told: History, seen: Seen) -> Broken:
    """Suspect tampering where there is none."""
    said = golden("TamperSuspected") | {"log": "asf/intake"}
    suspected = record("audit", "TamperSuspected", f"finding-{CASE}", 1, data=said)
    audit = Service("audit", log=(entry(1, suspected),))
    return told, replace(seen, services={**seen.services, "audit": audit})


def unmirrored(told: History, seen: Seen) -> Broken:
    """Leave a record out of the mirror."""
    mirror = {**seen.mirror, "intake": {1: seen.mirror["intake"][1]}}
    return told, replace(seen, mirror=mirror)


PARKED = Parked("notify.letters_for_intake", APPLICATION, "failed: ValueError")

BREAKS: Mapping[str, tuple[Break, ...]] = {
    "acknowledged_is_kept": (lost, elsewhere),
    "acknowledged_once": (two_answers,),
    "one_effect_per_command": (again, again_at_once, said_twice),
    "refused_leaves_nothing": (refused_and_done,),
    "refused_where_it_must_be": (allowed,),
    "unknown_is_resolved": (never_known, two_fates),
    "records_bear_the_time_of_their_command": (of_yesterday,),
    "nothing_is_true_before_its_time": (too_soon,),
    "letters_reach_whom_they_are_for": (to_a_stranger, left_out),
    "reads_show_what_was_acknowledged": (stale,),
    "no_internal_error": (our_mistake, our_mistake_in_reading),
    "no_phantom": (unasked, uncaused),
    "every_cause_has_its_effects": (no_effect,),
    "progress_is_the_log": (behind,),
    "nothing_is_parked": (lambda t, s: (t, with_(s, "notify", parked=(PARKED,))),),
    "refusals_are_remembered": (intake(access=frozenset()),),
    "positions_are_dense": (hole,),
    "streams_are_whole": (unlinked,),
    "rows_say_what_records_say": (misplaced,),
    "commands_are_known": (forgotten,),
    "everything_sealed_is_kept": (unsealed,),
    "topic_is_the_log": (
        *(swapped, skipped, sent_twice, gap_in_repeat, other_bytes, not_sent_again),
    ),
    "one_letter_per_cause_and_role": (
        *(second_letter, strange_letter, unsent_letter, unplanned_letter),
    ),
    "views_are_folds": (stale_view, stopped_view),
    "mirror_is_the_log": (unmirrored,),
    "ledger_is_as_signed": (
        intake(ledger={"log": "bad from 2 on: it is another"}),
        intake(sealed_size=2),
    ),
    "no_false_alarm": (alarm,),
    "the_house_comes_to_rest": (lambda t, s: (t, replace(s, unsettled=("notify: 1 waits",))),),
}
CASES = [(check, each) for check, breaks in BREAKS.items() for each in breaks]


def test_nothing_is_found_where_all_is_well() -> None:
    """A check that cries wolf is switched off before long."""
    assert not violations(history(), house())


def test_every_check_can_fail() -> None:
    """A check that nothing is known to fail is none."""
    assert {check.__name__ for check in CHECKS} == BREAKS.keys()


@pytest.mark.parametrize(
    ("check", "breaks"), CASES, ids=lambda each: getattr(each, "__name__", each)
)
def test_each_check_finds_what_it_is_for(check: str, breaks: Break) -> None:
    """L1 to L11, MSG-1, GEN-8: what is wrong is found by its check, and named."""
    found = [each for each in violations(*breaks(history(), house())) if each.check == check]
    assert found
    assert all(each.where and each.what for each in found)


def test_a_repeat_is_no_fault_when_the_relay_was_hurt() -> None:
    """Section 6: at least once: after a kill a page is sent again, whole and in order."""
    seen = replace(house(), disturbed=frozenset({("kill", "intake")}))
    one, two, three = seen.services["intake"].topic
    assert not violations(history(), with_(seen, "intake", topic=(one, two, one, two, three)))


def test_a_shortened_topic_is_whole_when_all_was_sent_again() -> None:
    """House: who is behind on a shortened topic waits until the relay has sent the log again."""
    seen = replace(house(), disturbed=frozenset({("retention", "notify")}))
    one, two, three = seen.services["intake"].topic
    assert not violations(history(), with_(seen, "intake", topic=(three, one, two, three)))


def test_a_letter_may_come_twice_when_its_sender_was_hurt() -> None:
    """House: ADR-0016: twice under one Message-ID is better than never."""
    seen = replace(house(), disturbed=frozenset({("crash", "notify")}))
    assert not violations(history(), replace(seen, mail=seen.mail * 2))

"""A small house made by hand, in which all is well: what each check must be quiet about."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from services.notify.policy import letters_for
from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS, event_heard
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode, leaf_hash
from shared.contracts.roles import Role
from shared.kafka import command_id
from tests.faults.checks.views import fold, views_here
from tests.faults.history import Heard, History, Invoked, Read
from tests.faults.seen import Entry, KeptView, Mail, OnTopic, Seen, Service

GOLDEN: Final = Path(__file__).parents[1] / "contracts" / "golden"
NAMES: Final = UUID("6a0f4f1c-54c5-5d52-9a10-7b5f0f1a2c31")
AT: Final = datetime(2018, 12, 3, 9, tzinfo=UTC)
CASE: Final = UUID("0190a3c2-7a10-4c00-8000-000000000001")
APPLICATION: Final = f"application-{CASE}"
HEARD: Final = (
    ("intake", "intake.process", "asf.intake.events.v1"),
    ("notify", "notify.letters_for_intake", "asf.intake.events.v1"),
)
PERSON: Final = Actor(uuid5(NAMES, "person"), Role.SIGNATORY, "7699990011")
POLICY: Final = Actor(uuid5(NAMES, "policy"), "policy")


def named(name: str) -> UUID:
    """Return the identifier of that name."""
    return uuid5(NAMES, name)


def golden(kind: str) -> dict[str, Any]:
    """Return the data of an event that was published once."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{kind}.v1.json").read_text())
    return found


def record(service: str, kind: str, stream: str, version: int, **told: Any) -> Record:
    """Return a record; what is not told is as it may be."""
    command = told.get("command_id", named(f"{kind} {stream} {version}"))
    return Record(
        log=f"asf/{service}",
        event_id=named(f"event {kind} {stream} {version}"),
        type=kind,
        schema=1,
        stream=stream,
        version=version,
        previous=told.get("previous"),
        recorded_at=told.get("at", AT),
        effective_at=AT,
        actor=told.get("actor", PERSON),
        command_id=command,
        correlation_id=CASE,
        causation_id=told.get("causation_id", command),
        traceparent=None,
        policy="1",
        scheme=None,
        data=told.get("data", golden(kind)),
    )


def entry(position: int, one: Record) -> Entry:
    """Return the row of ``one``."""
    return Entry.of(position, encode(one))


def service_of(name: str, log: tuple[Entry, ...]) -> Service:
    """Return a service whose every part agrees with its log."""
    commands = {each.record.command_id: each.position for each in log}
    sealed = {
        (each.stream, each.version, field)
        for each in log
        for field in sealed_fields(EVENTS[each.record.type])
        if each.record.data.get(field) is not None
    }
    head = len(log)
    return Service(
        name=name,
        log=log,
        commands=commands,
        sealed=frozenset(sealed),
        views=tuple(KeptView(view.name, head, None, fold(view, log)) for view in views_here(name)),
        topic=tuple(
            OnTopic(0, offset, each.position, each.stream, each.leaf)
            for offset, each in enumerate(log)
        ),
        ledger={"log": None, "access": None},
        sealed_size=head,
    )


def _intake() -> tuple[Entry, ...]:
    """Return an interest, what it led to, and a declaration."""
    interest = record("intake", "InterestRegistered", APPLICATION, 1)
    first = entry(1, interest)
    told = record(
        *("intake", "RequirementsDisclosed", APPLICATION, 2),
        previous=leaf_hash(first.leaf),
        actor=POLICY,
        command_id=command_id("intake.process", interest.event_id, 0),
        causation_id=interest.event_id,
    )
    second = entry(2, told)
    declared = record(
        *("intake", "SignatoryMandateDeclared", APPLICATION, 3), previous=leaf_hash(second.leaf)
    )
    return first, second, entry(3, declared)


def _notify(interest: Record) -> tuple[tuple[Entry, ...], str]:
    """Return the letter that the interest gives occasion to, and its id."""
    event = event_heard(interest)
    assert event is not None
    (asked,) = letters_for(event, interest.event_id)
    letter = str(asked.command.notification_id)
    stream = f"notification-{letter}"
    own = {"notification_id": letter, "application_id": str(CASE)}
    planned = record(
        *("notify", "NotificationPlanned", stream, 1),
        actor=POLICY,
        command_id=command_id("notify.letters_for_intake", interest.event_id, 0),
        causation_id=interest.event_id,
        data=golden("NotificationPlanned")
        | own
        | {"cause_id": str(interest.event_id), "letter": "interest_receipt", "facts": []}
        | {"recipient_role": "applicant"},
    )
    first = entry(1, planned)
    sent = record(
        *("notify", "NotificationSent", stream, 2),
        previous=leaf_hash(first.leaf),
        actor=POLICY,
        causation_id=interest.event_id,
        data=golden("NotificationSent") | own | {"recipient_id": interest.data["contact_id"]},
    )
    return (first, entry(2, sent)), letter


@cache
def _house() -> Seen:
    """Return the house; it is the same each time."""
    intake = _intake()
    notify, letter = _notify(intake[0].record)
    heard_intake = {"asf.intake.events.v1": 3}
    services = {
        "intake": replace(
            service_of("intake", intake),
            progress={
                ("intake.process", topic, APPLICATION): v for topic, v in heard_intake.items()
            },
            access=frozenset({uuid5(named("vain"), f"POST /v1/applications/{CASE}/commitment")}),
        ),
        "notify": replace(
            service_of("notify", notify),
            progress={
                ("notify.letters_for_intake", topic, APPLICATION): v
                for topic, v in heard_intake.items()
            },
        ),
    }
    mirror: Mapping[str, Mapping[int, bytes]] = {
        name: {each.position: each.leaf for each in service.log}
        for name, service in services.items()
    }
    return Seen(services, (Mail(letter, "kontakt@alfa.example"),), mirror, HEARD)


def house() -> Seen:
    """Return a house in which all is well."""
    return _house()


def history() -> History:
    """Return what its clients saw."""
    interest, _, declared = house().services["intake"].log
    created = Invoked(interest.record.command_id, "intake", "POST /v1/applications", None, True)
    created.heard += [Heard("unknown"), Heard("acknowledged", 201, version=1, position=1)]
    created.stream = APPLICATION
    signed = Invoked(
        *(declared.record.command_id, "intake", f"POST /v1/applications/{CASE}/mandate"),
        *(APPLICATION, True),
    )
    signed.heard.append(Heard("acknowledged", 200, version=3, position=3))
    signed.at = (AT, AT)
    vain = Invoked(
        *(named("vain"), "intake", f"POST /v1/applications/{CASE}/commitment"),
        *(APPLICATION, True),
        must_refuse="role_may_not_act",
    )
    vain.heard.append(Heard("refused", 403, "role_may_not_act"))
    return History([created, signed, vain], [Read("intake", "/v1/applications", 1, 3)])

"""Reads everything that stands in the house: each database, each topic from its beginning, the mail."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from importlib import import_module
from typing import Any, Final

import asyncpg

from deploy.local.stack import Stack
from shared.contracts.record import decode
from shared.eventlog.connection import Connection, connect
from shared.eventlog.views import View
from shared.kafka import Brokers, events_topic
from shared.kafka.headers import POSITION
from shared.kafka.reading import whole_topic
from shared.ledger.fsck import Outside, check
from shared.ledger.signer import known_keys, signed_note
from shared.ledger.store import LOGS, Log
from shared.relay import origin_of
from tests.faults.seen import Entry, KeptView, Mail, OnTopic, Parked, Seen, Service

AUDIT: Final = "audit"
VIEWS_TIMEOUT_S: Final = 30.0


def views_of(service: str) -> tuple[View[Any], ...]:
    """Return every view of a service, as this checkout has it."""
    views: tuple[View[Any], ...] = import_module(f"services.{service}.main").service.every_view
    return views


def heard(services: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return who hears what: service, group, topic."""
    found: list[tuple[str, str, str]] = []
    for service in services:
        if service == AUDIT:
            named = import_module("services.audit.consumers.gaps").mirror_group
            found += [(service, named(each), events_topic(each).name) for each in services]
        else:
            table = import_module(f"services.{service}.consumers").subscriptions(None)
            found += [(service, each.group, each.topic) for each in table]
    return tuple(found)


@asynccontextmanager
async def database(stack: Stack, service: str) -> AsyncGenerator[Connection]:
    """Yield the superuser's connection to the database of a service."""
    async with connect(stack.postgres_admin_dsn, name="faults", database=service) as connection:
        yield connection


async def observe(
    stack: Stack,
    services: tuple[str, ...],
    disturbed: frozenset[tuple[str, str]],
    unsettled: tuple[str, ...],
) -> Seen:
    """Return everything; nothing may be under way any more."""
    found: dict[str, Service] = {}
    for service in services:
        async with database(stack, service) as connection:
            found[service] = await _service(stack, connection, service)
    return Seen(
        services=found,
        mail=_mail(stack),
        mirror=await _mirror(stack),
        heard=heard(services),
        disturbed=disturbed,
        unsettled=unsettled,
    )


async def _service(stack: Stack, connection: Connection, service: str) -> Service:
    """Return everything of one service."""
    sealed = await connection.fetch("SELECT stream, version, field FROM log.sealed_value")
    commands = await connection.fetch("SELECT id, pos FROM log.command")
    access = await connection.fetch("SELECT id FROM access.command")
    size = await connection.fetchval("SELECT max(size) FROM ledger.checkpoint WHERE log = 'log'")
    return Service(
        name=service,
        log=await _log(connection),
        access=frozenset(row["id"] for row in access),
        commands={row["id"]: row["pos"] for row in commands},
        sealed=frozenset((row["stream"], row["version"], row["field"]) for row in sealed),
        views=tuple([await _view(connection, service, view) for view in views_of(service)]),
        topic=await _topic(stack, service),
        progress=await _progress(connection),
        parked=await _parked(connection),
        ledger={log: await _ledger(stack, connection, service, log) for log in LOGS},
        sealed_size=size or 0,
    )


async def _log(connection: Connection) -> tuple[Entry, ...]:
    """Return the log, in order of position."""
    rows = await connection.fetch("SELECT pos, stream, version, leaf FROM log.event ORDER BY pos")
    return tuple(
        Entry(row["pos"], row["stream"], row["version"], row["leaf"], decode(row["leaf"]))
        for row in rows
    )


async def _view(connection: Connection, service: str, view: View[Any]) -> KeptView:
    """Return a view as it is kept."""
    state = await connection.fetchrow(
        f'SELECT position, stopped_reason FROM "{service}".view_state'  # noqa: S608 -- our own name
        " WHERE name = $1 AND place = 'live'",
        view.name,
    )
    rows = await connection.fetch(
        f'SELECT key, position, document::text AS document FROM "{service}"."{view.name}"'  # noqa: S608 -- our own names
    )
    return KeptView(
        name=view.name,
        position=state["position"] if state else 0,
        stopped=state["stopped_reason"] if state else "it is not there",
        documents={row["key"]: (row["position"], json.loads(row["document"])) for row in rows},
    )


async def _topic(stack: Stack, service: str) -> tuple[OnTopic, ...]:
    """Return the topic of a service's events, from offset 0."""
    found = [
        OnTopic(
            partition=each.partition,
            offset=each.offset,
            position=_number(dict(each.headers)),
            key=None if each.key is None else each.key.decode(),
            value=each.value or b"",
        )
        async for each in whole_topic(Brokers(stack.kafka_bootstrap), events_topic(service).name)
    ]
    return tuple(sorted(found, key=lambda each: (each.partition, each.offset)))


def _number(headers: Mapping[str, bytes]) -> int | None:
    """Return the position that a message names."""
    value = headers.get(POSITION, b"")
    return int(value) if value.isdigit() else None


async def _progress(connection: Connection) -> Mapping[tuple[str, str, str], int]:
    """Return how far each consumer is."""
    rows = await connection.fetch("SELECT consumer, topic, stream, version FROM consumer.progress")
    return {(row["consumer"], row["topic"], row["stream"]): row["version"] for row in rows}


async def _parked(connection: Connection) -> tuple[Parked, ...]:
    """Return which streams wait for an operator."""
    rows = await connection.fetch(
        "SELECT consumer, stream, code || ': ' || reason AS why FROM consumer.parked"
        " WHERE settled_at IS NULL ORDER BY id"
    )
    return tuple(Parked(row["consumer"], row["stream"], row["why"]) for row in rows)


async def _ledger(stack: Stack, connection: Connection, service: str, log: Log) -> str | None:
    """Return what is wrong with what was signed for a log; ``None``: nothing."""
    place = stack.settings.data / "ledger" / service / log
    memory = signed_note(place)
    found = await check(
        connection,
        log,
        origin=origin_of(service, log, prefix="", simulated=True),
        verifiers=known_keys(place),
        outside=(Outside("the signer's memory", memory),) if memory else (),
    )
    return f"bad from {found.bad.position} on: {found.bad.why}" if found.bad else None


def _mail(stack: Stack) -> tuple[Mail, ...]:
    """Return every letter in the sink, oldest first."""
    found: list[Mail] = []
    for path in stack.mail.letters():
        message = message_from_bytes(path.read_bytes())
        identity = str(message["Message-ID"]).strip("<>").partition("@")[0]
        found.append(Mail(identity, str(message["X-Envelope-To"])))
    return tuple(found)


async def _mirror(stack: Stack) -> Mapping[str, Mapping[int, bytes]]:
    """Return audit's copy of every log."""
    found: dict[str, dict[int, bytes]] = {}
    async with database(stack, AUDIT) as connection:
        try:
            rows = await connection.fetch("SELECT log, position, leaf FROM audit.mirror")
        except asyncpg.UndefinedTableError:
            return {}
    for row in rows:
        found.setdefault(row["log"].removeprefix("asf/"), {})[row["position"]] = row["leaf"]
    return found

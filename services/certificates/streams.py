"""The Faust application that keeps ``asf.certificates.register.v1``: the latest of each number.

Derived state, made from ``asf.certificates.events.v1`` and from nothing else. It can be made anew:
begin from zero, and the same records come again. So a reader trusts, of two records of one number,
the one with the higher ``ce_sequence``.

An event that the table cannot take ends the process before its offset is committed: Faust would
commit past it, and the register would be wrong without a word.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol, cast

import faust
from pydantic import BaseModel, ConfigDict

from services.certificates.settings import Settings
from services.certificates.views.register import (
    RegisterEntry,
    register_entry,
    register_keys,
    register_value,
)
from shared.contracts.catalogue import event_recorded
from shared.contracts.certificates_public import REGISTER_TOPIC
from shared.contracts.record import Record, decode
from shared.kafka import (
    KAFKA_FAILURES,
    SCRAM,
    Brokers,
    Place,
    RecordsLost,
    Topic,
    Unbroken,
    changelog,
    events_topic,
    reposition,
)
from shared.kafka.headers import POSITION, SEQUENCE
from shared.kafka.topics import lacking
from shared.process.door import Door
from shared.process.end import end_in_time, hear_of_the_end, unless_stopped
from shared.process.loops import PAUSE_FIRST_S, PAUSE_MAX_S, rest
from shared.telemetry import get_logger
from shared.web import add_health, bare_app

APPLICATION: Final = "asf.certificates.streams.v1"
TABLE: Final = "register"
SOURCE: Final = events_topic("certificates")
STREAM: Final = "certificate-"
TOPICS: Final = (
    Topic(REGISTER_TOPIC, compacted=True),
    changelog(APPLICATION, TABLE, source=SOURCE),
)
"""What ``migrate`` provides for it; Faust itself makes no topic."""

SESSION_S: Final = 10.0
"""How long a member that died holds its partitions; the library's own is a minute."""

HEARTBEAT_S: Final = 2.0
WATCH_S: Final = 0.2
LOOK_S: Final = 5.0
"""How long a look at Kafka may take."""

FAILED: Final = 1

logger = get_logger(__name__)

_library = cast("Any", faust)
"""Faust, whose types say less than its documentation."""


class TableKept(BaseModel):
    """What the table knows of one certificate.

    Attributes:
        version: Of the stream's last event that was taken.
        position: Of the last event that changed the entry; 0 before the issue.
        entry: ``None`` while the certificate is pending.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 0
    position: int = 0
    entry: RegisterEntry | None = None


class Gap(Exception):  # noqa: N818 -- named for what it is
    """An event of a stream did not come. What follows it cannot be taken."""


class Send(Protocol):
    """How a record is sent to the register topic, and awaited until all replicas have it."""

    def __call__(self, key: str, value: bytes, headers: Mapping[str, bytes]) -> Awaitable[None]:
        """Send one record."""
        ...


def taken(kept: TableKept, record: Record, position: int) -> TableKept:
    """Return what is known after ``record``. A record that was taken before changes nothing.

    Raises:
        Gap: The record is not the next of its stream.
        NewerVersionError: A newer release said it (ADR-0030), and takes it.
    """
    if record.version <= kept.version:
        return kept
    if record.version != kept.version + 1:
        raise Gap(f"{record.stream}: version {record.version} came after {kept.version}")
    event = event_recorded(record)
    keys = register_keys(event)
    if not keys:
        return kept.model_copy(update={"version": record.version})
    entry = register_entry(kept.entry, event, keys[0])
    return TableKept(version=record.version, position=position, entry=entry)


async def take(table: Any, send: Send, leaf: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
    """Take one record: what it changes goes to the register topic first, then into the table.

    So whatever dies in between makes a repeat on the topic, never a gap.
    """
    record = decode(leaf)
    if not record.stream.startswith(STREAM):
        return
    said = table.get(record.stream)
    kept = TableKept() if said is None else TableKept.model_validate(said, strict=False)
    after = taken(kept, record, int(dict(headers)[POSITION]))
    if after == kept:
        return
    if after.entry is not None and after.position != kept.position:
        marks = {POSITION: b"%d" % after.position, SEQUENCE: b"%d" % after.version}
        marks["content-type"] = b"application/json"
        await send(after.entry.issued.number, register_value(after.entry), marks)
    table[record.stream] = after.model_dump(mode="json")


def application(settings: Settings, *, folder: Path, end: Callable[[int], Any]) -> Any:
    """Return the Faust application, wired.

    Args:
        settings: Of the service.
        folder: The library wants one; the table is in memory, and behind it stands its changelog.
        end: Ends the process at once, without the commits of an orderly stop.
    """
    app = _library.App(
        APPLICATION,
        broker=[f"kafka://{each}" for each in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=_credentials(settings.brokers),
        store="memory://",
        datadir=folder,
        value_serializer="raw",
        topic_partitions=SOURCE.partitions,
        topic_replication_factor=settings.kafka_replication,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        web_enabled=False,
    )
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw"}
    source = app.topic(SOURCE.name, **raw)
    register = app.topic(REGISTER_TOPIC, **raw)
    table = app.Table(TABLE, partitions=SOURCE.partitions)

    async def send(key: str, value: bytes, headers: Mapping[str, bytes]) -> None:
        under_way = await register.send(key=key.encode(), value=value, headers=dict(headers))
        await under_way

    unbroken = Unbroken(settings.brokers, group=APPLICATION)

    async def assigned(_app: Any, assigned: Collection[Any], **_named: Any) -> None:
        """Know where the group is, before anything comes."""
        places = [Place(each.topic, each.partition) for each in assigned]
        await unbroken.assigned([each for each in places if each.topic == SOURCE.name])

    async def keep_register(stream: Any) -> None:
        """Take the events of certificates, in the order of each stream."""
        async for each in stream.events():
            try:
                message = each.message
                unbroken.require(Place(message.topic, message.partition), message.offset)
                await take(table, send, each.value, _headers(each.message.headers))
            except Exception as error:  # noqa: BLE001 -- the edge: said, and then the end
                _stopped(error, each.message)
                end(FAILED)

    app.agent(source, name="keep_register")(keep_register)
    app.on_partitions_assigned.connect(assigned, weak=False)
    return app


def _credentials(brokers: Brokers) -> Any:
    """Return, in Faust's own words, what every other client of ours is told."""
    if brokers.username is not None:
        return _library.SASLCredentials(
            username=brokers.username,
            password=brokers.password,
            ssl_context=brokers.tls,
            mechanism=SCRAM,
        )
    return None if brokers.tls is None else _library.SSLCredentials(brokers.tls)


def run_streams(settings: Settings) -> None:
    """Run the application until SIGTERM. The role ``streams``."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    """Run the application, and the door at which its health is asked, until told to stop."""
    stopping = asyncio.Event()
    grace_s = settings.shutdown_grace_ms / 1_000
    hear_of_the_end(stopping, grace_s)
    begun: list[Any] = []
    door = _door(settings, begun)
    async with asyncio.TaskGroup() as group:
        if door is not None:
            group.create_task(door.run())
            group.create_task(_close(door, stopping, grace_s))
        working = group.create_task(_work(settings, begun, stopping))
        await end_in_time(working, stopping, grace_s)


async def _close(door: Door, stopping: asyncio.Event, grace_s: float) -> None:
    """Close the door when told to stop: whoever asks slowly holds up nothing else."""
    await stopping.wait()
    await door.close(grace_s)


async def _work(settings: Settings, begun: list[Any], stopping: asyncio.Event) -> None:
    """Begin the application as soon as Kafka is there and nothing is skipped; stop it when told to.

    Raises:
        RuntimeError: It ended by itself.
    """
    brokers = settings.brokers
    there = await unless_stopped(stopping, kafka_there(brokers, (SOURCE, *TOPICS), stopping))
    if not (there and await unless_stopped(stopping, all_there(brokers, stopping))):
        return
    app = await _begin(settings)
    begun.append(app)
    while not (app.should_stop or await rest(stopping, WATCH_S)):
        pass
    await app.stop()
    if not stopping.is_set():
        raise RuntimeError("the Faust application ended by itself") from app.crash_reason


async def kafka_there(brokers: Brokers, topics: Sequence[Topic], stopping: asyncio.Event) -> bool:
    """Return as soon as Kafka answers and has ``topics``; ``False``: told to stop first.

    Services start in any order. The library does not wait: it ends with an exception where no
    broker answers, and takes a topic that is not there yet for one without partitions.
    """
    pause_s = PAUSE_FIRST_S
    while not stopping.is_set():
        try:
            async with asyncio.timeout(LOOK_S):
                missing = await lacking(brokers, topics)
        except KAFKA_FAILURES as error:
            logger.warning("streams.kafka_away", error=type(error).__name__)
        else:
            if not missing:
                return True
            logger.warning("streams.not_migrated", topics=missing)
        await rest(stopping, pause_s)
        pause_s = min(2 * pause_s, PAUSE_MAX_S)
    return False


async def all_there(brokers: Brokers, stopping: asyncio.Event) -> bool:
    """Return as soon as the group stands where nothing is skipped; ``False``: told to stop first.

    The library goes on with what is left of a topic that was shortened: here it would end at the gap.
    """
    pause_s = PAUSE_FIRST_S
    while not stopping.is_set():
        try:
            await reposition(brokers, group=APPLICATION, topic=SOURCE.name)
        except KAFKA_FAILURES as error:  # also as long as others are members of the group
            logger.warning("streams.waits", error=type(error).__name__)
        except RecordsLost as error:
            logger.error("streams.records_lost", topic=SOURCE.name, why=str(error))  # noqa: TRY400
        else:
            return True
        await rest(stopping, pause_s)
        pause_s = min(2 * pause_s, PAUSE_MAX_S)
    return False


async def _begin(settings: Settings) -> Any:
    """Return the application, started.

    The library makes folders when it starts and, its table being in memory, never looks at them
    again: they are gone before the work begins, so a process that is killed leaves none behind.
    """
    with TemporaryDirectory(prefix="certificates-streams-") as folder:
        app = application(settings, folder=Path(folder), end=os._exit)
        await app.start()
    return app


def _door(settings: Settings, begun: Sequence[Any]) -> Door | None:
    """Return where health is asked; ``None`` when nobody asks. ``begun``: empty before the start."""
    if settings.health_port is None:
        return None

    async def table_recovered() -> bool:
        return any(
            app.started and not app.rebalancing and not app.tables.recovery.in_recovery
            for app in begun
        )

    silent = bare_app()
    add_health(silent, {"table": table_recovered})
    door = Door(
        host=settings.http_host,
        port=settings.health_port,
        grace_s=settings.shutdown_grace_ms / 1_000,
    )
    door.app = silent
    return door


def _stopped(error: Exception, message: Any) -> None:
    """Say at which message the table stopped."""
    logger.error(
        "streams.stopped",
        topic=SOURCE.name,
        partition=message.partition,
        offset=message.offset,
        exc_info=error,
    )


def _headers(headers: Any) -> Sequence[tuple[str, bytes]]:
    """Return the headers of a message, in whichever form the transport gives them."""
    if isinstance(headers, Mapping):
        return tuple(cast("Mapping[str, bytes]", headers).items())
    return tuple(headers or ())

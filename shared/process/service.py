"""What a service is made of, and what its rooms are given. Descriptions: nothing opens here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID, uuid5

from fastapi import FastAPI

from shared.auth import Authenticator
from shared.contracts.envelope import Actor
from shared.decider import Decider
from shared.eventlog import AccessLog, Handler, Log
from shared.eventlog.connection import Pool
from shared.eventlog.projector_positions import Positions
from shared.eventlog.views import Timer, View
from shared.kafka import RecordSubscription, Subscription, Topic
from shared.kafka.subscription import CONSUMERS
from shared.process.settings import ServiceSettings
from shared.relay import Output
from shared.vault import Vault
from shared.web import Check

S = TypeVar("S", bound=ServiceSettings)

Heard: TypeAlias = Subscription | RecordSubscription
"""What is heard on a topic, and what is done then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Generic[S]):
    """What the composition root opens for a process: everything a room may take as an argument.

    Attributes:
        name: Of the service.
        actor: As whom policies, timers and background loops ask: the service, role ``policy``.
        handler: Takes commands; ``handler.look(stream)`` answers about a single resource.
        access: Where reads that must be remembered are written.
        pool: Of connections as ``<service>_app``; the views' schema is first on the search path.
        positions: How far each view is; ``await positions.reached(view, n)`` waits for one.
        now: The clock.
        new_id: Makes identifiers from chance.
    """

    name: str
    settings: S
    actor: Actor
    handler: Handler
    log: Log
    access: AccessLog
    vault: Vault
    authenticator: Authenticator
    pool: Pool
    positions: Positions
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]


Background: TypeAlias = Callable[[Parts[S]], Awaitable[None]]
"""A loop of a worker. It is cancelled at SIGTERM; when the world fails it is begun again."""

RemoveFiles: TypeAlias = Callable[[S, UUID], Awaitable[int]]
"""Remove the files of a subject whose key was erased, and return how many; an ``OSError``: not all of them
now. Safe to repeat."""

Command = Callable[[Parts[S]], Awaitable[bool]]
"""What an operator may ask for. Changes nothing; returns whether all is well."""


def no_subscriptions(_: Parts[Any]) -> tuple[Heard, ...]:
    """Return that the service hears nothing."""
    return ()


def no_checks(_: Parts[Any]) -> Mapping[str, Check]:
    """Return that readiness asks what it asks of every service."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[S]):
    """One service, as its ``main.py`` describes it to ``run``.

    Attributes:
        name: Of its package, database, topic and audience.
        settings: Read from the environment once, by ``run``.
        deciders: By aggregate: the part of a stream's name before its id.
        schema: The text of ``schema.sql``. Names without a schema; ``CREATE ... IF NOT EXISTS``.
        api: Return the HTTP application, without health.
        views: Of the service's own log, each with a table in ``schema``.
        timers: Of the service's own log; ``migrate`` makes their tables.
        subscriptions: What the service hears on Kafka, and what it does then.
        topics: That the service owns, beside ``asf.<name>.events.v1``.
        outputs: What the relay sends beside the log itself, e.g. to a public topic.
        background: Further loops of the role ``worker``.
        streams: Run the Faust application until SIGTERM; ``None`` where there is none.
        commands: Of an operator, beside those that every service has, by name.
        checks: What readiness asks beside that, by name; not in the role ``relay``.
        remove_files: After an erasure; ``None`` where the service keeps no files.
    """

    name: str
    settings: type[S]
    deciders: Mapping[str, Decider[Any, Any, Any]]
    schema: str
    api: Callable[[Parts[S]], FastAPI]
    views: tuple[View[Any], ...] = ()
    timers: tuple[Timer, ...] = ()
    subscriptions: Callable[[Parts[S]], tuple[Heard, ...]] = field(default=no_subscriptions)
    topics: tuple[Topic, ...] = ()
    outputs: tuple[Output, ...] = ()
    background: tuple[Background[S], ...] = ()
    streams: Callable[[S], None] | None = None
    commands: Mapping[str, Command[S]] = field(default_factory=dict[str, Command[S]])
    checks: Callable[[Parts[S]], Mapping[str, Check]] = field(default=no_checks)
    remove_files: RemoveFiles[S] | None = None

    @property
    def every_view(self) -> tuple[View[Any], ...]:
        """Return all views, those of the timers too."""
        return (*self.views, *(timer.view for timer in self.timers))


ROLE: Final = "policy"


def actor_of(service: str) -> Actor:
    """Return as whom ``service`` acts when nobody asked it to."""
    return Actor(uuid5(CONSUMERS, service), ROLE)

"""What stands in the house when it has come to rest: logs, topics, views, letters. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.contracts.record import Record, decode


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a log.

    Attributes:
        stream: As the row says it; so is ``version``.
    """

    position: int
    stream: str
    version: int
    leaf: bytes
    record: Record

    @classmethod
    def of(cls, position: int, leaf: bytes) -> "Entry":
        """Return the row of a record whose row agrees with it."""
        record = decode(leaf)
        return cls(position, record.stream, record.version, leaf, record)

    def __str__(self) -> str:
        """Return how a finding names it."""
        return f"{self.record.type} {self.stream} v{self.version} at {self.position}"


@dataclass(frozen=True, slots=True)
class OnTopic:
    """One message of a topic, in the order of its partition."""

    partition: int
    offset: int
    position: int | None
    key: str | None
    value: bytes


@dataclass(frozen=True, slots=True)
class KeptView:
    """A view as it is kept.

    Attributes:
        documents: By key: the position it stands at, and its parsed JSON.
    """

    name: str
    position: int
    stopped: str | None
    documents: Mapping[str, tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter in the mail sink."""

    message_id: str
    to: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A stream that waits for an operator, and why."""

    consumer: str
    stream: str
    reason: str


@dataclass(frozen=True, slots=True)
class Service:
    """Everything of one service.

    Attributes:
        access: The entries of the access log: their command ids.
        commands: Position of the last event of each known command id.
        sealed: Stream, version and field of each value in the vault.
        topic: Of its events, in the order of offsets within a partition.
        progress: How far each consumer of this service is: group, topic, stream; the version.
        ledger: Log, and what an operator's check finds wrong with it; ``None``: nothing.
        sealed_size: Under the last signed checkpoint of its log.
    """

    name: str
    log: tuple[Entry, ...] = ()
    access: frozenset[UUID] = frozenset()
    commands: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    sealed: frozenset[tuple[str, int, str]] = frozenset()
    views: tuple[KeptView, ...] = ()
    topic: tuple[OnTopic, ...] = ()
    progress: Mapping[tuple[str, str, str], int] = field(
        default_factory=dict[tuple[str, str, str], int]
    )
    parked: tuple[Parked, ...] = ()
    ledger: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    sealed_size: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """The whole house.

    Attributes:
        mirror: Audit's copy of each service's log: position and bytes.
        heard: Who hears what: service, group, topic.
        disturbed: Kinds of faults and what they hit, e.g. ``("kill", "notify")``.
        unsettled: What did not come to rest in time, in words.
    """

    services: Mapping[str, Service]
    mail: tuple[Mail, ...] = ()
    mirror: Mapping[str, Mapping[int, bytes]] = field(
        default_factory=dict[str, Mapping[int, bytes]]
    )
    heard: tuple[tuple[str, str, str], ...] = ()
    disturbed: frozenset[tuple[str, str]] = frozenset()
    unsettled: tuple[str, ...] = ()

    def hit(self, *kinds: str, target: str = "") -> bool:
        """Return whether a fault of one of these kinds hit ``target``; without one: anything."""
        return any(kind in kinds and target in {"", hit} for kind, hit in self.disturbed)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that must not be.

    Attributes:
        check: The name of the function that found it.
        where: Service and stream, command, position or key.
    """

    check: str
    where: str
    what: str

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.check}: {self.where}: {self.what}"

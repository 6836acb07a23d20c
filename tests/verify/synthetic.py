"""Logs of many cases with shared streams: real records, of a few types that need no story."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from shared.contracts.base import Event
from shared.contracts.certificates import GateNoted
from shared.contracts.envelope import Actor
from shared.contracts.intake import StandardDocumentAcquired
from shared.contracts.notify import NotificationFailed
from shared.contracts.preparation import AgreementNoted
from shared.contracts.record import Record, encode, leaf_hash
from tests.verify.house import Log

NAMES: Final = UUID("7e1a0000-0000-4000-8000-000000000002")
AT: Final = datetime(2019, 6, 19, 8, tzinfo=UTC)
NOBODY: Final = Actor(NAMES, "policy")
CASES: Final = tuple(str(uuid5(NAMES, letter)) for letter in "ABCDEF")
CASE: Final = CASES[0]


def record(  # noqa: PLR0913 -- the parts of a record
    log: str,
    stream: str,
    version: int,
    previous: bytes | None,
    event: Event,
    case: str,
    *,
    actor: Actor = NOBODY,
) -> bytes:
    """Return a record of ``event``."""
    made = uuid5(NAMES, f"{log} {stream} {version}")
    return encode(
        Record(
            log=log,
            event_id=made,
            type=type(event).__name__,
            schema=event.schema_version,
            stream=stream,
            version=version,
            previous=None if previous is None else previous.hex(),
            recorded_at=AT,
            effective_at=AT,
            actor=actor,
            command_id=made,
            correlation_id=UUID(case),
            causation_id=made,
            traceparent=None,
            policy="1",
            scheme="v1",
            data=event.model_dump(mode="json"),
        )
    )


def event_of(log: str, case: str) -> Event:
    """Return something that ``log`` may have said of ``case``."""
    id_ = UUID(case)
    match log:
        case "asf/certificates":
            return GateNoted(application_id=id_, gate="fee", noted_at=AT)
        case "asf/review":
            return AgreementNoted(application_id=id_, agreement="1", noted_at=AT)
        case "asf/notify":
            return NotificationFailed(
                notification_id=id_,
                application_id=id_,
                cause="refused",
                attempt=1,
                again_at=AT,
                failed_at=AT,
            )
        case _:
            return StandardDocumentAcquired(application_id=id_, confirmed_at=AT)


def log_of(name: str, size: int, *, cases: tuple[str, ...] = CASES, streams: int = 2) -> Log:
    """Return a log of ``size`` records: cases in turn, each with own streams, and a shared one."""
    leaves: list[bytes] = []
    heads: dict[str, tuple[int, bytes | None]] = {}
    for number in range(size):
        case = cases[number % len(cases)]
        turn = number // len(cases)
        stream = "round-1" if turn % 3 == 2 else f"case-{case}-{turn % streams}"
        version, previous = heads.get(stream, (0, None))
        leaf = record(name, stream, version + 1, previous, event_of(name, case), case)
        heads[stream] = (version + 1, leaf_hash_of(leaf))
        leaves.append(leaf)
    return Log(name, leaves)


def leaf_hash_of(leaf: bytes) -> bytes:
    """Return the leaf hash, as bytes."""
    return bytes.fromhex(leaf_hash(leaf))

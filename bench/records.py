"""Real records for the measurements: an event of usual size, and everything around it."""

from typing import Final
from uuid import UUID

from shared.clock import now
from shared.contracts.envelope import Actor, Cause
from shared.contracts.policy import POLICY_V1
from shared.contracts.record import Record
from shared.contracts.review import ReviewOpened
from shared.contracts.roles import Role

LOG: Final = "asf/bench"
_ACTOR = Actor(UUID(int=7), Role.SERVICE)
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def opened(number: int) -> ReviewOpened:
    """Return an event of usual size."""
    return ReviewOpened(
        review_id=UUID(int=number),
        application_id=UUID(int=number),
        organisation_number="5560000001",
        organisation_name="Bolaget AB",
        round_id=UUID(int=1),
        kind="initial",
        scheme="v1",
        signatory_id=UUID(int=2),
        manifest=("a" * 64, "b" * 64),
        opened_at=now(),
    )


def cause(number: int) -> Cause:
    """Return the cause of a command."""
    identifier = UUID(int=number)
    return Cause(_ACTOR, identifier, identifier, identifier, digest=identifier)


def stream(number: int) -> str:
    """Return the stream that a command begins."""
    return f"review-{UUID(int=number)}"


def record(number: int) -> Record:
    """Return the first record of a stream, as the log keeps it."""
    event, asked, at = opened(number), cause(number), now()
    return Record(
        log=LOG,
        event_id=UUID(int=number),
        type=type(event).__name__,
        schema=event.schema_version,
        stream=stream(number),
        version=1,
        previous=None,
        recorded_at=at,
        effective_at=at,
        actor=asked.actor,
        command_id=asked.command_id,
        correlation_id=asked.correlation_id,
        causation_id=asked.causation_id,
        traceparent=_TRACE,
        policy=POLICY_V1.version,
        scheme="v1",
        data=event.model_dump(mode="json"),
    )

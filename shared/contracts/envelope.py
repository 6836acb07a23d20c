"""What the log keeps around every event: where it stands, who caused it, and why."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.contracts.roles import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and as what.

    Attributes:
        person: A pseudonym, never a name; for a policy, the identifier of its service.
        organisation: Organisation number (ten digits) of the firm that the person acts for.
        on_behalf_of: The pseudonym of the person whose request a service carries out.
        mandate: The appointment or declaration under which the person acts.
    """

    person: UUID
    role: Role | Literal["policy"]
    organisation: str | None = None
    on_behalf_of: UUID | None = None
    mandate: UUID | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asked, and which chain of requests it belongs to. Kept with every event.

    Attributes:
        command_id: The same on every retry; the log answers it once (GEN-4).
        correlation_id: The case. An event with an ``application_id`` belongs to that case and a
            stream to the case of its first event; this one counts only for the rest.
        causation_id: The request or event that led directly here.
        digest: Of the request's body; the same command id with another digest is told apart.
        traceparent: W3C trace context of the request, so that its consumers join the trace.
    """

    actor: Actor
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID
    digest: UUID | None = None
    traceparent: str | None = None

"""A small service with everything that every service has: edge, rules, log. One command.

``python -m bench.posting.service api``, as every service is run.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, FastAPI, Response, status
from pydantic_settings import SettingsConfigDict

from bench.posting.forms import PATH, LetterBody, Planned
from shared.auth import Operations
from shared.contracts.base import Event
from shared.contracts.notify import Fact, NotificationPlanned
from shared.contracts.roles import Role
from shared.decider import Decider
from shared.process import Parts, Service, ServiceSettings, run
from shared.web import Caller, Edge, create_app, tell

OPERATIONS: Operations = {"plan_letter": (Role.PROJECT_LEADER,)}


class Settings(ServiceSettings):
    """Environment variables that begin with ``BENCH_``."""

    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class PlanLetter:
    """Plan a letter."""

    letter_id: UUID
    recipient_role: Role
    facts: tuple[Fact, ...]
    at: datetime


def decide(command: PlanLetter, planned: int) -> tuple[Event, ...]:
    """Return that the letter is planned, unless it is."""
    if planned:
        return ()
    return (
        NotificationPlanned(
            notification_id=command.letter_id,
            application_id=command.letter_id,
            cause_id=command.letter_id,
            letter="admission",
            recipient_role=command.recipient_role,
            legal_effect=False,
            facts=command.facts,
            planned_at=command.at,
        ),
    )


def count(planned: int, _: Event) -> int:
    """Return one more."""
    return planned + 1


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the application."""
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
    )
    router = APIRouter()

    @router.post(PATH, status_code=status.HTTP_201_CREATED)
    async def plan_letter(
        by: Annotated[Caller, Depends(edge.caller)], body: LetterBody, response: Response
    ) -> Planned:
        """Plan a letter."""
        letter_id = uuid5(by.cause.command_id, "letter")
        wish = PlanLetter(letter_id, body.recipient_role, body.facts, parts.now())
        answer = await parts.handler.put(f"letter-{letter_id}", wish, by.cause)
        tell(response, answer, location=f"{PATH}/{letter_id}")
        return Planned(letter_id=letter_id, version=answer.version, position=answer.position)

    return create_app("Bench", routers=[router], operations=OPERATIONS)


service = Service(
    name="bench",
    settings=Settings,
    deciders={"letter": Decider(initial=0, decide=decide, evolve=count)},
    schema="SELECT",
    api=build_api,
)

if __name__ == "__main__":
    run(service)

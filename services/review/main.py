"""Composition root of the review service: the only module that knows everything."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from fastapi import FastAPI
from obstore.store import ObjectStore

from services.review.api import OPERATIONS, routes, upload_of
from services.review.api.acting import Acting
from services.review.api.files import UPLOAD_TIMEOUT_S
from services.review.api.meanings import MEANINGS
from services.review.api.standing import Bystander
from services.review.commands.appointment import EnterFoundingAppointment
from services.review.consumers import subscriptions
from services.review.decider import (
    appointment,
    assessment,
    casefile,
    cohort,
    review,
    tie,
    workspace,
)
from services.review.queries import Lists
from services.review.settings import Settings
from services.review.views.appointment_record import appointment_record
from services.review.views.case_record import case_record
from services.review.views.deadline import deadlines
from services.review.views.duty_record import duty_record
from services.review.views.review_case import review_cases
from services.review.views.tie_record import tie_record
from shared.contracts.envelope import Actor, Cause
from shared.contracts.roles import Role
from shared.eventlog import Handler
from shared.process import Parts, Service, run
from shared.telemetry import get_logger
from shared.vault.incoming import remove_left
from shared.vault.objects import Objects, remove_all, store_of
from shared.web import Edge, Limits, create_app

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()
FOUNDERS: Final = UUID("7f1e0d0b-9d43-5b52-8a1f-3e6b6c1a9d24")
"""Name space of the founding appointments and of the commands that enter them (APT-2)."""
LEFT_AFTER: Final = timedelta(seconds=12 * UPLOAD_TIMEOUT_S)
"""What nobody has written to for so long was left by an upload whose process was killed."""
LOOK_INTERVAL_S: Final = 600.0

_log = get_logger("review")


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
    settings = parts.settings
    edge = Edge(
        authenticator=parts.authenticator,
        operations=OPERATIONS,
        access=parts.access,
        now=parts.now,
        case_of=parts.handler.case_of,
        firm_of=partial(firm_of, parts.handler),
        ledgers=parts.pool,
        vault=parts.vault,
    )
    lists = Lists(parts.pool)
    reached = parts.positions.reached
    return create_app(
        "Review",
        routers=routes(
            edge=edge,
            acting=Acting(parts.handler, parts.access, parts.vault, parts.now),
            bystander=Bystander(parts.handler, lists, reached),
            lists=lists,
            objects=Objects(_store(settings), parts.vault),
            reached=reached,
        ),
        operations=OPERATIONS,
        meanings=MEANINGS,
        limits=Limits(
            body_bytes_max=settings.request_body_bytes_max,
            uploads=(upload_of(settings.upload_bytes_max),),
        ),
    )


def _store(settings: Settings) -> ObjectStore:
    """Return where the files of evidence lie."""
    return store_of(settings.evidence_url, folder=settings.evidence_folder)


async def remove_files(settings: Settings, subject: UUID) -> int:
    """Remove the files of a subject that was erased; return how many."""
    return await remove_all(_store(settings), subject)


async def remove_killed_uploads(parts: Parts[Settings]) -> None:
    """Keep the store of evidence clear of what nobody knows of."""
    await keep_clear(partial(_store, parts.settings))


async def keep_clear(store: Callable[[], ObjectStore]) -> None:
    """Remove what killed uploads have left in the store, at once and again and again."""
    while True:
        try:
            uploads = await remove_left(store(), LEFT_AFTER)
        except OSError as error:
            _log.warning("review.killed_uploads_left", why=str(error) or type(error).__name__)
        else:
            if uploads:
                _log.warning("review.killed_uploads_removed", uploads=uploads)
        await asyncio.sleep(LOOK_INTERVAL_S)


async def firm_of(handler: Handler, case: UUID) -> str | None:
    """SOD-14: return the number of the firm whose workspace it is; ``None``: there is none yet."""
    request = (await handler.look(f"workspace-{case}")).state.request
    return None if request is None else str(request.organisation_number)


async def enter_founders(parts: Parts[Settings]) -> None:
    """APT-2: enter the first appointments, once; then wait to be stopped. Safe to repeat."""
    for founder in parts.settings.founders:
        name = f"{founder.person}:{founder.role}:{founder.valid_from}:{founder.valid_until}"
        appointment_id = uuid5(FOUNDERS, name)
        command = EnterFoundingAppointment(
            appointment_id=appointment_id,
            person_id=founder.person,
            role=founder.role,
            schemes=founder.schemes,
            valid_from=founder.valid_from,
            valid_until=founder.valid_until,
            at=parts.now(),
        )
        cause = Cause(
            actor=Actor(parts.actor.person, Role.OPERATOR),
            command_id=appointment_id,
            correlation_id=appointment_id,
            causation_id=appointment_id,
        )
        await parts.handler.put(f"appointment-{founder.person}", command, cause)
    await asyncio.Event().wait()


service = Service(
    name="review",
    settings=Settings,
    deciders={
        "appointment": appointment.decider,
        "tie": tie.decider,
        "casefile": casefile.decider,
        "cohort": cohort.decider,
        "workspace": workspace.decider,
        "assessment": assessment.decider,
        "review": review.decider,
    },
    schema=SCHEMA,
    api=build_api,
    views=(review_cases, appointment_record, case_record, tie_record, duty_record),
    timers=(deadlines,),
    subscriptions=subscriptions,
    background=(enter_founders, remove_killed_uploads),
    remove_files=remove_files,
)

if __name__ == "__main__":
    run(service)

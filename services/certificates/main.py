"""Composition root of the certificates service."""

from functools import partial
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from services.certificates.api import OPERATIONS
from services.certificates.api.holders import HolderParts, holder_routes
from services.certificates.api.meanings import MEANINGS
from services.certificates.api.public import PublicParts, public_routes
from services.certificates.consumers import subscriptions
from services.certificates.consumers.register_check import compare_register
from services.certificates.decider import certificate, issuance, number
from services.certificates.settings import Settings
from services.certificates.streams import TOPICS, run_streams
from services.certificates.views.expiry import expire, expiry, expiry_keys
from services.certificates.views.holding import Holding, holding, holding_keys
from services.certificates.views.public import public_record
from services.certificates.views.register import RegisterEntry, register_entry, register_keys
from shared.contracts.certificates_public import PUBLIC_TOPIC
from shared.contracts.record import Record
from shared.eventlog import Handler
from shared.eventlog.views import Due, Timer, View
from shared.kafka import Outgoing, Topic
from shared.process import Parts, Service, run
from shared.relay import Output
from shared.web import Edge, Limits, access_log_routes, create_app, disclosure_routes, ledger_routes

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


def to_public(record: Record, position: int) -> Outgoing | None:
    """Return the message to outsiders that ``record`` leads to; ``None`` when to none."""
    said = public_record(record, position)
    return None if said is None else Outgoing(said.key, said.value, list(said.headers))


async def firm_of(handler: Handler, case: UUID) -> str | None:
    """SOD-14: return the number of the firm that a certificate is for; ``None``: there is none."""
    issuance = (await handler.look(f"issuance-{case}")).state
    for certificate_id in issuance.grants.values():
        prepared = (await handler.look(f"certificate-{certificate_id}")).state.prepared
        if prepared is not None:
            return str(prepared.organisation_number)
    return None


def build_api(parts: Parts[Settings]) -> FastAPI:
    """Return the HTTP application, wired."""
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
    settings = parts.settings
    public = PublicParts(
        handler=parts.handler,
        pool=parts.pool,
        reached=parts.positions.reached,
        issuer=settings.issuer_name,
        max_age_s=settings.public_max_age_s,
        now=parts.now,
    )
    holders = HolderParts(
        handler=parts.handler,
        edge=edge,
        pool=parts.pool,
        reached=parts.positions.reached,
        now=parts.now,
    )
    app = create_app(
        "Certificates",
        routers=[
            public_routes(public),
            holder_routes(holders),
            access_log_routes(edge),
            ledger_routes(edge),
            disclosure_routes(edge),
        ],
        operations=OPERATIONS,
        meanings=MEANINGS,
        limits=Limits(body_bytes_max=settings.request_body_bytes_max),
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET"],
        allow_headers=["If-None-Match", "Wait-For-Position"],
        expose_headers=["ETag", "Link", "Log-Position"],
    )
    return app


service = Service(
    name="certificates",
    settings=Settings,
    deciders={
        "issuance": issuance.decider,
        "certificate": certificate.decider,
        "number": number.decider,
    },
    schema=SCHEMA,
    api=build_api,
    views=(
        View("register", 1, RegisterEntry, register_keys, register_entry),
        View("holding", 1, Holding, holding_keys, holding),
    ),
    timers=(Timer(View("expiry", 1, Due, expiry_keys, expiry), expire),),
    subscriptions=subscriptions,
    topics=(Topic(PUBLIC_TOPIC), *TOPICS),
    outputs=(Output(PUBLIC_TOPIC, to_public),),
    streams=run_streams,
    commands={"check-register": compare_register},
)

if __name__ == "__main__":
    run(service)

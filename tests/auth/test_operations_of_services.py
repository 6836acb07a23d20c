"""SOD-15: the table of each service, put to the test: every operation, asked in every role."""

import importlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from deploy.openapi import SERVICES, unconnected
from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.process import Service
from shared.testing.memory import MemoryAccessLog
from shared.web.edge import operations_of
from tests.auth.issuer import authenticator, claims, token

LEDGER = {
    f"{verb}_{access}{what}"
    for access in ("", "access_")
    for verb, what in (
        ("read", "checkpoint"),
        ("read", "checkpoint_of_size"),
        ("read", "tile"),
        ("prove", "record"),
        ("prove", "growth"),
    )
}
"""Hashes, signatures and proofs: whoever checks a log needs no leave of the log."""
FOR_ANYONE = {
    "certificates": {"list_certificates", "count_certificates", "verify_certificate", *LEDGER},
    "review": {"read_scheme", *LEDGER},
    "intake": {"read_requirements", "read_questionnaire", "list_rounds", "read_round", *LEDGER},
    "notify": LEDGER,
    "audit": {
        *("add_checkpoint", "show_witness", "read_cosigned_checkpoint"),
        *("read_cosigned_checkpoint_of_size", "prove_cosigned_record", "prove_cosigned_growth"),
        *LEDGER,
    },
}
"""What needs no token: information about rounds, requirements and certificates; proofs; the witness."""

PARAMETER = re.compile(r"\{[^}]+\}")
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/main.py"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation, as it is asked.

    Attributes:
        path: With an identifier in the place of each parameter.
    """

    service: str
    name: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class House:
    """A service's real edge, with nothing behind it: whoever gets past the table meets an error."""

    app: FastAPI
    operations: Operations
    access: MemoryAccessLog


@cache
def house(name: str) -> House:
    """Return the application of a service, whose tokens come from the issuer of the tests."""
    service: Service[Any] = importlib.import_module(f"services.{name}.main").service
    access = MemoryAccessLog()
    parts = replace(unconnected(service), authenticator=authenticator(), access=access)
    app = service.api(parts)
    operations: Operations = getattr(app, "operations")  # noqa: B009 -- of our own application
    return House(app, operations, access)


def every_operation() -> list[Asked]:
    """Return what can be asked of the whole house."""
    return [
        Asked(
            service,
            str(route.name),
            method,
            PARAMETER.sub(str(UUID(int=1)), str(route.path_format)),
        )
        for service in NAMES
        for route in operations_of(house(service).app)
        for method in sorted(route.methods or ())
    ]


OPERATIONS = every_operation()


async def answers(
    asked: Asked, callers: Iterable[Mapping[str, str]]
) -> AsyncIterator[httpx2.Response]:
    """Yield what the edge of the service answers each of ``callers``, who differ by headers."""
    transport = httpx2.ASGITransport(house(asked.service).app)
    body = None if asked.method == "GET" else "{}"
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as http:
        for caller in callers:
            with capture_logs():  # past the table there is nothing, and that is an error of ours
                yield await http.request(asked.method, asked.path, headers=caller, content=body)


@cache
def headers(*roles: Role) -> dict[str, str]:
    """Return what somebody in ``roles`` sends with whatever they ask; without any: no token."""
    common = {
        "Content-Type": "application/json",
        "Idempotency-Key": "-".join(roles) or "nobody",
        "If-Match": '"1"',
    }
    return common | ({"Authorization": f"Bearer {token(claims(*roles))}"} if roles else {})


async def last(access: MemoryAccessLog) -> int:
    """Return the position of the newest entry; 0 when there is none."""
    position = 0
    while page := await access.entries(after=position):
        position = page[-1].position
    return position


@pytest.mark.parametrize("service", NAMES)
def test_the_table_names_every_operation_and_says_which_are_for_anyone(service: str) -> None:
    """Conventions 2: the table is total; what is public is so on purpose."""
    table = house(service).operations
    assert {asked.name for asked in OPERATIONS if asked.service == service} == table.keys()
    assert {name for name, roles in table.items() if roles == PUBLIC} == FOR_ANYONE[service]
    assert all(len({*roles}) == len(roles) for roles in table.values())


@pytest.mark.integration  # for its time, not for its parts: fifteen hundred requests
@pytest.mark.parametrize("asked", OPERATIONS, ids=lambda asked: f"{asked.service}.{asked.name}")
async def test_an_operation_is_open_to_the_roles_of_the_table_and_to_nobody_else(
    asked: Asked,
) -> None:
    """SOD-15, GEN-8: each role of the house in turn; a no is on record before it is heard."""
    allowed = house(asked.service).operations[asked.name]
    access = house(asked.service).access
    before, refused = await last(access), list[Role]()
    roles = iter(Role)
    async for said in answers(asked, map(headers, Role)):
        role = next(roles)
        may = allowed == PUBLIC or role in allowed
        code = said.json().get("code") if said.status_code >= 400 else None
        assert (code == "role_may_not_act") is (not may), (role, said.status_code, code)
        assert (said.status_code == 403) is (not may), (role, said.status_code, code)
        refused += [] if may else [role]
    entries = [each.entry for each in await access.entries(after=before)]
    noes = [entry for entry in entries if entry.code == "role_may_not_act"]
    assert [entry.actor.role for entry in noes] == refused
    assert all(entry.command == asked.name for entry in noes)


@pytest.mark.parametrize("asked", OPERATIONS, ids=lambda asked: f"{asked.service}.{asked.name}")
async def test_without_a_token_only_what_is_for_anyone_is_answered(asked: Asked) -> None:
    """Conventions 1: 401 with a challenge; nothing else is said."""
    public = asked.name in FOR_ANYONE[asked.service]
    async for said in answers(asked, [headers()]):
        assert (said.status_code == 401) is not public
        assert ("www-authenticate" in said.headers) is not public

"""Who asks for what: every route that is not public begins here.

SOD-15: one table for each service says which roles may use which operation. It is total: an
operation that is not in it, or one that does not ask who calls, fails the build.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from shared.auth import PUBLIC, Authenticator, Operations, Principal, TokenRefused
from shared.auth.service_token import ON_BEHALF_OF
from shared.contracts.envelope import Actor, Cause
from shared.contracts.roles import Role
from shared.decider import Refusal, RefusalKind
from shared.eventlog import AccessEntry, AccessLog
from shared.ids import new_id
from shared.ledger.store import Database
from shared.telemetry import about_case, current_traceparent, note
from shared.vault import Vault
from shared.web.codes import CODES
from shared.web.idempotency import BODY, IDEMPOTENCY_KEY, command_id, digest, parse_key
from shared.web.problem import Problem

COMMANDS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CASE: Final = "application_id"
"""The path parameter that names the case."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and in which role."""

    principal: Principal
    role: Role
    actor: Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """Who commands, in which role, and what goes into the record about it."""

    cause: Cause
    principal: Principal
    role: Role

    @property
    def person(self) -> UUID:
        """Return the pseudonym of whoever acts."""
        return self.principal.person

    def over(self, content: bytes) -> "Caller":
        """Return the same caller for an upload, whose body is known by its hash only.

        The key of a repeated upload is then told apart from one with another file.
        """
        before = self.cause.digest
        assert before is not None
        joined = digest("", "", before.bytes + content)
        return replace(self, cause=replace(self.cause, digest=joined))


CaseOf: TypeAlias = Callable[[str], Awaitable[UUID | None]]
"""Return the case that a stream belongs to; ``None``: there is no such stream, or it has none."""


FirmOf: TypeAlias = Callable[[UUID], Awaitable[str | None]]
"""Return the number of the firm whose case it is; ``None``: that is not known here."""


async def _unknown(_asked: object) -> None:
    """Know nothing: no case of a stream where the address names it, and no firm of a case."""


class Edge:
    """Asks who calls, and whether one of their roles may. One for each service.

    Args:
        operations: The table, by name of the route's function.
        access: Where a no on grounds of role is kept before the caller hears of it (GEN-8).
        case_of: Asked for the case of a stream whose id is not the case's own.
        firm_of: Asked whose a case is, when somebody asks who looked at their own.
        ledgers: The service's database, where its ledgers are read; ``None``: there are none.
        vault: Where what may be disclosed to auditors lies; ``None``: nothing is disclosed.
    """

    def __init__(  # noqa: PLR0913 -- wiring, keyword by keyword
        self,
        *,
        authenticator: Authenticator,
        operations: Operations,
        access: AccessLog,
        now: Callable[[], datetime],
        case_of: CaseOf = _unknown,
        firm_of: FirmOf = _unknown,
        ledgers: "Database | None" = None,
        vault: Vault | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._operations = operations
        self.access = access
        self._now = now
        self._case_of = case_of
        self.firm_of = firm_of
        self.ledgers = ledgers
        self.vault = vault

    async def reader(self, request: Request) -> Reader:
        """Return who reads. A dependency for GET routes.

        Raises:
            TokenRefused: 401: no token, or one that proves nothing.
            Refusal: 403 ``role_may_not_act``, on record by then.
        """
        principal = await self._authenticated(request)
        role, actor = await self._permitted(request, principal)
        return Reader(principal, role, actor)

    async def caller(self, request: Request) -> Caller:
        """Return who commands, and the cause for the record. A dependency for all other routes.

        Raises:
            TokenRefused: 401: no token, or one that proves nothing.
            Refusal: 403 ``role_may_not_act``, on record by then.
            Problem: 400: the Idempotency-Key is missing or malformed.
        """
        principal = await self._authenticated(request)
        role, actor = await self._permitted(request, principal)
        made = command_id(principal.person, parse_key(request.headers.get(IDEMPOTENCY_KEY)))
        case = _case(request)
        if case is not None:
            about_case(str(case))
            note(case=str(case))
        cause = Cause(
            actor=actor,
            command_id=made,
            correlation_id=case or made,
            causation_id=made,
            digest=digest(request.method, request.scope["path"], request.scope.get(BODY, b"")),
            traceparent=current_traceparent(),
        )
        return Caller(cause, principal, role)

    async def remember(
        self, by: Reader, operation: str, *, stream: str, case: UUID | None = None
    ) -> None:
        """GEN-8: keep in the access log that ``stream`` was read, before it is shown."""
        await self.access.record(
            AccessEntry(new_id(), by.actor, operation, stream, "read", self._now(), case)
        )

    async def _authenticated(self, request: Request) -> Principal:
        """Return who carries the request's token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefused("token_missing", CODES["token_missing"])
        return await self._authenticator.authenticate(token.strip())

    async def _permitted(self, request: Request, principal: Principal) -> tuple[Role, Actor]:
        """SOD-15: return the role that ``principal`` acts in: the first in the table they have."""
        operation: str = request.scope["route"].name
        person = _on_behalf_of(principal, request.headers.get(ON_BEHALF_OF))
        for role in self._operations.get(operation, ()):
            if role in principal.roles:
                note(role=role.value)
                return role, _actor(principal, role, person)
        stream = _stream(request)
        entry = AccessEntry(
            command_id=_attempt_id(request, principal),
            actor=_actor(principal, min(principal.roles), person),
            command=operation,
            stream=stream,
            code="role_may_not_act",
            at=self._now(),
            case=_case(request) or (await self._case_of(stream) if stream else None),
        )
        await self.access.record(entry)
        raise Refusal(RefusalKind.NOT_PERMITTED, "role_may_not_act", CODES["role_may_not_act"])


def _actor(principal: Principal, role: Role, on_behalf_of: UUID | None) -> Actor:
    """Return ``principal`` as the record names them."""
    return Actor(principal.person, role, principal.organisation, on_behalf_of)


def _on_behalf_of(principal: Principal, named: str | None) -> UUID | None:
    """Return whose request a service carries out; ``None`` when it asks for itself."""
    if named is None:
        return None
    if not principal.client:
        raise Problem(400, "on_behalf_of_not_allowed")
    try:
        found = UUID(named)
    except ValueError as error:
        raise Problem(400, "on_behalf_of_malformed") from error
    if str(found) != named.lower():
        raise Problem(400, "on_behalf_of_malformed")
    return found


def _attempt_id(request: Request, principal: Principal) -> UUID:
    """GEN-8: return the id of what was not permitted: the same on a retry of a command only.

    The key alone is not enough: under one key, attempts at several things are several entries.
    """
    if request.method not in COMMANDS:
        return new_id()
    try:
        key = parse_key(request.headers.get(IDEMPOTENCY_KEY))
    except Problem:
        return new_id()
    asked = f"{request.method} {request.scope['path']}"
    return uuid5(command_id(principal.person, key), asked)


def _stream(request: Request) -> str:
    """Return the stream that the path names first; ``""`` when it names none."""
    for name, value in request.path_params.items():
        aggregate, is_id, rest = name.partition("_id")
        if is_id and not rest:
            try:
                return f"{aggregate}-{UUID(str(value))}"
            except ValueError:
                break
    return ""


def _case(request: Request) -> UUID | None:
    """Return the case that the path names; ``None`` when it names none."""
    try:
        return UUID(str(request.path_params.get(CASE, "")))
    except ValueError:
        return None


def operations_of(app: FastAPI) -> tuple[RouteContext, ...]:
    """Return the routes of ``app`` that are operations: those in its OpenAPI document."""
    return tuple(
        route
        for route in iter_route_contexts(app.routes)
        if getattr(route, "include_in_schema", False)
    )


def check_total(app: FastAPI, operations: Operations) -> None:
    """SOD-15: do nothing when ``operations`` and the routes of ``app`` fit each other.

    Raises:
        ValueError: An operation is not in the table, or the table names one that is not there;
            one asks nobody who they are, or asks although anyone may; a command takes no key.
    """
    routes = operations_of(app)
    names = [str(route.name) for route in routes]
    wrong = [f"{name}: two routes have this name" for name in names if names.count(name) > 1]
    wrong += [f"{name}: not in the table" for name in sorted({*names} - operations.keys())]
    wrong += [f"{name}: no such route" for name in sorted(operations.keys() - {*names})]
    for route in routes:
        name = str(route.name)
        asked = set(_asked(route.dependant))
        if name in operations and operations[name] == PUBLIC and asked:
            wrong.append(f"{name}: public, and asks who calls")
        elif name in operations and operations[name] != PUBLIC:
            command = bool(COMMANDS & (route.methods or set()))
            if command and Edge.caller not in asked:
                wrong.append(f"{name}: a command that does not depend on Edge.caller")
            elif not asked:
                wrong.append(f"{name}: does not depend on Edge.reader")
    if wrong:
        raise ValueError("; ".join(wrong))


def _asked(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Yield which ways of asking who calls ``dependant`` rests on, directly or not."""
    for each in dependant.dependencies:
        function = getattr(each.call, "__func__", None)
        for way in (Edge.caller, Edge.reader):
            if function is way:
                yield way
        yield from _asked(each)

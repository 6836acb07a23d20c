"""What every route of intake needs at hand, and what it asks before it puts a command."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid5

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from services.intake.commands.mandate import Heard
from services.intake.decider.application_state import Application, known, own, screened_by
from services.intake.decider.decision import need_mandate
from services.intake.decider.round import Round
from services.intake.queries import Lists
from services.intake.views.application import ApplicationDocument, applications
from shared.contracts.base import Event
from shared.contracts.envelope import Cause
from shared.contracts.roles import Role
from shared.contracts.swedish_time import local_day
from shared.decider import Refusal, RefusalKind
from shared.eventlog import AccessEntry, Answer, Handler, History, Look
from shared.eventlog.views import View
from shared.web import Caller, Edge, Reader, tell

D = TypeVar("D", bound=BaseModel)
E = TypeVar("E", bound=Event)

FIRM = frozenset({Role.APPLICANT, Role.SIGNATORY})


class Receipt(BaseModel):
    """What became of a command; the same answer however often it is asked.

    Attributes:
        version: Of the resource afterwards: what ``If-Match`` takes next.
        position: In the whole log: what ``Wait-For-Position`` takes.
    """

    model_config = ConfigDict(frozen=True)

    version: int
    position: int


class Reveals(Protocol):
    """Shows what is sealed in events: the vault."""

    async def reveal(self, stream: str, version: int, event: Any) -> Any:
        """Return ``event`` with its texts; ``None`` when they have been erased."""
        ...


class Wish(Protocol):
    """A command: it says at which instant it was received."""

    @property
    def at(self) -> datetime:
        """Return the instant of receipt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts that the routes work with.

    Attributes:
        reached: Wait until a view has applied a position.
    """

    edge: Edge
    handler: Handler
    vault: Reveals
    lists: Lists
    reached: Callable[[str, int], Awaitable[bool]]
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]

    async def received(self) -> datetime:
        """GEN-6: return the instant of receipt. A dependency, the first of every command."""
        return self.now()

    async def history(self, stream: str) -> History:
        """Return all events of ``stream``, oldest first; sealed fields hold their commitments."""
        return await self.handler.log.load(stream)

    async def application(self, application_id: UUID, by: Caller | Reader) -> Application:
        """SOD-14: return an application as far as rules know it, if the caller may know of it.

        Raises:
            Refusal: 404 ``application_not_found``: also for another firm's.
        """
        state: Application = (await self.handler.look(f"application-{application_id}")).state
        if by.role in FIRM:
            own(state, organisation(by))
        known(state)
        return state

    async def screened(self, application_id: UUID, by: Caller, what: str) -> Application:
        """K-02: return an application for whoever wants to decide on it (``what``).

        Raises:
            Refusal: 404 ``application_not_found``: also for a reviewer who does not screen it.
                That try is on record by then, for what it was (GEN-8).
        """
        state = await self.application(application_id, by)
        if by.role is Role.REVIEWER:
            try:
                screened_by(state, by.person)
            except Refusal:
                await self._keep(by, what, f"application-{application_id}", "not_the_screener")
                raise
        return state

    async def shown(
        self, application_id: UUID, by: Reader
    ) -> tuple[ApplicationDocument, History, Look]:
        """Return an application as it is read: the document, all events, the version.

        Raises:
            Refusal: 404 ``application_not_found``: also for what the reader may not know of.
        """
        history = await self.history(f"application-{application_id}")
        row = folded(applications, history, application_id)
        document = row.application if row else None
        if document is None or not may_know(by, document):
            raise Refusal(
                RefusalKind.NOT_FOUND, "application_not_found", "There is no such application."
            )
        return document, history, Look(document, history.version, history.position, history.case)

    async def round(self, round_id: UUID) -> Round:
        """Return a round as far as rules know it.

        Raises:
            Refusal: 404 ``round_not_found``.
        """
        state: Round = (await self.handler.look(f"round-{round_id}")).state
        if state.plan is None:
            raise Refusal(RefusalKind.NOT_FOUND, "round_not_found", "There is no such round.")
        return state

    async def heard_of(self, person: UUID, *roles: Role) -> Heard:
        """GEN-2: return what intake has heard of a person who acts, or is to act, in ``roles``."""
        look = await self.handler.look(f"mandate-{person}")
        heard: Heard = look.state.acting_as(*roles)
        return heard

    async def mandated(self, by: Caller, wish: Wish, stream: str) -> Cause:
        """APT-3, GEN-2: return the cause with the appointment under which the caller acts.

        A repeated command gets its first answer, also when the appointment has ended since.

        Raises:
            Refusal: None is in force; the try is on record by then (GEN-8).
        """
        heard = await self.heard_of(by.person, by.role)
        try:
            need_mandate(heard, wish.at)
        except Refusal as no:
            known = await self.handler.log.recall(by.cause.command_id, digest=by.cause.digest)
            if known is None:
                await self._keep(by, type(wish).__name__, stream, no.code)
                raise
        return under_mandate(by, heard, wish.at)

    async def _keep(self, by: Caller, what: str, stream: str, code: str) -> None:
        """GEN-8: keep a no on grounds of role or duty, before the caller hears of it."""
        await self.edge.access.record(
            AccessEntry(
                command_id=uuid5(by.cause.command_id, f"{stream}:{what}"),
                actor=by.cause.actor,
                command=what,
                stream=stream,
                code=code,
                at=self.now(),
                case=(await self.handler.look(stream)).case,
            )
        )


def organisation(by: Caller | Reader) -> str:
    """SOD-14: return the firm that the caller acts for; ``""``, which is nobody's, for none."""
    return by.principal.organisation or ""


def may_know(by: Reader, document: ApplicationDocument) -> bool:
    """Return whether the reader may know of the application: own firm, screener, or staff."""
    if by.role in FIRM:
        return document.organisation_number == organisation(by)
    return by.role is not Role.REVIEWER or document.screener_id == by.principal.person


def under_mandate(by: Caller, heard: Heard, at: datetime) -> Cause:
    """GEN-2: return the cause with the appointment under which the caller acts, if there is one."""
    mandate = heard.mandate_on(local_day(at))
    return _citing(by.cause, mandate.appointment_id if mandate else None)


def under_declaration(by: Caller, application: Application) -> Cause:
    """GEN-2: return the cause with the declaration under which the signatory acts."""
    declared = application.mandate
    acts = declared is not None and declared.signatory_id == by.person
    return _citing(by.cause, declared.mandate_id if declared and acts else None)


def receipt(response: Response, answer: Answer, *, location: str | None = None) -> Receipt:
    """Return what became of a command, and put it into the headers as well."""
    tell(response, answer, location=location)
    return Receipt(version=answer.version, position=answer.position)


def folded(view: View[D], history: History, key: UUID) -> D | None:
    """Return a single resource as its stream says it is; ``None``: there is none. Always current."""
    document: D | None = None
    for event in history.events:
        document = view.evolve(document, event, str(key))
    return document


def last_of(history: History, *kinds: type[E]) -> tuple[int, E] | None:
    """Return the last event of ``kinds`` with its version; ``None``: there is none."""
    return next(
        (
            (version, event)
            for version, event in reversed(list(enumerate(history.events, start=1)))
            if isinstance(event, kinds)
        ),
        None,
    )


def _citing(cause: Cause, mandate: UUID | None) -> Cause:
    """Return ``cause`` with the mandate of its actor."""
    return replace(cause, actor=replace(cause.actor, mandate=mandate))

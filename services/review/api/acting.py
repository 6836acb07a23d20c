"""Who acts, under which mandate, and for which firm: what every command of people needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.review.decider.appointment import mandate_of
from services.review.decider.casefile import CaseFile
from shared.auth import Principal
from shared.contracts.base import Event, sealed_fields
from shared.contracts.envelope import Actor
from shared.contracts.roles import Role
from shared.decider import Asked, Refusal, RefusalKind
from shared.eventlog import AccessEntry, AccessLog, Answer, Handler, History, StreamMoved
from shared.ids import new_id
from shared.vault import Vault
from shared.web import Caller, Reader

FIRM: Final = frozenset({Role.APPLICANT, Role.SIGNATORY, Role.COWORKER})
"""Roles in which somebody acts for a firm; all others act for SKOOPI."""
APPOINTED: Final = frozenset(
    {
        Role.PROJECT_LEADER,
        Role.SUPERVISOR,
        Role.TRAINER,
        Role.REVIEWER,
        Role.CERTIFIER,
        Role.APPEAL_PANEL,
        Role.STEERING_GROUP,
        Role.REGISTRAR,
    }
)
"""Roles that somebody acts in only under an appointment (APT-3)."""
NO_FIRM: Final = ""
"""The number of no firm: whoever acts for a firm without naming it sees none."""


def firm_of(principal: Principal, role: Role) -> str | None:
    """Return the number of the firm that the caller acts for; ``None``: acts for SKOOPI."""
    return (principal.organisation or NO_FIRM) if role in FIRM else None


@dataclass(frozen=True, slots=True)
class Acting:
    """Puts people's commands, and says what was read; both leave their marks.

    Attributes:
        access: Where a no on grounds of role or duty is kept before the caller hears (GEN-8).
    """

    handler: Handler
    access: AccessLog
    vault: Vault
    now: Callable[[], datetime]

    async def put(
        self, by: Caller, stream: str, command: Any, *, expected_version: int | None = None
    ) -> Answer:
        """Return what became of ``command``, put under the caller's mandate. See ``put_all``."""
        return await self.put_all(by, (Asked(stream, command),), expected_version=expected_version)

    async def put_all(
        self, by: Caller, asked: Sequence[Asked[Any]], *, expected_version: int | None = None
    ) -> Answer:
        """Return what became of a command over streams, put under the caller's mandate (GEN-2).

        All of it happens or nothing. The last stream is the one that the caller speaks of.

        A repeated command gets its first answer, also when the mandate has ended since.

        Raises:
            Refusal: A rule says no, or there is no mandate (APT-3).
        """
        known = await self.handler.log.recall(by.cause.command_id, digest=by.cause.digest)
        if known is not None:
            return known
        stream, command = asked[-1].stream, asked[-1].command
        mandate = await self._mandate(by, stream, command)
        cause = replace(by.cause, actor=replace(by.cause.actor, mandate=mandate))
        try:
            return await self.handler.put_all(asked, cause, expected_version)
        except StreamMoved:
            await self._refuse_unknown(stream, command)
            raise

    async def state(self, stream: str) -> Any:
        """Return the state of ``stream`` as it is now."""
        return (await self.handler.look(stream)).state

    def folded(self, stream: str, history: History) -> Any:
        """Return the state of ``stream`` after ``history``."""
        return self.handler.deciders[stream.partition("-")[0]].fold(history.events)

    async def remember_read(self, by: Reader, what: str, stream: str, case: UUID) -> None:
        """GEN-8: keep that ``stream`` was read, before it is shown."""
        await self._keep(by.actor, what, stream, "read", case, new_id())

    async def refuse_read(
        self, by: Reader, what: str, stream: str, case: UUID | None, no: Refusal
    ) -> None:
        """GEN-8: keep that a reading was turned down on grounds of role or duty, and raise ``no``."""
        if no.kind is RefusalKind.NOT_PERMITTED:
            await self._keep(by.actor, what, stream, no.code, case, new_id())
        raise no

    async def shown(self, stream: str, history: History) -> tuple[Any, ...]:
        """Return the events of ``stream`` with their texts, for whoever may read them.

        Texts that have been erased are ``None``.
        """
        revealed = await self.vault.reveal_all(stream, history.events)
        pairs = zip(history.events, revealed, strict=True)
        return tuple(_blank(event) if texts is None else texts for event, texts in pairs)

    async def _refuse_unknown(self, stream: str, command: Any) -> None:
        """WSP-1, GEN-4: what is not there for the caller is not there in any version of it.

        Raises:
            Refusal: 404; else nobody's version says whether another firm has such a case.
        """
        rules = self.handler.deciders[stream.partition("-")[0]]
        try:
            rules.decide(command, await self.state(stream))
        except Refusal as no:
            if no.kind is RefusalKind.NOT_FOUND:
                raise

    async def _mandate(self, by: Caller, stream: str, command: Any) -> UUID | None:
        """APT-3, SV-10: return under what the caller acts; ``None`` for whom there is nothing."""
        if by.role is Role.SIGNATORY:
            application_id = stream.partition("-")[2]
            file: CaseFile = await self.state(f"casefile-{application_id}")
            return file.signatories.get(by.person)
        if by.role not in APPOINTED:
            return None
        try:
            return mandate_of(await self.state(f"appointment-{by.person}"), by.role, self.now())
        except Refusal as no:
            look = await self.handler.look(stream)
            await self._keep(
                by.cause.actor,
                type(command).__name__,
                stream,
                no.code,
                look.case,
                by.cause.command_id,
            )
            raise

    async def _keep(
        self,
        actor: Actor,
        what: str,
        stream: str,
        code: str,
        case: UUID | None,
        command_id: UUID,
    ) -> None:
        """Write one entry of the access log."""
        entry = AccessEntry(command_id, actor, what, stream, code, self.now(), case)
        await self.access.record(entry)


def _blank(event: Event) -> Event:
    """Return ``event`` with nothing in the place of texts that have been erased."""
    return event.model_copy(update=dict.fromkeys(sealed_fields(type(event))))

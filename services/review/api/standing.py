"""What is on record about a person and a case, gathered for the rules of who may not (SOD).

Streams are read as they are now. What only a view can tell (who else is tied to a firm, who had a
duty on one) is read when the view has come to the log's present head.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from services.review.commands.review import DutyHeld, PartHeld, Standing, TieHeld
from services.review.decider.appointment import areas_of
from services.review.decider.casefile import CaseFile
from services.review.decider.cohort import organisations_in
from services.review.decider.review_state import Review
from services.review.decider.tie import Ties
from services.review.views.case_record import CaseRecord
from services.review.views.duty_record import DutyRecord
from shared.contracts.preparation import TieDeclared
from shared.contracts.review import ReviewOpened
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from shared.eventlog import Handler
from shared.web.problem import later

RECORDS: Final = ("case_record", "tie_record", "duty_record")
"""The views that the rules rest on."""


class Records(Protocol):
    """What the views have to say; see ``queries.Lists``."""

    async def cases_of(self, organisation: str) -> tuple[CaseRecord, ...]:
        """Return every case of ``organisation``."""
        ...

    async def ties_to(self, organisation: str) -> tuple[TieDeclared, ...]:
        """Return every tie that anybody declared to ``organisation``."""
        ...

    async def duties_on(self, organisations: Iterable[str]) -> tuple[DutyRecord, ...]:
        """Return who assessed or decided on any of ``organisations``."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """What is on record about a person and a review.

    Attributes:
        competence: Areas of the review's scheme that the person's appointments cover in a role.
        agreement: The countersigned agreement; ``None`` when there is none.
    """

    standing: Standing
    competence: frozenset[Criterion]
    agreement: str | None


NOTHING: Final = Found(Standing((), (), frozenset(), ()), frozenset(), None)
"""Of a review that is not open."""


@dataclass(frozen=True, slots=True)
class Bystander:
    """Looks up how a person stands to a case.

    Attributes:
        reached: Wait until a view has applied a position; return whether it has.
    """

    handler: Handler
    records: Records
    reached: Callable[[str, int], Awaitable[bool]]

    async def found(self, review_id: UUID, person_id: UUID, role: Role, at: datetime) -> Found:
        """Return how a person stands to a review, what they may assess in ``role``, the agreement.

        Raises:
            Problem: 503: a view has not come far enough; ask again.
        """
        review: Review = await self._state(f"review-{review_id}")
        if review.opening is None:
            return NOTHING
        appointments = await self._state(f"appointment-{person_id}")
        return Found(
            await self.standing(person_id, review.opening),
            areas_of(appointments, role, review.opening.scheme, at),
            await self.agreement(review.opening),
        )

    async def standing(self, person_id: UUID, opening: ReviewOpened) -> Standing:
        """Return what is on record about ``person_id`` and the case under review.

        Raises:
            Problem: 503: a view has not come far enough; ask again.
        """
        await self._catch_up()
        file: CaseFile = await self._state(f"casefile-{opening.application_id}")
        ties: Ties = await self._state(f"tie-{person_id}")
        cohort = await self._state(f"cohort-{opening.round_id}")
        here = (
            PartHeld(part, own_case=True, until_on=None)
            for person, part in file.parts
            if person == person_id
        )
        held = tuple(_held(tie) for tie in ties.declared.values())
        return Standing(
            parts=(*here, *await self._elsewhere(person_id, opening)),
            ties=held,
            in_round=organisations_in(cohort),
            exchanges=await self._exchanges(opening, {tie.organisation_number for tie in held}),
        )

    async def agreement(self, opening: ReviewOpened) -> str | None:
        """REV-1: return the countersigned agreement; ``None`` when there is none."""
        file: CaseFile = await self._state(f"casefile-{opening.application_id}")
        return file.agreement

    async def _catch_up(self) -> None:
        """Wait until the records know everything that is in the log now."""
        head = await self.handler.log.head()
        for view in RECORDS:
            if not await self.reached(view, head):
                raise later("position_not_reached")

    async def _elsewhere(self, person_id: UUID, opening: ReviewOpened) -> tuple[PartHeld, ...]:
        """SOD-1, SOD-2: return the person's parts in other cases of the same ASF."""
        return tuple(
            PartHeld(held.part, own_case=False, until_on=case.until(held))
            for case in await self.records.cases_of(opening.organisation_number)
            if case.application_id != opening.application_id
            for held in case.parts
            if held.person_id == person_id
        )

    async def _exchanges(self, opening: ReviewOpened, mine: set[str]) -> tuple[DutyHeld, ...]:
        """SOD-5: return what people tied to this ASF did about the organisations in ``mine``."""
        if not mine:
            return ()
        theirs = await self.records.ties_to(opening.organisation_number)
        return tuple(
            DutyHeld(duty.organisation_number, until_on, _held(tie))
            for duty in await self.records.duties_on(mine)
            for person, until_on in duty.duties()
            for tie in theirs
            if tie.person_id == person
        )

    async def _state(self, stream: str) -> Any:
        """Return the state of ``stream`` as it is now."""
        return (await self.handler.look(stream)).state


def _held(tie: TieDeclared) -> TieHeld:
    """Return the tie as the rules know it."""
    return TieHeld(tie.organisation_number, tie.kind, tie.from_on, tie.until_on)

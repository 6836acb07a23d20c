"""The rules of ties: what binds a person to an organisation, by their own declaration (APT-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from services.review.commands.tie import DeclareTie, TieCommand
from shared.contracts.preparation import TieDeclared, TieEvent
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Ties:
    """What one person declared, by the tie's id."""

    declared: Mapping[UUID, TieDeclared] = field(default_factory=lambda: MappingProxyType({}))


def decide(command: TieCommand, state: Ties) -> tuple[TieEvent, ...]:
    """Return what happens; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    return _declare(command, state)


def evolve(state: Ties, event: TieEvent) -> Ties:
    """Return the state after ``event``. Total: never raises."""
    return Ties(MappingProxyType({**state.declared, event.tie_id: event}))


decider = Decider(initial=Ties(), decide=decide, evolve=evolve)


def _declare(command: DeclareTie, state: Ties) -> tuple[TieEvent, ...]:
    """SOD-3, APT-4: a tie counts from its start, so it is declared with its days."""
    declared = TieDeclared(
        tie_id=command.tie_id,
        person_id=command.person_id,
        organisation_number=command.organisation_number,
        kind=command.kind,
        from_on=command.from_on,
        until_on=command.until_on,
        declared_at=command.at,
    )
    known = state.declared.get(command.tie_id)
    if known is None:
        return (declared,)
    if known.model_copy(update={"declared_at": command.at}) != declared:
        raise Refusal(RefusalKind.CONFLICT, "tie_exists", "Declare it under another id.")
    return ()

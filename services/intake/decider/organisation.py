"""One open application for each organisation (APP-1)."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.intake.commands.organisation import (
    EndOpenApplication,
    OrganisationCommand,
    RecordOpenApplication,
)
from shared.contracts.intake import (
    OpenApplicationEnded,
    OpenApplicationRecorded,
    OrganisationEvent,
)
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Organisation:
    """Which application of the organisation is open; ``None``: none."""

    open_id: UUID | None = None


def decide(
    command: OrganisationCommand, organisation: Organisation
) -> tuple[OrganisationEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case RecordOpenApplication():
            return _record(command, organisation)
        case EndOpenApplication():
            return _end(command, organisation)
        case _:
            assert_never(command)


def evolve(organisation: Organisation, event: OrganisationEvent) -> Organisation:
    """Return the organisation after ``event``. Total: never raises."""
    match event:
        case OpenApplicationRecorded():
            return replace(organisation, open_id=event.application_id)
        case OpenApplicationEnded():
            return replace(organisation, open_id=None)
        case _:
            assert_never(event)


decider = Decider(initial=Organisation(), decide=decide, evolve=evolve)


def _record(
    command: RecordOpenApplication, organisation: Organisation
) -> tuple[OrganisationEvent, ...]:
    """APP-1: a second application waits until the first is closed.

    SOD-14 comes first: whether another firm has an open application is nobody else's business.
    """
    if command.organisation not in {None, command.organisation_number}:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "not_the_owner",
            "Interest is shown for the enterprise that one acts for.",
        )
    if organisation.open_id == command.application_id:
        return ()
    if organisation.open_id is not None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_already_open",
            "The enterprise has an open application already.",
        )
    return (
        OpenApplicationRecorded(
            organisation_number=command.organisation_number,
            application_id=command.application_id,
            recorded_at=command.at,
        ),
    )


def _end(command: EndOpenApplication, organisation: Organisation) -> tuple[OrganisationEvent, ...]:
    """APP-1: what was closed leaves room for the next."""
    if organisation.open_id != command.application_id:
        return ()
    return (
        OpenApplicationEnded(
            organisation_number=command.organisation_number,
            application_id=command.application_id,
            ended_at=command.at,
        ),
    )

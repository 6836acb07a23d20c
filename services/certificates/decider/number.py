"""The rule of a certificate number: it belongs to one certificate for ever."""

from dataclasses import dataclass
from uuid import UUID

from services.certificates.commands.number import NumberCommand
from shared.contracts.certificates import NumberEvent, NumberTaken
from shared.decider import Decider, Refusal, RefusalKind


@dataclass(frozen=True, slots=True)
class Number:
    """Whose a number is.

    Attributes:
        certificate_id: ``None`` while it is free.
    """

    certificate_id: UUID | None = None


def decide(command: NumberCommand, number: Number) -> tuple[NumberEvent, ...]:
    """Return what happens; ``()`` when the number is this certificate's already.

    Raises:
        Refusal: It is another certificate's.
    """
    if number.certificate_id is None:
        return _take(command)
    if number.certificate_id != command.certificate_id:
        raise Refusal(RefusalKind.CONFLICT, "number_taken", "Another certificate has this number.")
    return ()


def evolve(_: Number, event: NumberEvent) -> Number:
    """Return the number after ``event``. Total: never raises."""
    return Number(event.certificate_id)


decider = Decider(initial=Number(), decide=decide, evolve=evolve)


def _take(command: NumberCommand) -> tuple[NumberEvent, ...]:
    """CER-2: a number is unique because its stream begins with whoever took it."""
    return (
        NumberTaken(
            number=command.number, certificate_id=command.certificate_id, taken_at=command.at
        ),
    )

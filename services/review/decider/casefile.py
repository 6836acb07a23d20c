"""What review remembers of a case from before its review. It notes and refuses nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.review.commands.casefile import (
    CaseFileCommand,
    NoteAgreement,
    NotePart,
    NoteSignatory,
)
from shared.contracts.preparation import (
    AgreementNoted,
    CaseFileEvent,
    Part,
    PartNoted,
    SignatoryNoted,
)
from shared.decider import Decider


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Who had which part, who may bind the ASF, and under which agreement.

    Attributes:
        parts: By person and part: the last day known of it. Never forgotten (GRP-4).
        signatories: By person: the declared mandate, in the order of the declarations.
    """

    parts: Mapping[tuple[UUID, Part], date] = field(default_factory=lambda: MappingProxyType({}))
    agreement: str | None = None
    signatories: Mapping[UUID, UUID] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def binding(self) -> frozenset[UUID]:
        """SV-10, SOD-14: return who may bind the ASF: a later declaration takes the place of it."""
        return frozenset(tuple(self.signatories)[-1:])


def decide(command: CaseFileCommand, file: CaseFile) -> tuple[CaseFileEvent, ...]:
    """Return what is noted; ``()`` when it is noted already."""
    match command:
        case NotePart():
            return _note_part(command, file)
        case NoteAgreement():
            return _note_agreement(command, file)
        case NoteSignatory():
            return _note_signatory(command, file)
        case _:
            assert_never(command)


def evolve(file: CaseFile, event: CaseFileEvent) -> CaseFile:
    """Return the file after ``event``. Total: never raises."""
    match event:
        case PartNoted():
            parts = {**file.parts, (event.person_id, event.part): event.last_on}
            return replace(file, parts=MappingProxyType(parts))
        case AgreementNoted():
            return replace(file, agreement=event.agreement)
        case SignatoryNoted():
            others = {p: m for p, m in file.signatories.items() if p != event.signatory_id}
            signatories = {**others, event.signatory_id: event.mandate_id}
            return replace(file, signatories=MappingProxyType(signatories))
        case _:
            assert_never(event)


decider = Decider(initial=CaseFile(), decide=decide, evolve=evolve)


def _note_part(command: NotePart, file: CaseFile) -> tuple[CaseFileEvent, ...]:
    """GRP-4: whoever ever had a part is barred later, also when replaced."""
    known = file.parts.get((command.person_id, command.part))
    if known is not None and known >= command.last_on:
        return ()
    return (
        PartNoted(
            application_id=command.application_id,
            person_id=command.person_id,
            part=command.part,
            last_on=command.last_on,
            noted_at=command.at,
        ),
    )


def _note_agreement(command: NoteAgreement, file: CaseFile) -> tuple[CaseFileEvent, ...]:
    """REV-1: a review is staffed only under a countersigned agreement."""
    if file.agreement == command.agreement:
        return ()
    return (
        AgreementNoted(
            application_id=command.application_id,
            agreement=command.agreement,
            noted_at=command.at,
        ),
    )


def _note_signatory(command: NoteSignatory, file: CaseFile) -> tuple[CaseFileEvent, ...]:
    """SOD-14, SV-10: only a declared signatory binds the ASF."""
    if file.signatories.get(command.signatory_id) == command.mandate_id:
        return ()
    return (
        SignatoryNoted(
            application_id=command.application_id,
            signatory_id=command.signatory_id,
            mandate_id=command.mandate_id,
            noted_at=command.at,
        ),
    )

"""The rules of an issuance: a process manager that waits for a decision, an agreement and a fee.

It decides nothing about the ASF. It knows which of three things are on record, in whatever order
and however often they are heard, and says once when they all are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never, get_args
from uuid import UUID

from services.certificates.commands.issuance import (
    ConfirmClearance,
    IssuanceCommand,
    NoteGate,
    NoteGrant,
)
from shared.contracts.certificates import (
    Gate,
    GateNoted,
    GrantNoted,
    IssuanceCleared,
    IssuanceEvent,
)
from shared.decider import Decider, Refusal, RefusalKind

GATES: frozenset[Gate] = frozenset(get_args(Gate))


@dataclass(frozen=True, slots=True)
class Issuance:
    """What a case has on record.

    Attributes:
        grants: The certificate of each granting decision, by the decision's id.
        cleared: Decisions whose certificate can be issued.
    """

    grants: Mapping[UUID, UUID] = field(default_factory=lambda: MappingProxyType({}))
    gates: frozenset[Gate] = frozenset()
    cleared: frozenset[UUID] = frozenset()


def decide(command: IssuanceCommand, issuance: Issuance) -> tuple[IssuanceEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case NoteGrant():
            return _note_grant(command, issuance)
        case NoteGate():
            return _note_gate(command, issuance)
        case ConfirmClearance():
            return _confirm_clearance(command, issuance)
        case _:
            assert_never(command)


def evolve(issuance: Issuance, event: IssuanceEvent) -> Issuance:
    """Return the issuance after ``event``. Total: never raises."""
    match event:
        case GrantNoted():
            grants = {**issuance.grants, event.decision_id: event.certificate_id}
            return replace(issuance, grants=MappingProxyType(grants))
        case GateNoted():
            return replace(issuance, gates=issuance.gates | {event.gate})
        case IssuanceCleared():
            return replace(issuance, cleared=issuance.cleared | {event.decision_id})
        case _:
            assert_never(event)


decider = Decider(initial=Issuance(), decide=decide, evolve=evolve)


def _note_grant(command: NoteGrant, issuance: Issuance) -> tuple[IssuanceEvent, ...]:
    """PM-9, CER-1: an approving decision is noted once, however often it is heard."""
    if command.decision_id in issuance.grants:
        return ()
    noted = GrantNoted(
        application_id=command.application_id,
        decision_id=command.decision_id,
        certificate_id=command.certificate_id,
        noted_at=command.at,
    )
    return (noted, *_clear(evolve(issuance, noted), command.application_id, command.at))


def _note_gate(command: NoteGate, issuance: Issuance) -> tuple[IssuanceEvent, ...]:
    """CER-3: a gate that is met is noted once, before or after the decision."""
    if command.gate in issuance.gates:
        return ()
    noted = GateNoted(application_id=command.application_id, gate=command.gate, noted_at=command.at)
    return (noted, *_clear(evolve(issuance, noted), command.application_id, command.at))


def _clear(issuance: Issuance, application_id: UUID, at: datetime) -> tuple[IssuanceCleared, ...]:
    """CER-3: with the set of gates complete, each decision is cleared once. Sets, not counts."""
    if GATES - issuance.gates:
        return ()
    return tuple(
        IssuanceCleared(
            application_id=application_id,
            decision_id=decision_id,
            certificate_id=issuance.grants[decision_id],
            cleared_at=at,
        )
        for decision_id in sorted(issuance.grants.keys() - issuance.cleared)
    )


def _confirm_clearance(command: ConfirmClearance, issuance: Issuance) -> tuple[IssuanceEvent, ...]:
    """CER-1, CER-3, K-14: nothing is issued without decision, agreement and fee."""
    for code, missing, what in (
        ("decision_missing", command.decision_id not in issuance.grants, "a decision to grant it"),
        ("agreement_missing", "agreement" not in issuance.gates, "the agreement"),
        ("fee_not_settled", "fee" not in issuance.gates, "the fee"),
    ):
        if missing:
            raise Refusal(RefusalKind.INCOMPLETE, code, f"The certificate waits for {what}.")
    return ()

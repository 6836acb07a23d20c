"""What one case waits for: a decision, an agreement and a fee, in whatever order they are heard."""

from itertools import permutations
from typing import get_args
from uuid import UUID

import pytest

from services.certificates.commands.issuance import (
    ConfirmClearance,
    IssuanceCommand,
    NoteGate,
    NoteGrant,
)
from services.certificates.decider.issuance import decider
from shared.contracts.certificates import Gate, GateNoted, GrantNoted, IssuanceCleared
from shared.testing import Scenario
from tests.certificates.facts import (
    APPLICATION,
    CERTIFICATE,
    COUNTERSIGNED_AT,
    DECISION,
    ISSUED_AT,
    SETTLED_AT,
    agreed,
    cleared,
    granted,
    paid,
)

issuance = Scenario(decider)
grant = NoteGrant(APPLICATION, DECISION, CERTIFICATE, ISSUED_AT)
agreement = NoteGate(APPLICATION, "agreement", COUNTERSIGNED_AT)
fee = NoteGate(APPLICATION, "fee", SETTLED_AT)
confirm = ConfirmClearance(DECISION)


def test_a_decision_alone_clears_nothing() -> None:
    """CER-3: the certificate waits for agreement and fee."""
    issuance.when(grant).then(granted)
    issuance.given(agreed).when(grant).then(granted)
    issuance.given(paid).when(grant).then(granted)


def test_the_last_of_three_clears_the_certificate_once() -> None:
    """CER-3: decision, agreement and fee together, and not before."""
    issuance.given(agreed, paid).when(grant).then(granted, cleared)


def test_gates_met_without_a_decision_clear_nothing() -> None:
    """CER-1: whoever has paid and signed is not certified by that."""
    issuance.given(agreed).when(fee).then(paid)


@pytest.mark.parametrize("order", list(permutations((grant, agreement, fee))))
def test_whatever_the_order_the_certificate_is_cleared_exactly_once(
    order: tuple[IssuanceCommand, ...],
) -> None:
    """CER-3: Kafka promises no order between two topics."""
    history: tuple[GrantNoted | GateNoted | IssuanceCleared, ...] = ()
    for _ in range(3):
        for command in order:
            outcome = issuance.given(*history).when(command)
            assert outcome.refusal is None
            history += outcome.events
    assert [type(event) for event in history].count(IssuanceCleared) == 1
    assert isinstance(history[-1], IssuanceCleared)
    assert len(history) == 4


@pytest.mark.parametrize("command", [grant, agreement, fee])
def test_what_is_heard_again_adds_nothing(command: IssuanceCommand) -> None:
    """GEN-4: the same gate twice is one gate; sets, not counts."""
    issuance.given(granted, agreed, paid, cleared).when(command).then_nothing()


def test_the_same_gate_twice_is_not_two_gates() -> None:
    """CER-3: a fee heard twice is no agreement."""
    history = issuance.given(granted, paid)
    history.when(fee).then_nothing()
    history.when(confirm).then_refused("agreement_missing")


def test_a_second_decision_in_the_case_clears_its_own_certificate_only() -> None:
    """CER-1: once per decision; what was cleared before is not cleared again."""
    decision, certificate = UUID(int=2), UUID(int=3)
    issuance.given(granted, agreed, paid, cleared).when(
        NoteGrant(APPLICATION, decision, certificate, ISSUED_AT)
    ).then(
        granted.model_copy(update={"decision_id": decision, "certificate_id": certificate}),
        cleared.model_copy(update={"decision_id": decision, "certificate_id": certificate}),
    )


def test_nothing_is_issued_before_decision_agreement_and_fee() -> None:
    """CER-1, CER-3, K-14: each has its own answer."""
    issuance.when(confirm).then_refused("decision_missing")
    issuance.given(agreed, paid).when(confirm).then_refused("decision_missing")
    issuance.given(granted, paid).when(confirm).then_refused("agreement_missing")
    issuance.given(granted, agreed).when(confirm).then_refused("fee_not_settled")
    issuance.given(granted, agreed, paid, cleared).when(confirm).then_nothing()


def test_every_gate_of_the_contract_is_waited_for() -> None:
    """CER-3: a gate that is added to the contract must be confirmed too."""
    assert set(get_args(Gate)) == {"agreement", "fee"}

"""What is on record of an erasure, and how one of ours is told from any other record. House: ADR-0024."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID, uuid5

from shared.contracts.catalogue import event_heard
from shared.contracts.erasure import ErasedField, PersonalDataErased
from shared.contracts.record import Record
from shared.process.erasure_ledger import Erasure
from shared.process.service import actor_of
from shared.vault import ERASURE, Held

COMMANDS: Final = UUID("5f6f3f0e-6f2b-5c57-9d55-0b8f7f0b2e24")
"""Name space of the ids of these commands: one for each key, so that a repeat is a repeat (L4)."""


def command_id_of(key_id: UUID) -> UUID:
    """Return the id of the command that erases a key."""
    return uuid5(COMMANDS, str(key_id))


def stream_of(subject: UUID) -> str:
    """Return the stream of the erasures of ``subject``."""
    return f"{ERASURE}{subject}"


def erasure_in(record: Record, service: str) -> Erasure | None:
    """Return the erasure that ``record`` is about; ``None``: no ``erase`` of ``service`` made it.

    Raises:
        ValueError: It is of a newer version, or not as its type.
    """
    event = event_heard(record)
    if not isinstance(event, PersonalDataErased):
        return None
    told = (record.stream, record.command_id, record.actor)
    if told != (stream_of(event.subject_id), command_id_of(event.key_id), actor_of(service)):
        return None
    return Erasure(
        key_id=event.key_id,
        subject_id=event.subject_id,
        basis=event.basis,
        decided_by=event.decided_by,
        entered_at=event.erased_at,
        order_id=None if record.causation_id == record.command_id else record.causation_id,
    )


def erased_events(
    erasure: Erasure, held: Sequence[Held], at: datetime
) -> tuple[PersonalDataErased, ...]:
    """Return what happens: one event for each case that the texts stand in, so that each shows it.

    Args:
        erasure: As it was entered.
        held: What is under the key, by case.
        at: When it is deleted.
    """
    cases = [(case, tuple(texts)) for case, texts in groupby(held, key=lambda each: each.case)]
    return tuple(
        PersonalDataErased(
            subject_id=erasure.subject_id,
            application_id=case,
            key_id=erasure.key_id,
            erased=tuple(ErasedField(name=each.name, texts=each.texts) for each in texts),
            texts=sum(each.texts for each in texts),
            basis=erasure.basis,
            decided_by=erasure.decided_by,
            erased_at=at,
        )
        for case, texts in cases or [(None, ())]
    )

"""What a record is about: the facets that a history is asked for by. Pure functions of the record.

A record is listed under what it says itself, and under nothing that must be looked up elsewhere:
so the index is made again from the mirror alone, and an auditor can check an entry by its bytes.
Which facet a field belongs to is decided by its name, once for all events; a test holds the table
against every event of the catalogue, so that a new identifying field fails it until somebody decides.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast
from uuid import UUID, uuid5

from shared.contracts.certificate_number import number_of
from shared.contracts.record import Record
from shared.contracts.scheme import Criterion

Facet: TypeAlias = Literal[
    "case", "certificate", "organisation", "person", "criterion", "type", "role", "service"
]

KEYS: Final = UUID("5b0c1f6a-5a0e-5d7b-9c1e-2f5f0d6e7a11")
"""Name space of keys: a facet and its value are one key of 16 bytes in the index."""
NUMBER_LENGTH: Final = 10
CRITERIA: Final = frozenset(Criterion)

DECIDED: Final[Mapping[str, Facet | None]] = MappingProxyType(
    {
        "application_id": "case",
        "application_ids": "case",
        "certificate_id": "certificate",
        "organisation_number": "organisation",
        "applicant_id": "person",
        "certifier_id": "person",
        "contact_id": "person",
        "decided_by": "person",
        "person_id": "person",
        "project_leader_id": "person",
        "proposer_id": "person",
        "recipient_id": "person",
        "reviewer_id": "person",
        "screener_id": "person",
        "signatory_id": "person",
        "subject_id": "person",
        "supervisor_id": "person",
        "supervisor_ids": "person",
        "trainer_id": "person",
        "trainer_ids": "person",
        "areas": "criterion",
        "criterion": "criterion",
        "item_id": "criterion",
        "answer_id": None,
        "appointment_id": None,
        "cause_id": None,
        "comment_id": None,
        "decision_id": None,
        "evidence_id": None,
        "export_id": None,
        "finding_id": None,
        "grant_id": None,
        "group_id": None,
        "hold_id": None,
        "into_id": None,
        "invoice_id": None,
        "key_id": None,
        "mandate_id": None,
        "notification_id": None,
        "payment_id": None,
        "repair_id": None,
        "review_id": None,
        "round_id": None,
        "tie_id": None,
    }
)
"""For each field that names something: the facet it is listed under; ``None``: under none."""


def facets_of(record: Record) -> tuple[tuple[Facet, str], ...]:
    """Return every facet of ``record`` with its value, ascending, no repeats. Total.

    - case: its own, and every application that it names (ADR-0013).
    - certificate: by its number, which follows from its id.
    - organisation: that it names, and the firm that the actor acted for.
    - person: the actor, on whose behalf, and everybody whom it names.
    - criterion: that it names, and those of the items that it names.
    - role: in which the actor acted; not one that is only spoken of.
    """
    found: set[tuple[Facet, str]] = {
        ("type", record.type),
        ("role", str(record.actor.role)),
        ("service", record.log.removeprefix("asf/")),
        ("person", str(record.actor.person)),
        ("case", str(record.correlation_id)),
    }
    if record.actor.on_behalf_of is not None:
        found.add(("person", str(record.actor.on_behalf_of)))
    if record.actor.organisation is not None:
        found.add(("organisation", record.actor.organisation))
    for name, text in _texts(record.data):
        facet = DECIDED.get(name)
        value = None if facet is None else _value(facet, text)
        if facet is not None and value is not None:
            found.add((facet, value))
    return tuple(sorted(found))


def cases_of(record: Record) -> tuple[UUID, ...]:
    """Return every case that ``record`` is about, ascending: its own, and those it names."""
    return tuple(UUID(value) for facet, value in facets_of(record) if facet == "case")


def key_of(facet: Facet, value: str) -> UUID:
    """Return the key under which the index lists ``value`` of ``facet``."""
    return uuid5(KEYS, f"{facet}:{value}")


def keys_of(record: Record) -> tuple[UUID, ...]:
    """Return the keys under which the index lists ``record``."""
    return tuple(key_of(facet, value) for facet, value in facets_of(record))


def _texts(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield every text in ``data``, however deep, with the name of the field it stands in."""
    waiting: list[tuple[str, object]] = list(data.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            waiting.extend(cast("dict[str, object]", value).items())
        elif isinstance(value, list):
            waiting.extend((name, each) for each in cast("list[object]", value))


def _value(facet: Facet, text: str) -> str | None:
    """Return ``text`` as a value of ``facet``; ``None`` where it is none."""
    if facet == "criterion":
        criterion = text.partition("-")[0]
        return criterion if criterion in CRITERIA else None
    if facet == "organisation":
        whole = text.isascii() and text.isdigit() and len(text) == NUMBER_LENGTH
        return text if whole else None
    try:
        named = UUID(text)
    except ValueError:
        return None
    return number_of(named) if facet == "certificate" else str(named)

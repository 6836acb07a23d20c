"""Who had which part in which case: what a record says of it. A pure function of the record.

The independence matrix is made from this: a person (a pseudonym) x a case x a part, since when, until
when, and the record that it rests on. What is said of somebody, and what somebody did, both count:
a reviewer who never was assigned and reviewed all the same would show (SOD-1 to SOD-12).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, cast
from uuid import UUID

from shared.contracts.record import Record

EVERYBODY: Final = UUID(int=0)
"""Stands for each person with that part, where a record ends it for all of them."""

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "applicant_id": "applicant",
        "certifier_id": "certifier",
        "contact_id": "contact",
        "project_leader_id": "project_leader",
        "reviewer_id": "reviewer",
        "screener_id": "screener",
        "signatory_id": "signatory",
        "supervisor_id": "supervisor",
        "supervisor_ids": "supervisor",
        "trainer_id": "trainer",
        "trainer_ids": "trainer",
    }
)
"""The part that each field names; a field that is not here names no part."""

PLANNED: Final = "ReviewPlanSet"
NOTED: Final = "PartNoted"
NO_PERSON: Final = frozenset({"policy", "service", "operator"})
"""Roles in which nobody takes part in a case."""

ENDED_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ApplicantAdmitted": ("screener",),
        "ApplicationDeferred": ("screener",),
        "ApplicationRejected": ("screener",),
        "CertificationApproved": ("reviewer", "certifier"),
        "CertificationRefused": ("reviewer", "certifier"),
    }
)
"""What each event ends for everybody in the case."""


class Taken(NamedTuple):
    """That a part began or ended.

    Attributes:
        at: When that is true in the world (GEN-5).
    """

    person: UUID
    case: UUID
    part: str
    begins: bool
    at: datetime


def parts_of(record: Record) -> tuple[Taken, ...]:
    """Return which parts ``record`` says began or ended, ascending, no repeats. Total.

    In the applications that it names, and only there: what belongs to no application (an appointment,
    a tie) is nobody's part in a case.
    """
    said = {(person, part, True) for person, part in _named(record)}
    said |= {(EVERYBODY, part, False) for part in ENDED_BY.get(record.type, ())}
    return tuple(
        sorted(
            Taken(person, case, part, begins, record.effective_at)
            for case in _applications(record)
            for person, part, begins in said
        )
    )


def _named(record: Record) -> Iterator[tuple[UUID, str]]:
    """Yield whoever acted or is named, with the part."""
    if record.actor.role not in NO_PERSON:
        yield record.actor.person, str(record.actor.role)
    planned = "planned_" if record.type == PLANNED else ""
    for name, part in PARTS.items():
        for person in _ids(record.data.get(name)):
            yield person, f"{planned}{part}"
    if planned:
        for person in _planned(record.data.get("reviewers")):
            yield person, "planned_reviewer"
    part_noted: object = record.data.get("part")
    if record.type == NOTED and isinstance(part_noted, str):
        for person in _ids(record.data.get("person_id")):
            yield person, part_noted


def _planned(reviewers: object) -> Iterator[UUID]:
    """Yield whom a plan names as reviewers."""
    for each in cast("list[object]", reviewers) if isinstance(reviewers, list) else ():
        if isinstance(each, dict):
            yield from _ids(cast("dict[str, object]", each).get("person_id"))


def _applications(record: Record) -> frozenset[UUID]:
    """Return the applications that ``record`` names."""
    return frozenset(
        [*_ids(record.data.get("application_id")), *_ids(record.data.get("application_ids"))]
    )


def _ids(named: object) -> Iterator[UUID]:
    """Yield the identifiers written as ``named``, one or several; what is none is left alone."""
    for each in cast("list[object]", named) if isinstance(named, list) else (named,):
        if not isinstance(each, str):  # mostly absent: to try it would cost much
            continue
        try:
            yield UUID(each)
        except ValueError:
            continue

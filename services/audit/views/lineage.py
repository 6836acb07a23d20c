"""Why a decision was made: what it rests on, as one document, each part by log, position and hash.

Pure: the records of the case in, a document out. Whatever stands in it can be looked up and checked
by anyone who has the records (AUD-1); nothing in it is more than the records say (GEN-2).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, cast
from uuid import UUID

from services.audit.views.parts import EVERYBODY, parts_of
from services.audit.views.placed import Cited, Placed, cited, id_of, text_of, texts_of
from shared.contracts.base import Value
from shared.contracts.swedish_time import local_day

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PreCertificationPassed": "pre-certification passed",
        "PreCertificationFailed": "pre-certification failed",
        "ApplicantAdmitted": "admitted",
        "ApplicationDeferred": "deferred",
        "ApplicationRejected": "rejected",
        "CertificationApproved": "approved",
        "CertificationRefused": "refused",
    }
)
"""Events that decide about an application, and how."""
CERTIFICATION: Final = frozenset({"CertificationApproved", "CertificationRefused"})
RESULTS: Final = frozenset({"CriterionReviewed", "CriterionReviewRevised"})
EVIDENCE: Final = frozenset({"EvidenceTextWritten", "EvidenceFileUploaded"})
APPOINTED: Final = "AppointmentMade"


class Result(Value):
    """What was found for one criterion.

    Attributes:
        items: Result by item, where the area has items.
        evidence: Hashes of what it rests on.
        replaced: Earlier results for the criterion, oldest first (GEN-3).
    """

    criterion: str
    result: str
    items: dict[str, str]
    reviewer: UUID | None
    evidence: tuple[str, ...]
    rests_on: Cited
    replaced: tuple[Cited, ...]


class Weighed(Value):
    """The overall assessment (REV-11), or the recommendation (REV-16): what it says."""

    value: str
    evidence: tuple[str, ...]
    rests_on: Cited


class Manifest(Value):
    """The evidence as it was submitted (WSP-5): its root, and every hash in it."""

    root: str | None
    hashes: tuple[str, ...]
    rests_on: Cited


class Piece(Value):
    """A piece of evidence that was cited, and the record that it came with."""

    evidence_hash: str
    rests_on: Cited


class Involved(Value):
    """Who had which part in the case, by the first record that says so."""

    person: UUID
    part: str
    rests_on: Cited


class Mandate(Value):
    """An appointment of somebody involved (APT-1), in force on the day of the decision or not."""

    person: UUID
    role: str
    appointment_id: UUID | None
    valid_from: str
    valid_until: str
    in_force: bool
    rests_on: Cited


class Earlier(Value):
    """A decision about the same case, or about the same organisation, before this one."""

    outcome: str
    case: UUID
    rests_on: Cited


class Lineage(Value):
    """Everything that a decision rests on.

    Attributes:
        scheme: Version of the criteria.
        policy: Version of the rules and constants.
        evidence: Hashes of everything relied upon.
        declarations: Of impartiality (REV-2, REV-3), in order.
    """

    case: UUID
    organisation: str | None
    review_id: UUID | None
    decision_id: UUID | None
    outcome: str
    decision: Cited
    scheme: str | None
    policy: str
    evidence: tuple[str, ...]
    criteria: tuple[Result, ...]
    overall: Weighed | None
    recommendation: Weighed | None
    manifest: Manifest | None
    pieces: tuple[Piece, ...]
    people: tuple[Involved, ...]
    declarations: tuple[Cited, ...]
    mandates: tuple[Mandate, ...]
    earlier: tuple[Earlier, ...]


def decision_in(
    records: Sequence[Placed], *, review_id: UUID | None = None, decision_id: UUID | None = None
) -> Placed | None:
    """Return the last decision on certification in ``records``; ``None`` where there is none.

    With ``review_id`` or ``decision_id``, the one that is of it.
    """
    last_first: Iterable[Placed] = reversed(records)
    for each in last_first:
        known = (id_of(each, "review_id"), id_of(each, "decision_id"))
        asked = (review_id or known[0], decision_id or known[1])
        if each.record.type in CERTIFICATION and asked == known:
            return each
    return None


def lineage_of(
    decision: Placed,
    records: Sequence[Placed],
    *,
    elsewhere: Iterable[Placed] = (),
    appointments: Iterable[Placed] = (),
) -> Lineage:
    """Return what ``decision`` rests on.

    Args:
        decision: One of ``records``.
        records: Of the case, oldest first.
        elsewhere: Decisions about the same organisation, oldest first.
        appointments: Of the people involved, oldest first.
    """
    before = tuple(records[: records.index(decision)])
    results = _results(before)
    evidence = {*texts_of(decision, "evidence"), *(e for each in results for e in each.evidence)}
    return Lineage(
        case=decision.record.correlation_id,
        organisation=text_of(decision, "organisation_number"),
        review_id=id_of(decision, "review_id"),
        decision_id=id_of(decision, "decision_id"),
        outcome=OUTCOMES[decision.record.type],
        decision=cited(decision),
        scheme=text_of(decision, "scheme") or decision.record.scheme,
        policy=decision.record.policy,
        evidence=texts_of(decision, "evidence"),
        criteria=results,
        overall=_weighed(before, "OverallAssessmentMade", "definition_confirmed"),
        recommendation=_weighed(before, "DecisionRecommended", "recommendation"),
        manifest=_manifest(before),
        pieces=_pieces(before, evidence),
        people=_people((*before, decision)),
        declarations=tuple(cited(e) for e in before if e.record.type == "ImpartialityDeclared"),
        mandates=_mandates(appointments, decision.record.recorded_at),
        earlier=_earlier(decision, before, elsewhere),
    )


def _results(before: Iterable[Placed]) -> tuple[Result, ...]:
    """Return what was found for each criterion last, by criterion."""
    said: dict[str, list[Placed]] = {}
    for each in before:
        if each.record.type in RESULTS:
            said.setdefault(text_of(each, "criterion") or "?", []).append(each)
    return tuple(
        Result(
            criterion=criterion,
            result=text_of(last, "result") or "?",
            items=_items(last),
            reviewer=id_of(last, "reviewer_id"),
            evidence=texts_of(last, "evidence"),
            rests_on=cited(last),
            replaced=tuple(map(cited, replaced)),
        )
        for criterion, (*replaced, last) in sorted(said.items())
    )


def _items(placed: Placed) -> dict[str, str]:
    """Return the result of each item; what is none is left out."""
    listed: object = placed.record.data.get("items")
    items = cast("list[object]", listed) if isinstance(listed, list) else []
    several = [cast("dict[str, object]", each) for each in items if isinstance(each, dict)]
    return {str(each.get("item_id")): str(each.get("result")) for each in several}


def _weighed(before: Iterable[Placed], kind: str, field: str) -> Weighed | None:
    """Return what the last record of that type says; ``None`` where there is none."""
    last = _last(before, kind)
    if last is None:
        return None
    value = str(last.record.data.get(field)).lower()
    return Weighed(value=value, evidence=texts_of(last, "evidence"), rests_on=cited(last))


def _manifest(before: Sequence[Placed]) -> Manifest | None:
    """Return the evidence as it was submitted last; ``None`` where nothing was."""
    for kind in ("SelfAssessmentSubmitted", "WorkspaceFrozen", "ReviewOpened"):
        last = _last(before, kind)
        if last is not None:
            return Manifest(
                root=text_of(last, "manifest_root"),
                hashes=texts_of(last, "manifest"),
                rests_on=cited(last),
            )
    return None


def _pieces(before: Iterable[Placed], evidence: set[str]) -> tuple[Piece, ...]:
    """Return with which record each piece of ``evidence`` came, in order."""
    return tuple(
        Piece(evidence_hash=found, rests_on=cited(each))
        for each in before
        if each.record.type in EVIDENCE
        for found in (text_of(each, "evidence_hash"),)
        if found is not None and found in evidence
    )


def _people(records: Iterable[Placed]) -> tuple[Involved, ...]:
    """Return who had which part, by part and person."""
    found: dict[tuple[str, UUID], Placed] = {}
    for each in records:
        for taken in parts_of(each.record):
            if taken.begins and taken.person != EVERYBODY:
                found.setdefault((taken.part, taken.person), each)
    return tuple(
        Involved(person=person, part=part, rests_on=cited(each))
        for (part, person), each in sorted(found.items(), key=lambda item: item[0])
    )


def _mandates(appointments: Iterable[Placed], at: datetime) -> tuple[Mandate, ...]:
    """Return the appointments made before ``at``, and whether each was in force then (SV-6)."""
    day = local_day(at)
    return tuple(
        Mandate(
            person=person,
            role=text_of(each, "role") or "?",
            appointment_id=id_of(each, "appointment_id"),
            valid_from=text_of(each, "valid_from") or "?",
            valid_until=text_of(each, "valid_until") or "?",
            in_force=_covers(each, day),
            rests_on=cited(each),
        )
        for each in appointments
        for person in (id_of(each, "person_id"),)
        if person is not None and each.record.recorded_at <= at
    )


def _covers(appointment: Placed, day: date) -> bool:
    """Return whether ``day`` is one of the valid days of ``appointment``, both ends included."""
    first, last = text_of(appointment, "valid_from"), text_of(appointment, "valid_until")
    return (first or "9") <= day.isoformat() <= (last or "0")


def _earlier(
    decision: Placed, before: Iterable[Placed], elsewhere: Iterable[Placed]
) -> tuple[Earlier, ...]:
    """Return the decisions before this one, of the case and then of the organisation, in order."""
    known = {each[:2]: each for each in before if each.record.type in OUTCOMES}
    known |= {
        each[:2]: each
        for each in elsewhere
        if each.record.type in OUTCOMES
        and each.record.recorded_at <= decision.record.recorded_at
        and each.record.correlation_id != decision.record.correlation_id
    }
    return tuple(
        Earlier(
            outcome=OUTCOMES[each.record.type],
            case=each.record.correlation_id,
            rests_on=cited(each),
        )
        for each in known.values()
    )


def _last(before: Iterable[Placed], kind: str) -> Placed | None:
    """Return the last record of that type; ``None`` where there is none."""
    return next((each for each in reversed(tuple(before)) if each.record.type == kind), None)

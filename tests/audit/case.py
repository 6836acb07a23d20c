"""A whole case in records, as far as a decision, for the tests of what is made from them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.audit.views.placed import Placed
from shared.contracts.envelope import Actor
from shared.contracts.record import Record, encode, leaf_hash
from shared.contracts.roles import Role
from tests.audit.api.house import CASE, MONDAY, record

REVIEW, DECISION, CERTIFICATE = UUID(int=41), UUID(int=42), UUID(int=43)
SCREENER, SUPERVISOR, REVIEWER, CERTIFIER = (UUID(int=n) for n in range(51, 55))
FIRM = "7699990011"
TEXT, FILE, UNUSED = "aa" * 32, "bb" * 32, "cc" * 32
ROOT = "dd" * 32


def said(
    hour: int, kind: str, by: tuple[UUID, Role], service: str = "review", **data: Any
) -> Record:
    """Return what somebody said about the case, ``hour`` hours after it began."""
    at = MONDAY + timedelta(hours=hour)
    return record(service, 1)._replace(
        type=kind,
        stream=f"{kind}-{hour}",
        recorded_at=at,
        effective_at=at,
        actor=Actor(*by),
        scheme="v1" if service == "review" else None,
        data={"application_id": str(CASE), **data},
    )


def certification() -> list[Record]:
    """Return a case, oldest first: admitted, reviewed with one result revised, approved, issued."""
    screener, supervisor = (SCREENER, Role.PROJECT_LEADER), (SUPERVISOR, Role.SUPERVISOR)
    reviewer, certifier = (REVIEWER, Role.REVIEWER), (CERTIFIER, Role.CERTIFIER)
    firm = (UUID(int=31), Role.APPLICANT)
    of, number = {"review_id": str(REVIEW)}, {"organisation_number": FIRM}
    result: dict[str, Any] = {**of, "reviewer_id": str(REVIEWER), "evidence": [TEXT]}
    revised: dict[str, Any] = {**result, "evidence": [FILE]}
    return [
        said(0, "InterestRegistered", firm, "intake", **number, contact_id=str(UUID(int=31))),
        said(1, "ScreeningStarted", screener, "intake", screener_id=str(SCREENER)),
        said(2, "ApplicantAdmitted", screener, "intake", **number, screener_id=str(SCREENER)),
        said(3, "WorkspaceKitApplied", supervisor, supervisor_id=str(SUPERVISOR), kit="v1"),
        said(4, "EvidenceTextWritten", firm, evidence_hash=TEXT),
        said(5, "EvidenceFileUploaded", firm, evidence_hash=FILE),
        said(6, "EvidenceFileUploaded", firm, evidence_hash=UNUSED),
        said(
            7,
            "SelfAssessmentSubmitted",
            (UUID(int=32), Role.SIGNATORY),
            **number,
            signatory_id=str(UUID(int=32)),
            manifest=[TEXT, FILE, UNUSED],
            manifest_root=ROOT,
        ),
        said(8, "ReviewOpened", (UUID(int=1), Role.SERVICE), **of, **number)._replace(
            stream=f"review-{REVIEW}"
        ),
        said(9, "ImpartialityDeclared", reviewer, **of, person_id=str(REVIEWER)),
        said(10, "ReviewerAssigned", screener, **of, **number, reviewer_id=str(REVIEWER)),
        said(11, "CertifierAssigned", screener, **of, **number, certifier_id=str(CERTIFIER)),
        said(
            12,
            "CriterionReviewed",
            reviewer,
            **result,
            criterion="3.1",
            result="conforms",
            items=[{"item_id": "3.1-a", "result": "conforms"}],
        ),
        said(
            13,
            "CriterionReviewed",
            reviewer,
            **result,
            criterion="3.2",
            result="minor_nonconformity",
            items=[],
        ),
        said(
            14,
            "CriterionReviewRevised",
            reviewer,
            **revised,
            criterion="3.2",
            result="conforms",
            items=[],
            revises=5,
        ),
        said(15, "OverallAssessmentMade", reviewer, **of, definition_confirmed=True, evidence=[]),
        said(16, "DecisionRecommended", reviewer, **of, recommendation="approve", evidence=[]),
        said(
            17,
            "CertificationApproved",
            certifier,
            **of,
            **number,
            decision_id=str(DECISION),
            certifier_id=str(CERTIFIER),
            scheme="v1",
            evidence=[TEXT, FILE],
        ),
        said(
            18,
            "CertificatePrepared",
            (UUID(int=1), Role.SERVICE),
            "certificates",
            **number,
            certificate_id=str(CERTIFICATE),
            decision_id=str(DECISION),
        )._replace(stream=f"certificate-{CERTIFICATE}"),
        said(
            19,
            "CertificateIssued",
            (UUID(int=1), Role.SERVICE),
            "certificates",
            **number,
            certificate_id=str(CERTIFICATE),
            decision_id=str(DECISION),
            valid_until="2021-06-18",
        ),
    ]


def appointed(person: UUID, role: str, first: str, last: str) -> Record:
    """Return that somebody was appointed, in no case."""
    made = said(0, "AppointmentMade", (UUID(int=60), Role.STEERING_GROUP))
    return made._replace(
        correlation_id=UUID(int=61),
        stream=f"appointment-{person}-{first}",
        data={
            "person_id": str(person),
            "appointment_id": str(UUID(int=62)),
            "role": role,
            "valid_from": first,
            "valid_until": last,
        },
    )


def placed(records: Sequence[Record]) -> tuple[Placed, ...]:
    """Return ``records`` where they stand: one after the other, each log's from 1 on."""
    found: list[Placed] = []
    for each in records:
        position = 1 + sum(before.log == each.log for before in found)
        found.append(Placed(each.log, position, leaf_hash(encode(each)), each))
    return tuple(found)

"""Which sealed fields an auditor may see: one table, total over the catalogue. House: ADR-0023.

Grounds of decisions, findings, and what a firm said to the procedure: yes. Who somebody is and how
to reach them, and what a firm put behind the door of its workspace: no.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.contracts.base import Event
from shared.contracts.intake import (
    ApplicantAdmitted,
    ApplicationDeferred,
    ApplicationRejected,
    GroupSizeDeviationApproved,
    InterestRegistered,
    PreCertificationFailed,
    PreCertificationPassed,
    SignatoryMandateDeclared,
    SurveyAnswered,
)
from shared.contracts.preparation import (
    AppointmentMade,
    AppointmentProposed,
    EvidenceFileUploaded,
    EvidenceTextWritten,
    SelfAssessmentItemAnswered,
)
from shared.contracts.review import (
    CertificationApproved,
    CertificationRefused,
    CriterionReviewed,
    CriterionReviewRevised,
    DecisionRecommended,
    OverallAssessmentMade,
    ReportCommented,
    ReviewReportIssued,
)


class Audience(StrEnum):
    """Who may see a sealed field beside those who may in the service itself."""

    AUDITOR = "auditor"
    """The grounds of a decision, a finding, a statement to the procedure."""
    NOBODY = "nobody"
    """A name, an address, or the firm's own material (WSP-2)."""


_GROUNDS: Final[Mapping[str, Audience]] = {"reason": Audience.AUDITOR}

AUDIENCES: Final[Mapping[type[Event], Mapping[str, Audience]]] = MappingProxyType(
    {
        InterestRegistered: {
            "contact_name": Audience.NOBODY,
            "contact_email": Audience.NOBODY,
        },
        PreCertificationPassed: _GROUNDS,
        PreCertificationFailed: _GROUNDS,
        SurveyAnswered: {"remarks": Audience.AUDITOR},
        SignatoryMandateDeclared: {
            "signatory_name": Audience.NOBODY,
            "signatory_email": Audience.NOBODY,
        },
        ApplicantAdmitted: _GROUNDS,
        ApplicationDeferred: {"actions": Audience.AUDITOR, **_GROUNDS},
        ApplicationRejected: _GROUNDS,
        GroupSizeDeviationApproved: _GROUNDS,
        AppointmentProposed: {"competence_note": Audience.AUDITOR},
        AppointmentMade: _GROUNDS,
        EvidenceTextWritten: {"title": Audience.NOBODY, "text": Audience.NOBODY},
        EvidenceFileUploaded: {"file_name": Audience.NOBODY},
        SelfAssessmentItemAnswered: {"text": Audience.NOBODY},
        CriterionReviewed: _GROUNDS,
        CriterionReviewRevised: _GROUNDS,
        OverallAssessmentMade: _GROUNDS,
        ReviewReportIssued: {"summary": Audience.AUDITOR},
        ReportCommented: {"comment": Audience.AUDITOR},
        DecisionRecommended: _GROUNDS,
        CertificationApproved: _GROUNDS,
        CertificationRefused: _GROUNDS,
    }
)
"""By type of event and field. A sealed field that is not here fails the build, and is shown to nobody."""


def auditor_may_see(event: type[Event], field: str) -> bool:
    """Return whether an auditor may see a sealed ``field`` of ``event``; not, when nobody said so."""
    return AUDIENCES.get(event, {}).get(field) is Audience.AUDITOR

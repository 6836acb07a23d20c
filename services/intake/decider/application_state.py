"""What an application must remember in order to decide, and what every rule asks of it first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from shared.contracts.intake import ApplicationKind
from shared.contracts.survey import AnswerValue
from shared.decider import Refusal, RefusalKind


class Stage(StrEnum):
    """How far an application has come."""

    INTERESTED = "interested"
    DRAFTING = "drafting"
    SUBMITTED = "submitted"
    SCREENING = "screening"
    ADMITTED = "admitted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    ENROLLED = "enrolled"


@dataclass(frozen=True, slots=True)
class Opening:
    """What the interest said, without anything sealed."""

    application_id: UUID
    organisation_number: str
    organisation_name: str
    kind: ApplicationKind
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class Declared:
    """Who declared to bind the ASF, and the declaration that their acts cite."""

    mandate_id: UUID
    signatory_id: UUID


@dataclass(frozen=True, slots=True)
class Section:
    """When a section of the survey was last answered, and whether remarks were made."""

    at: datetime
    remarked: bool


@dataclass(frozen=True, slots=True)
class Application:
    """What an application must remember in order to decide. Nothing for display or sealed.

    Attributes:
        disclosed: Versions of the requirements that were told.
        precertified: The last outcome; ``None`` before the first.
        answers: By question, of every section.
        sections: By section.
        committed: Which signatory committed how many hours a month.
        group_id: The one group that it has its place in.
    """

    opening: Opening | None = None
    stage: Stage = Stage.INTERESTED
    disclosed: frozenset[str] = frozenset()
    precertified: bool | None = None
    survey: str | None = None
    answers: Mapping[str, AnswerValue] = field(default_factory=lambda: MappingProxyType({}))
    sections: Mapping[str, Section] = field(default_factory=lambda: MappingProxyType({}))
    mandate: Declared | None = None
    committed: tuple[UUID, int] | None = None
    round_id: UUID | None = None
    screener_id: UUID | None = None
    has_document: bool = False
    agreement: str | None = None
    countersigned: bool = False
    group_id: UUID | None = None
    scheme: str | None = None


def known(application: Application) -> Opening:
    """GEN-4: return the opening, or refuse: nothing can be done to what does not exist."""
    if application.opening is None:
        raise Refusal(
            RefusalKind.NOT_FOUND, "application_not_found", "There is no such application."
        )
    return application.opening


def own(application: Application, organisation: str) -> Opening:
    """SOD-14: return the opening of the caller's own case; of another firm's, say it is not there.

    The same answer as for an id that does not exist: nobody learns that another firm applied.
    """
    opening = known(application)
    if opening.organisation_number != organisation:
        raise Refusal(
            RefusalKind.NOT_FOUND, "application_not_found", "There is no such application."
        )
    return opening


def screened_by(application: Application, reviewer_id: UUID) -> Opening:
    """K-02, ADR-0034: return the opening of a case that this reviewer was named to screen.

    Of any other say that it is not there: so does whatever reviewers read of applications.
    """
    opening = known(application)
    if application.screener_id != reviewer_id:
        raise Refusal(
            RefusalKind.NOT_FOUND, "application_not_found", "There is no such application."
        )
    return opening


def need_submitted(application: Application) -> None:
    """Q-006: refuse to examine what was not submitted, or is examined already."""
    if application.stage is not Stage.SUBMITTED:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_not_submitted",
            f"Only what is submitted is screened; this one is {application.stage} at present.",
        )


def need_screening(application: Application) -> None:
    """GEN-3: refuse to decide on what is not examined, or is decided already."""
    if application.stage is not Stage.SCREENING:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_not_in_screening",
            f"Only in screening is decided; this one is {application.stage} at present.",
        )


def need_admitted(application: Application) -> None:
    """Q-006: refuse what belongs between admission and enrolment at any other time."""
    if application.stage is not Stage.ADMITTED:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_not_admitted",
            f"This follows an admission; the application is {application.stage} at present.",
        )


def drafting(application: Application) -> None:
    """GEN-3: refuse to change what was submitted; it stays as it was."""
    if application.stage not in {Stage.INTERESTED, Stage.DRAFTING}:
        raise Refusal(
            RefusalKind.CONFLICT,
            "application_submitted",
            f"The application is {application.stage} at present; its draft is closed.",
        )


def signatory(application: Application, person: UUID) -> Declared:
    """SOD-14, APP-4: return the declaration of ``person``, or refuse: nobody else binds the ASF."""
    if application.mandate is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "mandate_missing", "Nobody has declared to sign for the firm."
        )
    if application.mandate.signatory_id != person:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "not_the_signatory",
            "Only the declared signatory binds the enterprise.",
        )
    return application.mandate

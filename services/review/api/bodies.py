"""What people send, and in which form. Bodies say neither who nor when: the edge knows."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from services.review.api.acting import APPOINTED
from shared.contracts.preparation import TieKind
from shared.contracts.review import Result
from shared.contracts.roles import Role
from shared.contracts.scheme import SCHEMES, Criterion, EvidenceKind
from shared.web import Body, Day, Line, Moment, Text, check_period

CITED_MAX = 100
ITEMS_MAX = 50
PEOPLE_MAX = 20
TEXT_MAX = 10_000

Commitment = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Commitments = Annotated[tuple[Commitment, ...], Field(max_length=CITED_MAX)]
Reason = Annotated[str, Field(max_length=TEXT_MAX)]
"""GEN-2: an empty one is refused by the rule, with its code."""
Words = Annotated[Text, Field(min_length=1, max_length=TEXT_MAX)]
Title = Annotated[Line, Field(min_length=1, max_length=200)]
Version = Annotated[str, Field(pattern="^v[0-9]{1,3}$")]
ItemId = Annotated[str, Field(pattern="^[0-9A-Za-z.-]{1,20}$")]
Areas = Annotated[tuple[Criterion, ...], Field(max_length=len(Criterion))]
Language = Literal["sv", "en"]


def _appointed(role: Role) -> Role:
    """APT-3: refuse a role in which nobody acts for SKOOPI under an appointment."""
    if role not in APPOINTED:
        raise PydanticCustomError("role_not_appointed", "Nobody is appointed to this role.")
    return role


def _known(version: str) -> str:
    """APT-1: refuse a version of the scheme that there is not."""
    if version not in SCHEMES:
        raise PydanticCustomError("scheme_unknown", "There is no such version of the scheme.")
    return version


class ProposalBody(Body):
    """Whom to appoint, as what, for what and how long.

    Attributes:
        competence: Commitments to what it rests on.
        valid_until: The last valid day.
    """

    person_id: UUID
    role: Annotated[Role, AfterValidator(_appointed)]
    areas: Areas = ()
    schemes: Annotated[
        tuple[Annotated[Version, AfterValidator(_known)], ...], Field(max_length=10)
    ] = ()
    competence: Commitments
    competence_note: Words
    valid_from: Day
    valid_until: Day

    @model_validator(mode="after")
    def _period(self) -> Self:
        """Refuse a period that ends before it begins."""
        check_period(self.valid_from, self.valid_until)
        return self


class ApprovalBody(Body):
    """Which proposal is approved, and why."""

    appointment_id: UUID
    reason: Reason
    language: Language = "sv"
    evidence: Commitments = ()


class TieBody(Body):
    """What binds the caller to an organisation.

    Attributes:
        organisation_number: Never a personal number: it is kept secret until it has been checked.
        until_on: ``null`` while it lasts.
    """

    organisation_number: Annotated[SecretStr, Field(max_length=20)]
    kind: TieKind
    from_on: Day
    until_on: Day | None = None

    @model_validator(mode="after")
    def _period(self) -> Self:
        """Refuse a tie that ends before it begins."""
        check_period(self.from_on, self.until_on or self.from_on)
        return self


class GrantBody(Body):
    """Who may read the workspace, from the instant ``from_at`` until just before ``until_at``."""

    person_id: UUID
    scope: Literal["support", "review"] = "support"
    from_at: Moment
    until_at: Moment


class KitBody(Body):
    """Which version of the kit is put in."""

    kit: Version


class TextBody(Body):
    """A text that is evidence."""

    title: Title
    text: Annotated[Text, Field(min_length=1, max_length=50_000)]


class LinkBody(Body):
    """To which item a piece of evidence is put, and as what."""

    evidence_id: UUID
    item_id: ItemId
    kind: EvidenceKind


class AnswerBody(Body):
    """The answer to one item."""

    text: Words


class PlannedBody(Body):
    """Who reviews what."""

    person_id: UUID
    areas: Areas


class PlanBody(Body):
    """Who reviews what, by when and how."""

    reviewers: Annotated[tuple[PlannedBody, ...], Field(min_length=1, max_length=PEOPLE_MAX)]
    certifier_id: UUID
    from_on: Day
    until_on: Day
    method: Literal["documents", "remote_interview", "on_site"]
    sampled_units: Annotated[StrictInt, Field(ge=1, le=1_000)]

    @model_validator(mode="after")
    def _period(self) -> Self:
        """Refuse a plan that ends before it begins."""
        check_period(self.from_on, self.until_on)
        return self


class ReviewerBody(Body):
    """Whom to assign, for which areas, and whether to lead."""

    person_id: UUID
    areas: Areas
    lead: StrictBool = False


class CertifierBody(Body):
    """Whom to assign."""

    person_id: UUID


class ResultBody(Body):
    """The result for one criterion.

    Attributes:
        items: In an emphasised area the result of each item, by its id; else empty.
        evidence: What the result rests on; hashes from the frozen manifest, any order.
    """

    result: Result
    items: Annotated[dict[ItemId, Result], Field(max_length=ITEMS_MAX, default_factory=dict)]
    reason: Reason
    language: Language
    evidence: Annotated[frozenset[Commitment], Field(max_length=CITED_MAX)]


class OverallBody(Body):
    """The whole, weighed."""

    definition_confirmed: StrictBool
    reason: Reason
    language: Language


class SummaryBody(Body):
    """The report's summary."""

    summary: Words
    language: Language


class CommentBody(Body):
    """What the firm says to the report."""

    comment: Words
    language: Language


class RecommendationBody(Body):
    """What the lead reviewer recommends, and why."""

    recommendation: Literal["approve", "refuse"]
    reason: Reason
    language: Language


class DecisionBody(Body):
    """What the certifier decides, and why."""

    outcome: Literal["approve", "refuse"]
    reason: Reason
    language: Language


class Made(Body):
    """The id of what was made; the same on every repeat."""

    id: UUID

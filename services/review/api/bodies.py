"""What people send, and in which form. Bodies say neither who nor when: the edge knows."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.contracts.preparation import TieKind
from shared.contracts.review import Result
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion, EvidenceKind
from shared.web import Body

CITED_MAX = 100
ITEMS_MAX = 50
PEOPLE_MAX = 20
TEXT_MAX = 10_000

Commitment = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Commitments = Annotated[tuple[Commitment, ...], Field(max_length=CITED_MAX)]
Organisation = Annotated[str, Field(pattern="^[0-9]{10}$")]
Reason = Annotated[str, Field(max_length=TEXT_MAX)]
"""GEN-2: an empty one is refused by the rule, with its code."""
Words = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[str, Field(pattern="^v[0-9]{1,3}$")]
ItemId = Annotated[str, Field(pattern="^[0-9A-Za-z.-]{1,20}$")]
Areas = Annotated[tuple[Criterion, ...], Field(max_length=len(Criterion))]
Language = Literal["sv", "en"]


class ProposalBody(Body):
    """Whom to appoint, as what, for what and how long.

    Attributes:
        competence: Commitments to what it rests on.
        valid_until: The last valid day.
    """

    person_id: UUID
    role: Role
    areas: Areas = ()
    schemes: Annotated[tuple[Version, ...], Field(max_length=10)] = ()
    competence: Commitments
    competence_note: Words
    valid_from: date
    valid_until: date

    @model_validator(mode="after")
    def _period(self) -> Self:
        """Refuse a period that ends before it begins."""
        if self.valid_until < self.valid_from:
            raise ValueError("the period ends before it begins")
        return self


class ApprovalBody(Body):
    """Which proposal is approved, and why."""

    appointment_id: UUID
    reason: Reason
    evidence: Commitments = ()


class TieBody(Body):
    """What binds the caller to an organisation; ``until_on`` is ``null`` while it lasts."""

    organisation_number: Organisation
    kind: TieKind
    from_on: date
    until_on: date | None = None


class GrantBody(Body):
    """Who may read the workspace, from the instant ``from_at`` until just before ``until_at``."""

    person_id: UUID
    scope: Literal["support", "review"] = "support"
    from_at: AwareDatetime
    until_at: AwareDatetime


class KitBody(Body):
    """Which version of the kit is put in."""

    kit: Version


class TextBody(Body):
    """A text that is evidence."""

    title: Title
    text: Annotated[str, Field(min_length=1, max_length=50_000)]


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
    from_on: date
    until_on: date
    method: Literal["documents", "remote_interview", "on_site"]
    sampled_units: Annotated[int, Field(ge=1, le=1_000)]


class ReviewerBody(Body):
    """Whom to assign, for which areas, and whether to lead."""

    person_id: UUID
    areas: Areas
    lead: bool = False


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

    definition_confirmed: bool
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

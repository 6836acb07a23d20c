"""Why a decision was made, over HTTP: everything that it rests on as one document."""

from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.audit.api.asking import AS_OF, AsOf, bound, placed, span, too_long
from services.audit.api.differences import RECORDS_MAX
from services.audit.queries import Histories, TooLong, Wanted, whole
from services.audit.views.as_of import Vector, vector_text
from services.audit.views.facets import Facet, key_of
from services.audit.views.lineage import APPOINTED, OUTCOMES, Lineage, decision_in, lineage_of
from services.audit.views.placed import Placed, id_of, text_of
from shared.contracts.certificate_number import read_number
from shared.contracts.record import decode
from shared.decider import Refusal, RefusalKind
from shared.web import Edge, Reader, problems

TEAM: Final = frozenset({"reviewer", "certifier", "planned_reviewer", "planned_certifier"})
"""Whose appointments a decision rests on (REV-2, REV-3)."""


class Subject(NamedTuple):
    """What the address names: a case; and which of its decisions, where it says that."""

    case: UUID
    review_id: UUID | None = None
    decision_id: UUID | None = None


def lineage_routes(*, histories: Histories, edge: Edge) -> APIRouter:
    """Return how a decision is accounted for."""
    router = APIRouter(prefix="/v1/decisions", tags=["history"])

    @router.get(
        "/{subject_id}/lineage",
        responses=problems("decision_not_found", "answer_too_long", "history_incomplete"),
    )
    async def read_lineage(
        subject_id: Annotated[str, Path(max_length=64, description="An id, or a number.")],
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[AsOf, Query()],
        response: Response,
    ) -> Lineage:
        """Return why: of the decision on a review, behind a certificate, or the last one of a case.

        Criteria, rules, results with the evidence they cite, manifest, people by part, declarations,
        appointments, recommendation and earlier decisions, each with log, position and leaf hash.
        Reading is remembered in the access log.
        """
        as_of = await bound(histories, asked.as_of_sizes)
        reading = _Reading(histories, asked, as_of)
        subject = await reading.named(subject_id)
        try:
            records = await reading.all_of(("case", str(subject.case)))
            decision = decision_in(
                records, review_id=subject.review_id, decision_id=subject.decision_id
            )
            if decision is None:
                raise _no_decision()
            await edge.remember(
                by, "read_lineage", stream=decision.record.stream, case=subject.case
            )
            lineage = await reading.lineage(decision, records)
        except TooLong as error:
            raise too_long() from error
        response.headers[AS_OF] = vector_text(as_of)
        return lineage

    return router


class _Reading:
    """Reads what a lineage is made from, all as of one vector."""

    def __init__(self, histories: Histories, asked: AsOf, as_of: Vector) -> None:
        self._histories = histories
        self._as_of = as_of
        self._recorded = span(None, None, asked.as_of_recorded)
        self._effective = span(None, None, asked.as_of_effective)

    async def named(self, text: str) -> Subject:
        """Return what ``text`` names: a certificate by its number, or anything by its id.

        Raises:
            Refusal: It names nothing.
        """
        try:
            return await self.subject(UUID(text))
        except ValueError:
            return await self._certified(text)

    async def subject(self, subject_id: UUID) -> Subject:
        """Return what ``subject_id`` is of: a review, a certificate or a case."""
        leaf = await self._histories.first_of("asf/review", f"review-{subject_id}")
        if leaf is not None:
            return Subject(decode(leaf).correlation_id, review_id=subject_id)
        leaf = await self._histories.first_of("asf/certificates", f"certificate-{subject_id}")
        if leaf is not None:
            record = decode(leaf)
            decided = id_of(Placed("", 0, "", record), "decision_id")
            return Subject(record.correlation_id, decision_id=decided)
        return Subject(subject_id)

    async def _certified(self, text: str) -> Subject:
        """Return what the certificate with the number ``text`` is of.

        Raises:
            Refusal: It is no number, or there is no such certificate.
        """
        number = read_number(text)
        named = () if number is None else await self.all_of(("certificate", number))
        for each in named:
            certificate_id = id_of(each, "certificate_id")
            if certificate_id is not None:
                return await self.subject(certificate_id)
        raise _no_decision()

    async def all_of(self, *facets: tuple[Facet, str]) -> tuple[Placed, ...]:
        """Return every record that has all of ``facets``, oldest first.

        Raises:
            TooLong: There are too many.
        """
        keys = tuple(key_of(facet, value) for facet, value in facets)
        wanted = Wanted(keys, self._as_of, self._recorded, self._effective)
        return tuple(map(placed, await whole(self._histories, wanted, limit=RECORDS_MAX)))

    async def lineage(self, decision: Placed, records: tuple[Placed, ...]) -> Lineage:
        """Return the document, with what stands in other cases and beside all of them."""
        alone = lineage_of(decision, records)
        organisation = text_of(decision, "organisation_number")
        elsewhere = [
            each
            for kind in OUTCOMES
            if organisation is not None
            for each in await self.all_of(("organisation", organisation), ("type", kind))
        ]
        team = sorted({each.person for each in alone.people if each.part in TEAM})
        appointments = [
            each
            for person in team
            for each in await self.all_of(("person", str(person)), ("type", APPOINTED))
            if id_of(each, "person_id") == person
        ]
        return lineage_of(
            decision,
            records,
            elsewhere=sorted(elsewhere, key=lambda each: each.record.recorded_at),
            appointments=appointments,
        )


def _no_decision() -> Refusal:
    """Return that there is no decision there."""
    return Refusal(RefusalKind.NOT_FOUND, "decision_not_found", "There is no such decision.")

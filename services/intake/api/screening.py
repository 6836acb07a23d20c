"""Step 2 over HTTP: pre-certification, screening, and what the screener decides."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.applications import organisation_stream
from services.intake.api.desk import Desk, Receipt, last_of, receipt, under_mandate
from services.intake.api.forms import DecisionBody, PersonBody, Words
from services.intake.commands.application import (
    AdmitApplicant,
    DeferApplication,
    RecordPreCertification,
    RejectApplication,
    StartScreening,
)
from services.intake.commands.organisation import EndOpenApplication
from services.intake.decider.application_state import Application, known
from services.intake.views.application import Decision
from shared.contracts.intake import (
    ApplicantAdmitted,
    ApplicationDeferred,
    ApplicationRejected,
    DeferralCode,
)
from shared.contracts.roles import Role
from shared.contracts.survey import AnswerValue
from shared.decider import Asked, Refusal, RefusalKind
from shared.web import Caller, Day, Reader, if_match, problems

Decided: TypeAlias = ApplicantAdmitted | ApplicationDeferred | ApplicationRejected
DECIDED: tuple[type[Decided], ...] = (ApplicantAdmitted, ApplicationDeferred, ApplicationRejected)


class PreCertificationBody(DecisionBody):
    """The outcome of the pre-certification."""

    outcome: Literal["passed", "failed"]


class DeferralBody(DecisionBody):
    """Come back later.

    Attributes:
        codes: What is lacking; the rules want at least one.
        return_on: The first day on which the enterprise may come back; the rules want it.
        actions: What to do until then; the rules want it.
    """

    codes: Annotated[tuple[DeferralCode, ...], Field(max_length=10)] = ()
    return_on: Day | None = None
    actions: Words = ""


class DecisionShown(BaseModel):
    """A decision with its words.

    Attributes:
        reason: As written; ``None``: erased.
        language: That reason and actions are written in (SV-8); they are never translated.
        actions: Of a deferral: what to do until then; ``None`` otherwise.
    """

    model_config = ConfigDict(frozen=True)

    decision: Decision
    reason: str | None
    language: Literal["sv", "en"]
    actions: str | None


def routes(desk: Desk) -> APIRouter:
    """Return the routes of step 2."""
    router = APIRouter(prefix="/v1/applications", tags=["screening"])
    _pre_certification(router, desk)
    _naming(router, desk)
    _yes(router, desk)
    _later(router, desk)
    _no(router, desk)
    _reading(router, desk)
    return router


def survey_commitment(answers: Mapping[str, AnswerValue]) -> str:
    """GEN-2: return the commitment to the answers that a screening rests on; SHA-256 of JSON.

    The answers are codes, numbers and yes or no, and stand in the log: nothing is given away.
    """
    return sha256(orjson.dumps(dict(answers), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _evidence(body: DecisionBody, state: Application) -> tuple[str, ...]:
    """Return what a screener rests on: the answers, and what else they name."""
    return tuple(sorted({*body.evidence, survey_commitment(state.answers)}))


def _pre_certification(router: APIRouter, desk: Desk) -> None:
    """Add the pre-certification."""

    @router.post(
        "/{application_id}/pre-certification",
        responses=problems(
            "application_not_found",
            "application_submitted",
            "mandate_missing",
            "mandate_ended",
            "reason_missing",
        ),
    )
    async def record_pre_certification(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: PreCertificationBody,
        response: Response,
    ) -> Receipt:
        """Record whether a pilot firm passed the pre-certification, and why."""
        heard = await desk.heard_of(by.person, by.role)
        wish = RecordPreCertification(
            passed=body.outcome == "passed",
            reason=body.reason,
            language=body.language,
            evidence=body.evidence,
            by=heard,
            at=at,
        )
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_mandate(by, heard, at),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _naming(router: APIRouter, desk: Desk) -> None:
    """Add how the screener is named."""

    @router.post(
        "/{application_id}/screening",
        responses=problems(
            "application_not_found",
            "application_not_submitted",
            "mandate_missing",
            "mandate_ended",
            "screener_is_supervisor",
            "screener_has_tie",
        ),
    )
    async def start_screening(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: PersonBody,
        response: Response,
    ) -> Receipt:
        """Name the person who screens: a project leader or a reviewer without part in the firm."""
        state = await desk.application(application_id, by)
        number = known(state).organisation_number
        wish = StartScreening(
            screener_id=body.person_id,
            screener=await desk.heard_of(body.person_id, Role.PROJECT_LEADER, Role.REVIEWER),
            supervisor_ids=await desk.lists.supervisors_of(number),
            at=at,
        )
        stream = f"application-{application_id}"
        cause = await desk.mandated(by, wish, stream)
        answer = await desk.handler.put(stream, wish, cause, expected_version=expected_version)
        return receipt(response, answer)


def _yes(router: APIRouter, desk: Desk) -> None:
    """Add the admission."""

    @router.post(
        "/{application_id}/admission",
        responses=problems(
            "application_not_found",
            "application_not_in_screening",
            "not_the_screener",
            "screener_has_tie",
            "mandate_missing",
            "mandate_ended",
            "reason_missing",
            "definition_not_met",
            "annual_report_missing",
        ),
    )
    async def admit_applicant(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: DecisionBody,
        response: Response,
    ) -> Receipt:
        """Admit the enterprise to its round, with reasons. Only the named screener does."""
        state = await desk.screened(application_id, by, AdmitApplicant.__name__)
        heard = await desk.heard_of(by.person, by.role)
        wish = AdmitApplicant(
            screener_id=by.person,
            reason=body.reason,
            language=body.language,
            evidence=_evidence(body, state),
            by=heard,
            at=at,
        )
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_mandate(by, heard, at),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _later(router: APIRouter, desk: Desk) -> None:
    """Add the deferral."""

    @router.post(
        "/{application_id}/deferral",
        responses=problems(
            "application_not_found",
            "application_not_in_screening",
            "not_the_screener",
            "screener_has_tie",
            "mandate_missing",
            "mandate_ended",
            "reason_missing",
            "deferral_reason_missing",
            "return_date_missing",
            "deferral_actions_missing",
        ),
    )
    async def defer_application(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: DeferralBody,
        response: Response,
    ) -> Receipt:
        """Ask the enterprise to come back later: what is lacking, from when, what to do."""
        state = await desk.screened(application_id, by, DeferApplication.__name__)
        heard = await desk.heard_of(by.person, by.role)
        wish = DeferApplication(
            screener_id=by.person,
            codes=body.codes,
            return_on=body.return_on,
            actions=body.actions,
            reason=body.reason,
            language=body.language,
            evidence=_evidence(body, state),
            by=heard,
            at=at,
        )
        answer = await desk.handler.put(
            f"application-{application_id}",
            wish,
            under_mandate(by, heard, at),
            expected_version=expected_version,
        )
        return receipt(response, answer)


def _no(router: APIRouter, desk: Desk) -> None:
    """Add the rejection, which ends the organisation's open application too."""

    @router.post(
        "/{application_id}/rejection",
        responses=problems(
            "application_not_found",
            "application_not_in_screening",
            "not_the_screener",
            "screener_has_tie",
            "mandate_missing",
            "mandate_ended",
            "reason_missing",
        ),
    )
    async def reject_application(
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: DecisionBody,
        response: Response,
    ) -> Receipt:
        """Turn the application down, with reasons. The enterprise may apply anew."""
        state = await desk.screened(application_id, by, RejectApplication.__name__)
        number = known(state).organisation_number
        heard = await desk.heard_of(by.person, by.role)
        asked = (
            Asked(organisation_stream(number), EndOpenApplication(number, application_id, at)),
            Asked(
                f"application-{application_id}",
                RejectApplication(
                    screener_id=by.person,
                    reason=body.reason,
                    language=body.language,
                    evidence=_evidence(body, state),
                    by=heard,
                    at=at,
                ),
            ),
        )
        cause = under_mandate(by, heard, at)
        answer = await desk.handler.put_all(asked, cause, expected_version)
        return receipt(response, answer)


def _reading(router: APIRouter, desk: Desk) -> None:
    """Add the decision as it is read."""

    @router.get(
        "/{application_id}/decision",
        responses=problems("application_not_found", "decision_not_found"),
    )
    async def read_decision(
        application_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        response: Response,
    ) -> DecisionShown:
        """Read what was decided and why: the own enterprise, the screener, the project leader."""
        document, history, _ = await desk.shown(application_id, by)
        found: tuple[int, Decided] | None = last_of(history, *DECIDED)
        if document.decision is None or found is None:
            raise Refusal(RefusalKind.NOT_FOUND, "decision_not_found", "Nothing is decided yet.")
        version, event = found
        revealed = await desk.vault.reveal(f"application-{application_id}", version, event)
        response.headers["Cache-Control"] = "private, no-store"
        return DecisionShown(
            decision=document.decision,
            reason=None if revealed is None else revealed.reason,
            language=event.language,
            actions=revealed.actions if isinstance(revealed, ApplicationDeferred) else None,
        )

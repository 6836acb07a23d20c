"""The web survey of one application: answered section by section, read as it stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictBool, StrictInt, StrictStr

from services.intake.api.desk import FIRM, Desk, Receipt, organisation, receipt
from services.intake.api.forms import Words
from services.intake.commands.application import AnswerSurvey
from services.intake.commands.organisation_number import organisation_number
from services.intake.views.application import ApplicationDocument
from services.intake.views.survey import SurveyDocument, survey_document
from shared.contracts.intake import SurveyAnswered, SurveyValue
from shared.contracts.roles import Role
from shared.contracts.survey import SURVEY_V1, AnswerValue, QuestionKind, Survey
from shared.eventlog import History
from shared.web import Body, Caller, Reader, Seen, if_match, if_none_match, problems, show

ANSWERS_MAX = 100
TEXT_CHARS_MAX = 100


class AnswersBody(Body):
    """Answers to questions of one section; questions that are left out keep their answers.

    Attributes:
        answers: By the question's code: yes or no, a whole number, or the code of a choice.
        remarks: What the enterprise adds in its own words.
    """

    answers: Annotated[
        Mapping[
            Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")],
            StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=TEXT_CHARS_MAX)],
        ],
        Field(max_length=ANSWERS_MAX),
    ]
    remarks: Words | None = None


class SurveyShown(SurveyDocument):
    """The survey of one application.

    Attributes:
        remarks: By section, in the enterprise's own words; only for its own people, the
            screener and the project leader. ``None``: erased.
    """

    remarks: dict[str, str | None]


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the survey."""
    router = APIRouter(prefix="/v1/applications", tags=["survey"])

    @router.get("/{application_id}/survey", responses=problems("application_not_found"))
    async def read_survey(
        application_id: UUID,
        by: Annotated[Reader, Depends(desk.edge.reader)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> SurveyShown:
        """Read the answers, what is missing, and what to talk about first; advice only."""
        document, history, look = await desk.shown(application_id, by)
        show(response, look, seen)
        survey = survey_document(history.events, SURVEY_V1)
        words = await _remarks(desk, application_id, history) if _may_read(by, document) else {}
        return SurveyShown(remarks=words, **survey.model_dump())

    @router.put(
        "/{application_id}/survey/{section}",
        responses=problems(
            "application_not_found",
            "application_submitted",
            "section_not_found",
            "question_not_found",
            "answer_not_accepted",
            "organisation_number_not_accepted",
        ),
    )
    async def answer_survey(  # noqa: PLR0913, PLR0917 -- what a command consists of
        at: Annotated[datetime, Depends(desk.received)],
        application_id: UUID,
        section: str,
        by: Annotated[Caller, Depends(desk.edge.caller)],
        expected_version: Annotated[int, Depends(if_match)],
        body: AnswersBody,
        response: Response,
    ) -> Receipt:
        """Answer questions of one section, in parts and as often as one likes."""
        state = await desk.application(application_id, by)
        survey = state.survey or SURVEY_V1.version
        wish = AnswerSurvey(
            organisation=organisation(by),
            survey=survey,
            section=section,
            answers=tuple(
                SurveyValue(question=question, value=_normal(SURVEY_V1, section, question, value))
                for question, value in body.answers.items()
            ),
            remarks=body.remarks or None,
            at=at,
        )
        answer = await desk.handler.put(
            f"application-{application_id}", wish, by.cause, expected_version=expected_version
        )
        return receipt(response, answer)

    return router


def _normal(survey: Survey, section: str, question: str, value: AnswerValue) -> AnswerValue:
    """APP-2: return the answer; an organisation number in its one form, or refused at once."""
    asked = survey.section(section)
    kinds = {q.code: q.kind for q in asked.questions} if asked else {}
    if kinds.get(question) is QuestionKind.ORGANISATION_NUMBER:
        return organisation_number(str(value))
    return value


def _may_read(by: Reader, document: ApplicationDocument) -> bool:
    """Return whether the reader may read what the enterprise wrote."""
    is_screener = document.screener_id == by.principal.person
    return by.role in FIRM or by.role is Role.PROJECT_LEADER or is_screener


async def _remarks(desk: Desk, application_id: UUID, history: History) -> dict[str, str | None]:
    """Return the last remarks of each section that has any; ``None`` where they are erased."""
    last = {
        event.section: (version, event)
        for version, event in enumerate(history.events, start=1)
        if isinstance(event, SurveyAnswered) and event.remarks is not None
    }
    found: dict[str, str | None] = {}
    for section, (version, event) in last.items():
        revealed = await desk.vault.reveal(f"application-{application_id}", version, event)
        found[section] = None if revealed is None else revealed.remarks
    return found

"""The survey of one application as its answers stand, and advice that decides nothing (Q-074)."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Instant
from shared.contracts.intake import SurveyAnswered
from shared.contracts.survey import SURVEYS, AnswerValue, Gate, Survey

WAGE_RATIO_TENTHS_MAX = 25
"""Highest wage at most 2.5 times the lowest: a guide value, no gate (``wage_ratio_max``)."""


class AnsweredSection(BaseModel):
    """The answers of one section.

    Attributes:
        answers: By question, in the order of the survey.
        versions: Where each set of answers stands in the stream, oldest first (Q-072).
    """

    model_config = ConfigDict(frozen=True)

    section: str
    answers: dict[str, AnswerValue]
    answered_at: Instant
    versions: tuple[int, ...]


class SurveyDocument(BaseModel):
    """All answers of one application.

    Attributes:
        missing: Questions without an answer, in the order of the survey.
        advice: Questions whose answer is worth a talk before submitting; advice only.
    """

    model_config = ConfigDict(frozen=True)

    survey: str
    sections: tuple[AnsweredSection, ...]
    missing: tuple[str, ...]
    advice: tuple[str, ...]


def survey_document(events: Iterable[Event], in_force: Survey) -> SurveyDocument:
    """Return the survey after ``events``, oldest first; all of ``in_force`` is missing at first."""
    found: dict[str, AnsweredSection] = {}
    survey = in_force
    for version, event in enumerate(events, start=1):
        if isinstance(event, SurveyAnswered):
            survey = SURVEYS[event.survey]
            before = found.get(event.section)
            found[event.section] = AnsweredSection(
                section=event.section,
                answers={answer.question: answer.value for answer in event.answers},
                answered_at=event.answered_at,
                versions=(*(before.versions if before else ()), version),
            )
    answers = {q: value for each in found.values() for q, value in each.answers.items()}
    return SurveyDocument(
        survey=survey.version,
        sections=tuple(found[s.code] for s in survey.sections if s.code in found),
        missing=survey.missing(answers),
        advice=_advice(survey, answers),
    )


def _advice(survey: Survey, answers: dict[str, AnswerValue]) -> tuple[str, ...]:
    """Return the questions to talk about first, in the order of the survey."""
    doubtful = {question for gate in Gate for question in survey.not_met(gate, answers)}
    ratio = answers.get("wage_ratio_tenths")
    if isinstance(ratio, int) and ratio > WAGE_RATIO_TENTHS_MAX:
        doubtful.add("wage_ratio_tenths")
    doubtful |= {q for q, value in answers.items() if value is False}
    asked = (q.code for s in survey.sections for q in s.questions)
    return tuple(code for code in asked if code in doubtful and code in answers)

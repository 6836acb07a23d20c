"""The questionnaire itself: complete in both languages, and gated where rules read it."""

from shared.contracts.survey import SURVEY_V1, SURVEYS, Gate, QuestionKind

QUESTIONS = tuple(question for section in SURVEY_V1.sections for question in section.questions)


def test_every_question_is_asked_once_in_two_languages_with_help() -> None:
    """Q-072: Swedish and English, help for each question."""
    codes = [question.code for question in QUESTIONS]
    assert len(codes) == len(set(codes))
    for each in QUESTIONS:
        assert all((each.text_sv, each.text_en, each.help_sv, each.help_en)), each.code
        assert each.text_sv != each.text_en
    assert SURVEYS[SURVEY_V1.version] is SURVEY_V1


def test_gates_are_questions_of_yes_and_no() -> None:
    """APP-8, APP-9: four of the definition, two of the operating time."""
    gated = [question for question in QUESTIONS if question.gate]
    assert {question.kind for question in gated} == {QuestionKind.YES_NO}
    assert len([q for q in gated if q.gate is Gate.DEFINITION]) == 4
    assert len([q for q in gated if q.gate is Gate.OPERATING_TIME]) == 2


def test_what_is_missing_is_told_in_the_order_of_the_survey() -> None:
    """APP-4: sets, not counts."""
    codes = tuple(question.code for question in QUESTIONS)
    assert SURVEY_V1.missing(()) == codes
    assert SURVEY_V1.missing(codes[1:]) == codes[:1]
    assert SURVEY_V1.missing(codes) == ()
    assert SURVEY_V1.section("weather") is None

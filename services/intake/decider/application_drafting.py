"""Step 1: interest, requirements, survey, mandate, commitment, submission."""

from services.intake.commands.application import (
    AnswerSurvey,
    DeclareCommitment,
    DeclareMandate,
    DiscloseRequirements,
    RecordPreCertification,
    RegisterInterest,
    SubmitApplication,
)
from services.intake.commands.organisation_number import is_public
from services.intake.decider.application_state import (
    Application,
    Opening,
    drafting,
    known,
    own,
    signatory,
)
from services.intake.decider.decision import need_mandate, need_reason
from shared.contracts.intake import (
    ApplicationEvent,
    ApplicationSubmitted,
    CommitmentDeclared,
    IndependenceReviewFlagged,
    InterestRegistered,
    PreCertificationFailed,
    PreCertificationPassed,
    RequirementsDisclosed,
    RoundKind,
    SignatoryMandateDeclared,
    SurveyAnswered,
    SurveyValue,
)
from shared.contracts.survey import SURVEYS, QuestionKind, Section
from shared.decider import Refusal, RefusalKind

NAMED_MAX = 10
"""How many missing answers a refusal names."""


def register(command: RegisterInterest, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-1, APP-2, APP-13, T3: interest is always open, to the firm itself; group 2 is flagged."""
    wanted = Opening(
        command.application_id,
        command.organisation_number,
        command.organisation_name,
        command.kind,
        command.contact_id,
    )
    if application.opening is not None:
        if application.opening == wanted:
            return ()
        raise Refusal(
            RefusalKind.CONFLICT, "application_exists", "This application says something else."
        )
    if command.organisation not in {None, command.organisation_number}:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "not_the_owner",
            "Interest is shown for the enterprise that one acts for.",
        )
    interest = InterestRegistered(
        application_id=command.application_id,
        organisation_number=command.organisation_number,
        organisation_name=command.organisation_name,
        kind=command.kind,
        channel=command.channel,
        contact_id=command.contact_id,
        contact_name=command.contact_name,
        contact_email=command.contact_email,
        language=command.language,
        registered_at=command.at,
    )
    if not is_public(command.organisation_number):
        return (interest,)
    flag = IndependenceReviewFlagged(application_id=command.application_id, flagged_at=command.at)
    return (interest, flag)


def disclose(
    command: DiscloseRequirements, application: Application
) -> tuple[ApplicationEvent, ...]:
    """PM-1, Q-071: each version of the requirements is told once."""
    opening = known(application)
    if command.requirements in application.disclosed:
        return ()
    return (
        RequirementsDisclosed(
            application_id=opening.application_id,
            requirements=command.requirements,
            disclosed_at=command.at,
        ),
    )


def record_precertification(
    command: RecordPreCertification, application: Application
) -> tuple[ApplicationEvent, ...]:
    """APP-6, GEN-2: a person says, with reasons, whether a pilot firm is ready."""
    opening = known(application)
    need_mandate(command.by, command.at)
    need_reason(command.reason)
    drafting(application)
    if application.precertified is command.passed:
        return ()
    outcome = PreCertificationPassed if command.passed else PreCertificationFailed
    return (
        outcome(
            application_id=opening.application_id,
            reason=command.reason,
            language=command.language,
            evidence=command.evidence,
            decided_at=command.at,
        ),
    )


def answer(command: AnswerSurvey, application: Application) -> tuple[ApplicationEvent, ...]:
    """Step 1, Q-072: a section is answered in parts and as often as the ASF likes."""
    opening = own(application, command.organisation)
    drafting(application)
    section = _section(command)
    for given in command.answers:
        _check_answer(given, section, opening)
    before = {
        question.code: application.answers[question.code]
        for question in section.questions
        if question.code in application.answers
    }
    after = before | {given.question: given.value for given in command.answers}
    if _already(command, application, changed=before != after):
        return ()
    return (
        SurveyAnswered(
            application_id=opening.application_id,
            survey=command.survey,
            section=command.section,
            answers=tuple(
                SurveyValue(question=question.code, value=after[question.code])
                for question in section.questions
                if question.code in after
            ),
            remarks=command.remarks,
            answered_at=command.at,
        ),
    )


def declare_mandate(
    command: DeclareMandate, application: Application
) -> tuple[ApplicationEvent, ...]:
    """SV-10, APP-4: a person declares, on a stated basis, to bind the ASF; the last one counts."""
    opening = own(application, command.organisation)
    drafting(application)
    if application.mandate is not None and application.mandate.mandate_id == command.mandate_id:
        return ()
    return (
        SignatoryMandateDeclared(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            mandate_id=command.mandate_id,
            signatory_id=command.signatory_id,
            signatory_name=command.signatory_name,
            signatory_email=command.signatory_email,
            language=command.language,
            basis=command.basis,
            declared_at=command.at,
        ),
    )


def declare_commitment(
    command: DeclareCommitment, application: Application
) -> tuple[ApplicationEvent, ...]:
    """APP-4, Q-063: the signatory sets aside the time that preparation takes."""
    opening = own(application, command.organisation)
    drafting(application)
    declared = signatory(application, command.signatory_id)
    if application.committed == (declared.signatory_id, command.hours_per_month):
        return ()
    return (
        CommitmentDeclared(
            application_id=opening.application_id,
            signatory_id=declared.signatory_id,
            hours_per_month=command.hours_per_month,
            declared_at=command.at,
        ),
    )


def submit(command: SubmitApplication, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-3 to APP-6: the signatory applies, with everything in place, to a round that receives."""
    opening = own(application, command.organisation)
    declared = signatory(application, command.signatory_id)
    if application.round_id == command.round.round_id:
        return ()
    drafting(application)
    _need_requirements(command, application)
    survey = _complete_survey(application)
    if application.committed is None or application.committed[0] != declared.signatory_id:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "commitment_missing",
            "The signatory has not committed the time that preparation takes.",
        )
    _need_open_round(command)
    _need_invitation(command, application)
    return (
        ApplicationSubmitted(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            organisation_name=opening.organisation_name,
            round_id=command.round.round_id,
            kind=opening.kind,
            survey=survey,
            signatory_id=declared.signatory_id,
            submitted_at=command.at,
        ),
    )


def _section(command: AnswerSurvey) -> Section:
    """Return the section that is answered. Step 1: survey and section must exist."""
    survey = SURVEYS.get(command.survey)
    section = survey.section(command.section) if survey else None
    if section is None:
        raise Refusal(
            RefusalKind.NOT_FOUND, "section_not_found", "The survey has no section of that name."
        )
    return section


def _check_answer(given: SurveyValue, section: Section, opening: Opening) -> None:
    """Step 1, APP-2: an answer fits its question; the number is the one that was registered."""
    question = next((q for q in section.questions if q.code == given.question), None)
    if question is None:
        raise Refusal(
            RefusalKind.NOT_FOUND, "question_not_found", "The section has no such question."
        )
    if not question.accepts(given.value):
        raise Refusal(
            RefusalKind.CONFLICT,
            "answer_not_accepted",
            f"The answer to {question.code} is not of the kind that is asked for.",
        )
    if question.kind is QuestionKind.ORGANISATION_NUMBER and given.value != (
        opening.organisation_number
    ):
        raise Refusal(
            RefusalKind.CONFLICT,
            "organisation_number_not_accepted",
            "This is not the organisation number that the interest was registered for.",
        )


def _already(command: AnswerSurvey, application: Application, *, changed: bool) -> bool:
    """Return whether the section stands so already (GEN-4).

    Remarks are sealed and cannot be compared: the same instant of receipt is the same wish.
    """
    section = application.sections.get(command.section)
    if changed or section is None:
        return False
    return section.at == command.at or not (section.remarked or command.remarks)


def _need_requirements(command: SubmitApplication, application: Application) -> None:
    """APP-3, Q-006: nobody applies who was not told what is required."""
    if command.requirements not in application.disclosed:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "requirements_not_disclosed",
            "The requirements in force have not been disclosed to the enterprise yet.",
        )


def _complete_survey(application: Application) -> str:
    """Return the version that was answered. APP-4: nothing is left out; sets, not counts."""
    missing = (
        ("every question",)
        if application.survey is None
        else SURVEYS[application.survey].missing(application.answers)
    )
    if application.survey is None or missing:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "survey_incomplete",
            f"Not answered: {', '.join(missing[:NAMED_MAX])}.",
        )
    return application.survey


def _need_open_round(command: SubmitApplication) -> None:
    """APP-5, GEN-6: the round receives at the instant of receipt, or the next one is named."""
    if not command.round.receives:
        following = f"; the next round is {command.next_round}" if command.next_round else ""
        raise Refusal(
            RefusalKind.CONFLICT,
            "round_closed",
            f"Round {command.round.code} receives no applications{following}.",
        )


def _need_invitation(command: SubmitApplication, application: Application) -> None:
    """APP-6: a pilot round takes invited firms that passed the pre-certification."""
    if command.round.kind is not RoundKind.PILOT:
        return
    if application.precertified is not True:
        raise Refusal(
            RefusalKind.CONFLICT,
            "precertification_missing",
            "A pilot round is for firms that passed the pre-certification.",
        )
    if not command.round.invited:
        raise Refusal(
            RefusalKind.CONFLICT, "not_invited", "A pilot round is for firms that were invited."
        )

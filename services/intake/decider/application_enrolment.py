"""From admission to the group: document, agreement, place, enrolment (step 5)."""

from services.intake.commands.application import (
    ConfirmDocumentAccess,
    CountersignAgreement,
    EnrolApplicant,
    SignAgreement,
    TakeGroupPlace,
)
from services.intake.decider.application_state import (
    Application,
    Stage,
    known,
    need_admitted,
    own,
    signatory,
)
from shared.contracts.intake import (
    AgreementCountersigned,
    AgreementSigned,
    ApplicantEnrolled,
    ApplicationEvent,
    GroupPlaceTaken,
    StandardDocumentAcquired,
)
from shared.decider import Refusal, RefusalKind


def confirm_document(
    command: ConfirmDocumentAccess, application: Application
) -> tuple[ApplicationEvent, ...]:
    """Q-061, APP-12: the ASF buys the SIS document from SIS and says that it has it."""
    opening = own(application, command.organisation)
    if application.has_document:
        return ()
    need_admitted(application)
    return (
        StandardDocumentAcquired(application_id=opening.application_id, confirmed_at=command.at),
    )


def sign(command: SignAgreement, application: Application) -> tuple[ApplicationEvent, ...]:
    """K-01, SOD-14: the signatory signs the agreement that is in force."""
    opening = own(application, command.organisation)
    declared = signatory(application, command.signatory_id)
    if application.agreement == command.agreement:
        return ()
    need_admitted(application)
    if command.agreement != command.in_force:
        raise Refusal(
            RefusalKind.CONFLICT,
            "agreement_not_in_force",
            f"The agreement in force is version {command.in_force}.",
        )
    return (
        AgreementSigned(
            application_id=opening.application_id,
            agreement=command.agreement,
            signatory_id=declared.signatory_id,
            signed_at=command.at,
        ),
    )


def countersign(
    command: CountersignAgreement, application: Application
) -> tuple[ApplicationEvent, ...]:
    """K-01, APP-12: SKOOPI signs what the ASF has signed; then it is in force."""
    opening = known(application)
    if application.countersigned:
        return ()
    if application.agreement is None:
        raise Refusal(
            RefusalKind.INCOMPLETE, "agreement_missing", "The enterprise has not signed yet."
        )
    return (
        AgreementCountersigned(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            agreement=application.agreement,
            countersigned_at=command.at,
        ),
    )


def enrol(command: EnrolApplicant, application: Application) -> tuple[ApplicationEvent, ...]:
    """APP-12: whoever has agreement, document and place takes part in the round."""
    opening = known(application)
    if application.stage is Stage.ENROLLED:
        return ()
    need_admitted(application)
    for code, there, what in (
        ("agreement_missing", application.countersigned, "a countersigned agreement"),
        ("document_access_missing", application.has_document, "that the firm has the SIS document"),
        ("place_missing", command.place_accepted, "that the firm has accepted its place"),
    ):
        if not there:
            raise Refusal(RefusalKind.INCOMPLETE, code, f"Enrolment takes {what}.")
    assert application.round_id is not None, "admitted without a round"
    assert application.screener_id is not None, "admitted without a screener"
    assert application.mandate is not None, "admitted without a signatory"
    return (
        ApplicantEnrolled(
            application_id=opening.application_id,
            organisation_number=opening.organisation_number,
            organisation_name=opening.organisation_name,
            round_id=application.round_id,
            scheme=command.scheme,
            applicant_id=opening.contact_id,
            signatory_id=application.mandate.signatory_id,
            screener_id=application.screener_id,
            project_leader_id=command.project_leader_id,
            enrolled_at=command.at,
        ),
    )


def take_place(command: TakeGroupPlace, application: Application) -> tuple[ApplicationEvent, ...]:
    """GRP-2: a member is enrolled in the group's round, and is in one group only."""
    opening = known(application)
    if application.stage is not Stage.ENROLLED or application.round_id != command.round_id:
        raise Refusal(
            RefusalKind.CONFLICT,
            "member_not_enrolled",
            "A member of a group is enrolled in the group's round.",
        )
    if application.group_id == command.group_id:
        return ()
    if application.group_id is not None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "member_in_other_group",
            "The enterprise has its place in another group.",
        )
    return (
        GroupPlaceTaken(
            application_id=opening.application_id,
            group_id=command.group_id,
            taken_at=command.at,
        ),
    )

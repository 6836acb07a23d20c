"""The sentences of review's events, in the order of the process."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REVIEW: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "AppointmentProposed": (
            "{person_id} föreslogs som {role} till och med {valid_until}.",
            "{person_id} was proposed as {role} until {valid_until}.",
        ),
        "AppointmentMade": (
            "{person_id} förordnades som {role} till och med {valid_until}.",
            "{person_id} was appointed as {role} until {valid_until}.",
        ),
        "TieDeclared": (
            "{person_id} anmälde en bindning till {organisation_number}: {kind}.",
            "{person_id} declared a tie to {organisation_number}: {kind}.",
        ),
        "PartNoted": (
            "Granskningen fick veta att {person_id} haft en roll i ärendet: {part}.",
            "Review heard that {person_id} had a part in the case: {part}.",
        ),
        "AgreementNoted": (
            "Granskningen fick veta att avtalet gäller.",
            "Review heard that the agreement is in force.",
        ),
        "SignatoryNoted": (
            "Granskningen fick veta vem som får binda företaget.",
            "Review heard who may bind the enterprise.",
        ),
        "EnrolmentNoted": (
            "Granskningen fick veta att {organisation_name} är inskrivet.",
            "Review heard that {organisation_name} is enrolled.",
        ),
        "RoundStartNoted": (
            "Granskningen fick veta att omgången började {started_at}.",
            "Review heard that the round started at {started_at}.",
        ),
        "PreparationCalled": (
            "Omgången pågår och företaget är inskrivet: förberedelsen ska börja.",
            "The round runs and the firm is enrolled: preparation is to begin.",
        ),
        "WorkspaceRequested": (
            "Företaget ombads att skapa sin delningsyta.",
            "The firm was asked to create its workspace.",
        ),
        "WorkspaceCreated": (
            "Företaget skapade sin delningsyta.",
            "The firm created its workspace.",
        ),
        "AccessGranted": (
            "{person_id} fick tillgång till delningsytan ({scope}) till {until_at}.",
            "{person_id} was granted access to the workspace ({scope}) until {until_at}.",
        ),
        "AccessRevoked": (
            "En tillgång till delningsytan upphörde.",
            "An access to the workspace ended.",
        ),
        "WorkspaceKitApplied": (
            "Handledaren lade in mappar och stödmall ({kit}).",
            "The supervisor applied the kit of folders and template ({kit}).",
        ),
        "EvidenceTextWritten": (
            "Företaget skrev en text som underlag ({size_bytes} byte).",
            "The firm wrote a text as evidence ({size_bytes} bytes).",
        ),
        "EvidenceFileUploaded": (
            "Företaget laddade upp en fil som underlag ({media_type}, {size_bytes} byte).",
            "The firm uploaded a file as evidence ({media_type}, {size_bytes} bytes).",
        ),
        "EvidenceLinkedToCriterion": (
            "Ett underlag knöts till {item_id}.",
            "A piece of evidence was linked to {item_id}.",
        ),
        "WorkspaceFrozen": (
            "Underlagen frystes som de redovisades.",
            "The evidence was frozen as submitted.",
        ),
        "PreparationStarted": (
            "Förberedelsen började {started_on}; redovisning senast {deadline_at}.",
            "Preparation started on {started_on}; to be submitted by {deadline_at}.",
        ),
        "SelfAssessmentItemAnswered": (
            "Företaget besvarade {item_id}.",
            "The firm answered {item_id}.",
        ),
        "SelfAssessmentItemMarkedReady": (
            "Företaget markerade {item_id} som klar.",
            "The firm marked {item_id} as ready.",
        ),
        "DeadlineReminded": (
            "Det var {days_left} dagar kvar till redovisningen.",
            "{days_left} days were left until the deadline.",
        ),
        "DeadlinePassed": (
            "Tiden för redovisning gick ut {effective_at} utan att något avgjordes.",
            "The deadline passed at {effective_at}; nothing was decided by it.",
        ),
        "SelfAssessmentSubmitted": (
            "{organisation_name} redovisade sin egen genomgång.",
            "{organisation_name} submitted its self-assessment.",
        ),
        "SelfAssessmentLocked": (
            "Redovisningen låstes när granskningen började.",
            "The self-assessment was locked when the review began.",
        ),
        "ReviewOpened": (
            "Granskningen av {organisation_name} öppnades under kriterierna {scheme}.",
            "The review of {organisation_name} was opened under criteria {scheme}.",
        ),
        "ImpartialityDeclared": (
            "{person_id} förklarade sig opartisk.",
            "{person_id} declared impartiality.",
        ),
        "ReviewPlanSet": (
            "Granskningen planerades till {from_on} - {until_on} ({method}).",
            "The review was planned for {from_on} to {until_on} ({method}).",
        ),
        "ReviewerAssigned": (
            "{reviewer_id} utsågs till granskare.",
            "{reviewer_id} was assigned as reviewer.",
        ),
        "CertifierAssigned": (
            "{certifier_id} utsågs till certifieringsrevisor.",
            "{certifier_id} was assigned as certifier.",
        ),
        "CriterionReviewed": (
            "{reviewer_id} bedömde {criterion}: {result}.",
            "{reviewer_id} reviewed {criterion}: {result}.",
        ),
        "CriterionReviewRevised": (
            "{reviewer_id} ändrade bedömningen av {criterion} till: {result}.",
            "{reviewer_id} revised the result of {criterion} to: {result}.",
        ),
        "OverallAssessmentMade": (
            (
                "Den samlade bedömningen gjordes; definitionen av ASF uppfylls: "
                "{definition_confirmed}."
            ),
            (
                "The overall assessment was made; the definition of ASF is met: "
                "{definition_confirmed}."
            ),
        ),
        "ReviewReportIssued": (
            "Rapporten lämnades till företaget, som kan yttra sig till {comment_until_at}.",
            "The report was issued to the firm, which may comment until {comment_until_at}.",
        ),
        "ReportCommented": (
            "Företaget yttrade sig över rapporten.",
            "The firm commented on the report.",
        ),
        "ReportCommentWaived": (
            "Företaget avstod från att yttra sig.",
            "The firm waived its comment.",
        ),
        "ReportFinalised": ("Rapporten blev slutlig.", "The report became final."),
        "DecisionRecommended": (
            "Granskaren rekommenderade {recommendation}.",
            "The reviewer recommended: {recommendation}.",
        ),
        "CertificationApproved": (
            "{certifier_id} beslutade att certifiera {organisation_name}.",
            "{certifier_id} decided to certify {organisation_name}.",
        ),
        "CertificationRefused": (
            "{certifier_id} beslutade att inte certifiera {organisation_name}.",
            "{certifier_id} decided not to certify {organisation_name}.",
        ),
    }
)

"""HTTP in: a request becomes a command, a document becomes an answer. Decides nothing."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter

from services.review.api.acting import Acting
from services.review.api.appointments import appointment_lists, appointment_routes, tie_routes
from services.review.api.decisions import decision_readings, decision_routes
from services.review.api.files import file_readings, file_routes, upload_of
from services.review.api.public import public_routes
from services.review.api.results import closing_routes, comment_routes, lead_routes, result_routes
from services.review.api.reviews import plan_routes, review_lists, staffing_routes
from services.review.api.self_assessments import (
    self_assessment_readings,
    self_assessment_routes,
    submission_routes,
)
from services.review.api.standing import Bystander
from services.review.api.workspaces import access_routes, content_routes, workspace_readings
from services.review.queries import Lists
from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.vault.objects import Objects
from shared.web import (
    ACCESS_LOG_READERS,
    DISCLOSURE_OPERATIONS,
    LEDGER_OPERATIONS,
    Edge,
    access_log_routes,
    disclosure_routes,
    ledger_routes,
)

LEADER: Final = (Role.PROJECT_LEADER,)
REVIEWER: Final = (Role.REVIEWER,)
CERTIFIER: Final = (Role.CERTIFIER,)
APPLICANT: Final = (Role.APPLICANT,)
SIGNATORY: Final = (Role.SIGNATORY,)
FIRM: Final = (Role.APPLICANT, Role.SIGNATORY)
OVERSIGHT: Final = (Role.PROJECT_LEADER, Role.STEERING_GROUP, Role.AUDITOR)
INSIDE: Final = (Role.SUPERVISOR, Role.REVIEWER, Role.CERTIFIER)
"""Who may be let into a workspace."""
SKOOPI: Final = (
    Role.PROJECT_LEADER,
    Role.STEERING_GROUP,
    *INSIDE,
    Role.TRAINER,
    Role.APPEAL_PANEL,
    Role.REGISTRAR,
)

OPERATIONS: Final[Operations] = {
    "propose_appointment": LEADER,
    "approve_appointment": (Role.STEERING_GROUP,),
    "list_appointments": OVERSIGHT,
    "read_appointments": (*OVERSIGHT, *INSIDE, Role.TRAINER, Role.APPEAL_PANEL, Role.REGISTRAR),
    "declare_tie": SKOOPI,
    "read_ties": (*SKOOPI, Role.AUDITOR),
    "create_workspace": APPLICANT,
    "grant_access": APPLICANT,
    "revoke_access": APPLICANT,
    "apply_kit": (Role.SUPERVISOR,),
    "write_text": APPLICANT,
    "upload_file": APPLICANT,
    "link_evidence": APPLICANT,
    "read_workspace": (*FIRM, *INSIDE),
    "read_file": (*FIRM, *INSIDE),
    "answer_item": APPLICANT,
    "mark_item_ready": APPLICANT,
    "submit_self_assessment": SIGNATORY,
    "read_self_assessment": (*FIRM, Role.COWORKER, *INSIDE),
    "list_reviews": (*OVERSIGHT, *REVIEWER, *CERTIFIER, *FIRM),
    "read_review": (*OVERSIGHT, *REVIEWER, *CERTIFIER, *FIRM),
    "declare_impartiality": (Role.REVIEWER, Role.CERTIFIER),
    "plan_review": LEADER,
    "assign_reviewer": LEADER,
    "assign_certifier": LEADER,
    "review_criterion": REVIEWER,
    "revise_criterion": REVIEWER,
    "assess_overall": REVIEWER,
    "issue_report": REVIEWER,
    "finalise_report": REVIEWER,
    "recommend_decision": REVIEWER,
    "comment_report": APPLICANT,
    "waive_comment": APPLICANT,
    "decide_certification": CERTIFIER,
    "read_decision": (*OVERSIGHT, *REVIEWER, *CERTIFIER, *FIRM, Role.SERVICE),
    "read_report": (*REVIEWER, *CERTIFIER, *FIRM),
    "read_scheme": PUBLIC,
    "list_access_log": ACCESS_LOG_READERS,
    **LEDGER_OPERATIONS,
    **DISCLOSURE_OPERATIONS,
}
"""SOD-15: the *by* columns of the lifecycles; a person with several roles acts in the first."""


def routes(
    *,
    edge: Edge,
    acting: Acting,
    bystander: Bystander,
    lists: Lists,
    objects: Objects,
    reached: Callable[[str, int], Awaitable[bool]],
) -> tuple[APIRouter, ...]:
    """Return all routes of review, wired to what the composition root gives them."""
    return (
        appointment_routes(edge=edge, acting=acting),
        appointment_lists(edge=edge, acting=acting, lists=lists, reached=reached),
        tie_routes(edge=edge, acting=acting),
        access_routes(edge=edge, acting=acting),
        content_routes(edge=edge, acting=acting),
        workspace_readings(edge=edge, acting=acting),
        file_routes(edge=edge, acting=acting, objects=objects),
        file_readings(edge=edge, acting=acting, objects=objects),
        self_assessment_routes(edge=edge, acting=acting),
        submission_routes(edge=edge, acting=acting),
        self_assessment_readings(edge=edge, acting=acting),
        review_lists(edge=edge, acting=acting, lists=lists, reached=reached),
        plan_routes(edge=edge, acting=acting),
        staffing_routes(edge=edge, acting=acting, bystander=bystander),
        result_routes(edge=edge, acting=acting, bystander=bystander),
        lead_routes(edge=edge, acting=acting, bystander=bystander),
        closing_routes(edge=edge, acting=acting, bystander=bystander),
        comment_routes(edge=edge, acting=acting),
        decision_routes(edge=edge, acting=acting, bystander=bystander),
        decision_readings(edge=edge, acting=acting),
        public_routes(),
        access_log_routes(edge),
        ledger_routes(edge),
        disclosure_routes(edge),
    )


__all__ = ["OPERATIONS", "routes", "upload_of"]

"""SOD-15: who may ask for what of intake. Whose case it is, the rules ask (SOD-14)."""

from shared.auth import PUBLIC, Operations
from shared.contracts.roles import Role
from shared.web import ACCESS_LOG_READERS, DISCLOSURE_OPERATIONS, LEDGER_OPERATIONS

_FIRM = (Role.APPLICANT, Role.SIGNATORY)
_STAFF = (Role.PROJECT_LEADER, Role.REVIEWER, Role.REGISTRAR, Role.STEERING_GROUP, Role.AUDITOR)
_READERS = (*_STAFF, *_FIRM)

OPERATIONS: Operations = {
    # The offer.
    "read_requirements": PUBLIC,
    "read_questionnaire": PUBLIC,
    # The application, step 1.
    "register_interest": (Role.APPLICANT, Role.PROJECT_LEADER),
    "list_applications": _READERS,
    "read_application": _READERS,
    "read_survey": _READERS,
    "answer_survey": (Role.APPLICANT,),
    "declare_mandate": (Role.SIGNATORY,),
    "declare_commitment": (Role.SIGNATORY,),
    "submit_application": (Role.SIGNATORY,),
    # Step 2.
    "record_pre_certification": (Role.PROJECT_LEADER,),
    "start_screening": (Role.PROJECT_LEADER,),
    "admit_applicant": (Role.PROJECT_LEADER, Role.REVIEWER),
    "defer_application": (Role.PROJECT_LEADER, Role.REVIEWER),
    "reject_application": (Role.PROJECT_LEADER, Role.REVIEWER),
    "read_decision": (Role.PROJECT_LEADER, Role.REVIEWER, *_FIRM, Role.SERVICE),
    # From admission to the group.
    "read_place": _READERS,
    "accept_place": (Role.SIGNATORY,),
    "confirm_document_access": (Role.APPLICANT,),
    "sign_agreement": (Role.SIGNATORY,),
    "countersign_agreement": (Role.PROJECT_LEADER,),
    "enrol_applicant": (Role.PROJECT_LEADER,),
    "read_contacts": (Role.SERVICE,),
    # Rounds.
    "draft_round": (Role.PROJECT_LEADER,),
    "list_rounds": PUBLIC,
    "read_round": PUBLIC,
    "read_round_places": _STAFF,
    "set_fees": (Role.PROJECT_LEADER,),
    "bind_scheme": (Role.PROJECT_LEADER,),
    "announce_round": (Role.PROJECT_LEADER,),
    "open_round": (Role.PROJECT_LEADER,),
    "invite_organisation": (Role.PROJECT_LEADER,),
    "start_round": (Role.PROJECT_LEADER,),
    # Groups, step 5.
    "form_group": (Role.PROJECT_LEADER,),
    "list_groups": (*_STAFF, Role.SUPERVISOR, Role.TRAINER),
    "read_group": (*_STAFF, Role.SUPERVISOR, Role.TRAINER),
    "add_member": (Role.PROJECT_LEADER,),
    "approve_deviation": (Role.STEERING_GROUP,),
    "assign_supervisor": (Role.PROJECT_LEADER,),
    "assign_trainer": (Role.PROJECT_LEADER,),
    "start_group": (Role.PROJECT_LEADER,),
    # Invoices.
    "issue_invoice": (Role.REGISTRAR,),
    "list_invoices": (Role.REGISTRAR, Role.PROJECT_LEADER, Role.AUDITOR, *_FIRM),
    "read_invoice": (Role.REGISTRAR, Role.PROJECT_LEADER, Role.AUDITOR, *_FIRM),
    "register_payment": (Role.REGISTRAR,),
    # Who was told no, and who read what.
    "list_access_log": ACCESS_LOG_READERS,
    **LEDGER_OPERATIONS,
    **DISCLOSURE_OPERATIONS,
}

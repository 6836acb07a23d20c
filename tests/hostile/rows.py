"""The table of relations: for each operation, whose thing it is about, and what stands for none.

It is total: an operation that is in none of these, or in two, fails the test. A row of ``FIRMS`` or
``OURS`` has the code that answers whoever names something that is not there; in ``FIRMS`` another
firm's thing is not there either. Of the house's own roles some have a part in a case only when it
is given to a person: for each of those, ``NO_PART`` says what everybody else in the role gets.
"""

from collections.abc import Mapping
from typing import Final

from shared.contracts.roles import Role

SERVICES: Final = ("audit", "certificates", "intake", "notify", "review")
OF_LEDGERS: Final = (
    *("read_checkpoint", "read_checkpoint_of_size", "read_tile", "prove_record", "prove_growth"),
    *("read_access_checkpoint", "read_access_checkpoint_of_size", "read_access_tile"),
    *("prove_access_record", "prove_access_growth"),
)

ANYONE: Final = frozenset(
    {
        *(f"{service}.{name}" for service in SERVICES for name in OF_LEDGERS),
        *("audit.add_checkpoint", "audit.show_witness", "audit.read_cosigned_checkpoint"),
        *("audit.read_cosigned_checkpoint_of_size", "audit.prove_cosigned_record"),
        "audit.prove_cosigned_growth",
        *("certificates.list_certificates", "certificates.count_certificates"),
        "certificates.verify_certificate",
        *("intake.read_requirements", "intake.read_questionnaire"),
        *("intake.list_rounds", "intake.read_round"),
        "review.read_scheme",
    }
)
"""No token is asked for: there is nothing of anybody's in the answer that is not public."""

FIRMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("certificates.read_listing_consent", "certificates.give_listing_consent"),
            "certificates.withdraw_listing_consent",
        ),
        "certificate_not_found",
    ),
    **dict.fromkeys(
        (
            *("intake.read_application", "intake.declare_mandate", "intake.declare_commitment"),
            *("intake.submit_application", "intake.read_survey", "intake.answer_survey"),
            *("intake.record_pre_certification", "intake.start_screening"),
            *("intake.admit_applicant", "intake.defer_application", "intake.reject_application"),
            *("intake.read_decision", "intake.read_place", "intake.accept_place"),
            *("intake.confirm_document_access", "intake.sign_agreement"),
            *("intake.countersign_agreement", "intake.enrol_applicant", "intake.read_contacts"),
        ),
        "application_not_found",
    ),
    **dict.fromkeys(("intake.read_invoice", "intake.register_payment"), "invoice_not_found"),
    **dict.fromkeys(
        (
            *("review.create_workspace", "review.read_workspace", "review.grant_access"),
            *("review.revoke_access", "review.apply_kit", "review.write_text"),
            *("review.link_evidence", "review.upload_file", "review.read_file"),
        ),
        "workspace_not_found",
    ),
    **dict.fromkeys(
        (
            *("review.answer_item", "review.mark_item_ready", "review.submit_self_assessment"),
            "review.read_self_assessment",
        ),
        "self_assessment_not_found",
    ),
    **dict.fromkeys(
        (
            *("review.read_review", "review.declare_impartiality", "review.plan_review"),
            *("review.assign_reviewer", "review.assign_certifier", "review.review_criterion"),
            *("review.revise_criterion", "review.assess_overall", "review.issue_report"),
            *("review.read_report", "review.finalise_report", "review.recommend_decision"),
            *("review.comment_report", "review.waive_comment", "review.decide_certification"),
            "review.read_decision",
        ),
        "review_not_found",
    ),
}
"""Of one firm's case, by the id in the path."""

OURS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("intake.read_round_places", "intake.set_fees", "intake.bind_scheme"),
            *("intake.announce_round", "intake.open_round", "intake.invite_organisation"),
            "intake.start_round",
        ),
        "round_not_found",
    ),
    **dict.fromkeys(
        (
            *("intake.read_group", "intake.add_member", "intake.approve_deviation"),
            *("intake.assign_supervisor", "intake.assign_trainer", "intake.start_group"),
        ),
        "group_not_found",
    ),
    "review.approve_appointment": "appointment_not_found",
}
"""Of the certifying house, and of no firm; only its own people may ask."""

WITHOUT: Final = frozenset(
    {
        *(f"{service}.list_access_log" for service in SERVICES),
        *(f"{service}.read_entries" for service in SERVICES),
        *(f"{service}.read_access_entries" for service in SERVICES),
        *(f"{service}.read_disclosures" for service in SERVICES),
        *("audit.read_history", "audit.read_difference", "audit.read_lineage"),
        *("audit.list_involvement", "audit.make_export", "audit.export_bundle"),
        *("audit.list_mirrors", "audit.read_record", "audit.list_findings", "audit.read_evidence"),
        "certificates.list_holdings",
        *("intake.list_applications", "intake.register_interest", "intake.draft_round"),
        *("intake.list_groups", "intake.form_group", "intake.list_invoices"),
        "intake.issue_invoice",
        "notify.list_notifications",
        *("review.propose_appointment", "review.list_appointments", "review.read_appointments"),
        *("review.declare_tie", "review.read_ties", "review.list_reviews"),
    }
)
"""The path names nothing of a firm's: what a firm sees here is only what is its own."""

FIRM: Final = frozenset({Role.APPLICANT, Role.SIGNATORY, Role.COWORKER})
"""Roles in which somebody acts for a firm."""
BY_PART: Final = frozenset(
    {Role.REVIEWER, Role.CERTIFIER, Role.SUPERVISOR, Role.TRAINER, Role.APPEAL_PANEL}
)
"""Roles in which somebody has a part in one case and none in the next."""
OF_THE_WHOLE: Final = frozenset(
    {
        *(Role.PROJECT_LEADER, Role.STEERING_GROUP, Role.REGISTRAR, Role.AUDITOR),
        *(Role.OPERATOR, Role.SERVICE, Role.BUYER),
    }
)
"""Roles that have no part in a case: what they may, they may in each; but see ``has_parts``."""

ALLOWED: Final = "allowed"
HIDDEN: Final = "hidden"
"""The same answer as for what is not there."""

NO_PART: Final[Mapping[tuple[str, Role], str]] = {
    **{
        (f"intake.{name}", Role.REVIEWER): HIDDEN
        for name in (
            *("read_application", "read_survey", "read_decision", "read_place"),
            *("admit_applicant", "defer_application", "reject_application"),
        )
    },
    **{
        (f"intake.{name}", Role.PROJECT_LEADER): "not_the_screener"
        for name in ("admit_applicant", "defer_application", "reject_application")
    },
    **{
        (f"review.{name}", role): "access_not_granted"
        for name in ("read_workspace", "read_file", "read_self_assessment")
        for role in (Role.SUPERVISOR, Role.REVIEWER, Role.CERTIFIER)
    },
    ("review.apply_kit", Role.SUPERVISOR): "access_not_granted",
    ("review.read_report", Role.REVIEWER): "access_not_granted",
    ("review.read_report", Role.CERTIFIER): "access_not_granted",
    **{
        (f"review.{name}", Role.REVIEWER): "not_the_reviewer"
        for name in (
            *("review_criterion", "revise_criterion", "assess_overall"),
            *("issue_report", "finalise_report", "recommend_decision"),
        )
    },
    ("review.decide_certification", Role.CERTIFIER): "not_the_certifier",
    **{
        (f"review.{name}", role): ALLOWED
        for name in ("read_review", "read_decision", "declare_impartiality")
        for role in (Role.REVIEWER, Role.CERTIFIER)
    },
    **{
        ("intake.read_group", role): ALLOWED
        for role in (Role.REVIEWER, Role.SUPERVISOR, Role.TRAINER)
    },
    ("intake.read_round_places", Role.REVIEWER): ALLOWED,
}
"""What somebody without a part in it gets: a code of 403, ``HIDDEN``, or ``ALLOWED`` (ADR-0034).

Of a review they read how far it is, and no draft; they declare themselves before they are assigned.
"""

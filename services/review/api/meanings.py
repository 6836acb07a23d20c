"""What each problem code of review means, for whoever gets it: the page that ``type`` names."""

from typing import Final

from services.review.decider.bars import WHY_BARRED
from shared.web import Meaning, Meanings

MEANINGS: Final[Meanings] = {
    "access_grant_not_found": Meaning.of(
        "The workspace has no such grant, so there is none to revoke."
    ),
    "access_not_granted": Meaning.of(
        "The firm has not let you in here at this time, or you are not of this review.",
        "GRP-5",
        "SAS-7",
        "WSP-2",
        "WSP-7",
        "WSP-9",
    ),
    "agreement_missing": Meaning.of(
        "A review is staffed once the agreement has been signed by the firm and countersigned"
        " by SKOOPI.",
        "REV-1",
    ),
    "appointment_exists": Meaning.of("Another appointment has this id; propose it under another."),
    "appointment_not_found": Meaning.of(
        "There is no such appointment, or this person has none; an appointment is proposed "
        "before it is approved."
    ),
    "certifier_exists": Meaning.of("Another certifier is assigned to this review."),
    "certifier_has_tie": Meaning.of(WHY_BARRED["certifier_has_tie"], "SOD-8"),
    "certifier_is_project_leader": Meaning.of(WHY_BARRED["certifier_is_project_leader"], "SOD-9"),
    "certifier_reciprocal": Meaning.of(WHY_BARRED["certifier_reciprocal"], "SOD-8"),
    "certifier_same_round": Meaning.of(WHY_BARRED["certifier_same_round"], "SOD-8"),
    "certifier_was_reviewer": Meaning.of(WHY_BARRED["certifier_was_reviewer"], "SOD-6"),
    "certifier_was_screener": Meaning.of(WHY_BARRED["certifier_was_screener"], "SOD-9"),
    "certifier_was_supervisor": Meaning.of(WHY_BARRED["certifier_was_supervisor"], "SOD-7"),
    "certifier_was_trainer": Meaning.of(WHY_BARRED["certifier_was_trainer"], "SOD-7"),
    "comment_window_closed": Meaning.of(
        "The time in which the firm may comment on the report is over."
    ),
    "comment_window_open": Meaning.of(
        "The firm may still comment on the report; it is finalised after that, or once the "
        "firm waives it.",
        "REV-10",
    ),
    "competence_missing": Meaning.of(
        "The person's appointments do not cover all the areas that this takes, or a proposed "
        "appointment does not name its areas, schemes and competence.",
        "APT-1",
        "REV-2",
    ),
    "content_digest_malformed": Meaning.of(
        "Content-Digest cannot be read (RFC 9530); name sha-256 with the body's 32 bytes in "
        "Base64 between colons, or leave the header out."
    ),
    "content_digest_mismatch": Meaning.of(
        "The bytes that arrived are not those that Content-Digest names; nothing was kept. "
        "Send the file again."
    ),
    "criteria_not_reviewed": Meaning.of(
        "Criteria have no result yet; the answer names them where there are several.", "REV-11"
    ),
    "criterion_already_reviewed": Meaning.of(
        "The criterion has its result; to change it, revise it.", "REV-5"
    ),
    "criterion_not_in_scheme": Meaning.of(
        "The version of the scheme that applies here has no such criterion or item, or the "
        "item takes no result of its own.",
        "SAS-1",
    ),
    "deadline_passed": Meaning.of(
        "The deadline of the self-assessment is over; ask the project leader for an extension.",
        "SAS-5",
    ),
    "decision_not_found": Meaning.of("The review has not been decided yet."),
    "definition_not_confirmed": Meaning.of(
        "The overall assessment did not find the firm to be an ASF; it cannot be approved.",
        "REV-11",
    ),
    "draft_not_visible": Meaning.of(
        "The report has not been issued to the firm yet; until then only those assigned to "
        "the review see it.",
        "REV-9",
    ),
    "emphasised_area_fails": Meaning.of(
        "No approval: an area that the scheme emphasises has a nonconformity. The answer "
        "names the criteria.",
        "REV-12",
    ),
    "emphasised_evidence_missing": Meaning.of(
        "Each item of an emphasised area needs evidence linked to it. The answer names the "
        "items that have none.",
        "SAS-3",
    ),
    "emphasised_items_missing": Meaning.of(
        "In an emphasised area each item takes a result of its own. The answer names the items.",
        "REV-7",
    ),
    "evidence_changed": Meaning.of(
        "A piece of evidence came in after the list that was submitted was read. Look again, "
        "and repeat."
    ),
    "evidence_empty": Meaning.of(
        "The body of the upload was empty; send the file itself as the body."
    ),
    "evidence_exists": Meaning.of(
        "This piece of evidence has other content; add the new content as another piece. Said"
        " within the service only."
    ),
    "evidence_kind_missing": Meaning.of(
        "An item has no evidence of a kind that the scheme asks for. The answer names the items.",
        "SAS-3",
    ),
    "evidence_limit_reached": Meaning.of(
        "The workspace holds as many pieces of evidence as one may; the answer says how many."
    ),
    "evidence_missing": Meaning.of("A result rests on evidence: cite at least one piece.", "REV-5"),
    "evidence_not_found": Meaning.of(
        "The workspace has no such piece of evidence, or its file has been erased."
    ),
    "evidence_outside_manifest": Meaning.of(
        "A result cites evidence that was not submitted with the self-assessment; cite what was.",
        "REV-5",
    ),
    "file_name_malformed": Meaning.of(
        "The file has no name that can be kept; name it in Content-Disposition: attachment; "
        "filename*=UTF-8''name.pdf"
    ),
    "grant_malformed": Meaning.of(
        "The grant ends before it begins; let until_at lie after from_at."
    ),
    "impartiality_not_declared": Meaning.of(
        "Whoever reviews or decides first declares that nothing bars them; somebody has not.",
        "REV-11",
        "REV-2",
    ),
    "items_not_ready": Meaning.of(
        "Every item is answered, and marked as ready, before the self-assessment is "
        "submitted. The answer names those that are not.",
        "SAS-3",
    ),
    "kit_version_mismatch": Meaning.of(
        "The kit must be that of the scheme version that the firm applies under; the answer "
        "names it.",
        "WSP-9",
    ),
    "major_nonconformity_open": Meaning.of(
        "No approval: a criterion has a major nonconformity. The answer names the criteria.",
        "REV-12",
    ),
    "mandate_ended": Meaning.of(
        "The appointment that this takes has ended; it must be renewed first.", "APT-3", "GEN-2"
    ),
    "mandate_missing": Meaning.of(
        "No appointment in force covers what this takes.", "APT-3", "GEN-2"
    ),
    "media_type_not_accepted": Meaning.of(
        "The body is not a file of a kind that is evidence. Send the file itself as the body, no form "
        "(multipart/form-data), with a Content-Type of those that /docs names for it."
    ),
    "minor_nonconformity_open": Meaning.of(
        "No approval: a criterion has a minor nonconformity that is not closed. The answer "
        "names the criteria.",
        "REV-12",
    ),
    "not_applicable_on_emphasised": Meaning.of(
        "The criterion is emphasised by the scheme, so it and its items always apply.", "REV-6"
    ),
    "not_the_certifier": Meaning.of(
        "Only the certifier who is assigned to this review decides.", "REV-13"
    ),
    "not_the_owner": Meaning.of("Only the firm itself may do this.", "WSP-1"),
    "not_the_reviewer": Meaning.of(
        "Only a reviewer who is assigned to the area, or for the whole review the lead "
        "reviewer, does this.",
        "REV-5",
    ),
    "not_the_signatory": Meaning.of(
        "Only a signatory binds the firm; somebody else cannot do this.", "SOD-14"
    ),
    "organisation_number_not_accepted": Meaning.of(
        "This is not the number of an organisation: ten digits with their check digit, never "
        "those of a person.",
        "APP-2",
    ),
    "overall_assessment_missing": Meaning.of(
        "The lead reviewer has not assessed the firm as a whole yet.", "REV-11"
    ),
    "reason_missing": Meaning.of(
        "A result or a decision says why: give a reason.", "GEN-2", "SCH-3"
    ),
    "reauthentication_needed": Meaning.of(
        "Your sign-in is too old to decide on; sign in again, then decide.", "REV-13"
    ),
    "recommendation_missing": Meaning.of(
        "The lead reviewer has not recommended a decision yet.", "REV-11"
    ),
    "report_issued": Meaning.of(
        "The firm has been shown the report; its results are no longer changed."
    ),
    "report_not_final": Meaning.of("The lead reviewer has not finalised the report yet.", "REV-11"),
    "report_not_issued": Meaning.of("The report has not been issued to the firm; issue it first."),
    "result_better_than_items": Meaning.of(
        "The result of an area is no better than that of its worst item.", "REV-7"
    ),
    "review_decided": Meaning.of(
        "The decision on this review has been taken; nothing in it is changed any more.", "REV-14"
    ),
    "review_exists": Meaning.of(
        "A review with this id examines another submission. Said between services only."
    ),
    "review_not_found": Meaning.of("There is no such review, or none that you may see."),
    "review_plan_missing": Meaning.of(
        "The plan that was sent to the firm does not name this person for this; tell the firm"
        " in a new plan first.",
        "REV-1",
    ),
    "reviewer_has_tie": Meaning.of(WHY_BARRED["reviewer_has_tie"], "SOD-3"),
    "reviewer_is_project_leader": Meaning.of(WHY_BARRED["reviewer_is_project_leader"], "SOD-9"),
    "reviewer_reciprocal": Meaning.of(WHY_BARRED["reviewer_reciprocal"], "SOD-5"),
    "reviewer_same_round": Meaning.of(WHY_BARRED["reviewer_same_round"], "SOD-4"),
    "reviewer_was_supervisor": Meaning.of(WHY_BARRED["reviewer_was_supervisor"], "SOD-1"),
    "reviewer_was_trainer": Meaning.of(WHY_BARRED["reviewer_was_trainer"], "SOD-2"),
    "scheme_not_found": Meaning.of("There is no such version of the scheme."),
    "second_person_needed": Meaning.of(
        "Nobody approves what they proposed, or their own appointment; somebody else must.",
        "APP-8",
        "APT-2",
        "SAS-4",
        "SOD-13",
    ),
    "self_assessment_locked": Meaning.of(
        "The self-assessment has been submitted and stands as it was.", "SAS-9"
    ),
    "self_assessment_not_found": Meaning.of(
        "There is no such self-assessment, or none that you may see."
    ),
    "tie_exists": Meaning.of("Another tie has this id; declare it under another."),
    "tie_not_found": Meaning.of("No tie of this person has been declared."),
    "workspace_frozen": Meaning.of(
        "The self-assessment has been submitted, and the evidence in the workspace stands as "
        "it was.",
        "WSP-5",
    ),
    "workspace_not_found": Meaning.of("There is no such workspace, or none that you may see."),
}

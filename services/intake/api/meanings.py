"""What each problem code of intake means, for whoever gets it: the page that ``type`` names."""

from typing import Final

from shared.web import Meaning, Meanings

MEANINGS: Final[Meanings] = {
    "admission_before_deadline": Meaning.of(
        "An application is admitted once the deadline of its round has passed, not before.", "RND-1"
    ),
    "agreement_missing": Meaning.of(
        "SKOOPI countersigns when the firm has signed the agreement, and a firm is enrolled "
        "when both have.",
        "APP-12",
    ),
    "agreement_not_in_force": Meaning.of(
        "The version of the agreement to be signed is no longer, or not yet, in force; the "
        "answer names the one that is."
    ),
    "annual_report_missing": Meaning.of(
        "A firm is admitted when it has closed a financial year and its annual report is "
        "approved; the answer names the questions that say otherwise.",
        "APP-9",
    ),
    "answer_not_accepted": Meaning.of(
        "An answer in the survey is not of the kind that its question asks for (a text, a "
        "number, a choice); the answer names the question."
    ),
    "application_already_open": Meaning.of(
        "The firm has an application that is still open; go on with that one.", "APP-1"
    ),
    "application_exists": Meaning.of(
        "An application with this id says something else; send it with another key."
    ),
    "application_not_admitted": Meaning.of(
        "This is done with an application that has been admitted; the answer may name the "
        "stage that it is in."
    ),
    "application_not_found": Meaning.of("There is no such application, or none that you may see."),
    "application_not_in_screening": Meaning.of(
        "A decision is taken while the application is screened; the answer names the stage "
        "that it is in."
    ),
    "application_not_submitted": Meaning.of(
        "Screening begins with an application that has been submitted; the answer names the "
        "stage that it is in."
    ),
    "application_submitted": Meaning.of(
        "The application has been submitted and its draft is closed; the answer names the "
        "stage that it is in."
    ),
    "commitment_missing": Meaning.of(
        "The signatory has not committed the firm to the time that preparation takes.", "APP-4"
    ),
    "decision_not_found": Meaning.of("Nothing is decided about this application yet."),
    "deferral_actions_missing": Meaning.of(
        "A deferral tells the firm what to do until it returns; name at least one action."
    ),
    "deferral_reason_missing": Meaning.of(
        "A deferral names what is lacking; give at least one reason.", "APP-10"
    ),
    "definition_not_met": Meaning.of(
        "A firm is admitted when it answers yes to every question of the definition of an "
        "ASF; the answer names those that it did not.",
        "APP-8",
    ),
    "document_access_missing": Meaning.of(
        "The firm is enrolled once it has confirmed that it has the SIS document.", "APP-12"
    ),
    "fee_not_from_round": Meaning.of(
        "The sum of the invoice's lines is not the fee that was set for the round.", "INV-3"
    ),
    "group_already_started": Meaning.of(
        "The group has started its work; its members and start are fixed."
    ),
    "group_exists": Meaning.of("A group with this id belongs to another round; take another id."),
    "group_not_found": Meaning.of("There is no such group."),
    "group_size_outside_policy": Meaning.of(
        "The group has too few or too many members to start; the answer names the limits and "
        "how many it has.",
        "GRP-1",
    ),
    "invoice_exists": Meaning.of("The fee has been invoiced already, with another sum."),
    "invoice_not_found": Meaning.of("There is no such invoice, or none that you may see."),
    "invoice_number_taken": Meaning.of(
        "Another invoice took this number meanwhile; ask for the next."
    ),
    "invoice_settled": Meaning.of("The whole invoice is paid; no further payment is noted on it."),
    "mandate_ended": Meaning.of(
        "The appointment that this takes has ended; it must be renewed first.", "APT-3", "GEN-2"
    ),
    "mandate_missing": Meaning.of(
        "This takes a right that nobody holds yet: a declared signatory for the firm, or for "
        "people of SKOOPI an appointment in force.",
        "APP-4",
        "APT-3",
        "GEN-2",
        "GRP-3",
    ),
    "member_in_other_group": Meaning.of(
        "The firm has its place in another group; a firm is in one group only.", "GRP-2"
    ),
    "member_not_enrolled": Meaning.of(
        "A firm joins a group when it is enrolled in the round of that group.", "GRP-2"
    ),
    "not_invited": Meaning.of("The round is a pilot, and the firm was not invited to it.", "APP-6"),
    "not_the_owner": Meaning.of(
        "Interest is shown for the firm that your token speaks for, and for no other.", "WSP-1"
    ),
    "not_the_screener": Meaning.of(
        "Only the screener who was named for this application decides on it."
    ),
    "not_the_signatory": Meaning.of(
        "Only the signatory that the firm has declared binds it; somebody else cannot do this.",
        "APP-4",
        "SOD-14",
    ),
    "organisation_number_not_accepted": Meaning.of(
        "This is not the number of an organisation (ten digits with their check digit, never "
        "those of a person), or not the one that the interest was registered for.",
        "APP-2",
    ),
    "payment_not_arrived": Meaning.of(
        "The payment has a date that lies ahead; it is noted once the money has arrived."
    ),
    "place_missing": Meaning.of(
        "The firm is enrolled once it has accepted the place that it was offered in the round.",
        "APP-12",
    ),
    "place_not_found": Meaning.of(
        "The application has chosen no round yet in which it could have a place."
    ),
    "place_not_offered": Meaning.of(
        "No place in the round has been offered to the firm, so there is none to accept or decline."
    ),
    "place_offer_ended": Meaning.of("The time to accept the place is over."),
    "precertification_missing": Meaning.of(
        "A pilot round takes firms that have passed the pre-certification; this one has not.",
        "APP-6",
        "RND-4",
    ),
    "question_not_found": Meaning.of("The section of the survey has no question with this code."),
    "reason_missing": Meaning.of("A decision says why: give a reason.", "GEN-2", "SCH-3"),
    "requirements_not_disclosed": Meaning.of(
        "The requirements in force must have been shown to the firm before it submits.", "APP-3"
    ),
    "return_date_missing": Meaning.of(
        "A deferral says from when the firm may return: a day that lies ahead.", "APP-10"
    ),
    "round_closed": Meaning.of(
        "The round receives no applications at this time; the answer names the next round if "
        "there is one.",
        "APP-5",
    ),
    "round_exists": Meaning.of("A round with this id is planned with other terms."),
    "round_full": Meaning.of(
        "All places of the round are taken; the firm waits for one to come free.", "RND-5"
    ),
    "round_not_announced": Meaning.of("A round is opened after it has been announced."),
    "round_not_closed": Meaning.of(
        "A round starts its work after it has been closed for applications."
    ),
    "round_not_found": Meaning.of("There is no such round."),
    "round_not_pilot": Meaning.of("Firms are invited to pilot rounds only; this round is none."),
    "round_terms_fixed": Meaning.of(
        "The fee and the scheme version of this round can no longer be changed.", "RND-3"
    ),
    "round_terms_missing": Meaning.of(
        "A round opens once its fee and its scheme version have been set.", "RND-3"
    ),
    "scheme_not_found": Meaning.of("There is no such version of the scheme."),
    "screener_has_tie": Meaning.of(
        "The screener has a tie to the firm: employment, ownership, board, customer, supplier"
        " or family. Name somebody else.",
        "APP-7",
        "SOD-10",
    ),
    "screener_is_supervisor": Meaning.of(
        "The same person cannot both screen a firm and support it. Name somebody else.",
        "APP-7",
        "SOD-10",
    ),
    "section_not_found": Meaning.of("The survey has no section with this name."),
    "supervisor_has_tie": Meaning.of(
        "The supervisor has a tie to a member of the group: employment, ownership, board, "
        "customer, supplier or family. Name somebody else.",
        "GRP-3",
    ),
    "survey_incomplete": Meaning.of(
        "The survey has questions without an answer; the answer names the first of them.", "APP-4"
    ),
    "survey_not_found": Meaning.of("There is no such survey."),
    "third_party_cost": Meaning.of(
        "The SIS document is sold by SIS and is never a line of our invoice.", "INV-3"
    ),
}

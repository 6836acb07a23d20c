"""What each problem code of certificates means, for whoever gets it: the page that ``type`` names."""

from typing import Final

from shared.web import Meaning, Meanings

MEANINGS: Final[Meanings] = {
    "agreement_missing": Meaning.of(
        "The certificate waits for the agreement between the firm and SKOOPI. Said between "
        "services only.",
        "CER-3",
    ),
    "certificate_exists": Meaning.of(
        "The decision has another certificate already, or this one another number. Said "
        "between services only."
    ),
    "certificate_not_found": Meaning.of("There is no such certificate, or none that you may see."),
    "decision_missing": Meaning.of(
        "No decision grants this certificate. Said between services only.", "CER-1"
    ),
    "fee_not_settled": Meaning.of(
        "The certificate waits for its fee to be paid. Said between services only.", "CER-3"
    ),
    "number_taken": Meaning.of("Another certificate has this number. Said between services only."),
    "organisation_number_not_accepted": Meaning.of(
        "This is not the number of an organisation: ten digits with their check digit, never "
        "those of a person.",
        "APP-2",
    ),
}

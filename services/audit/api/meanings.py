"""What each problem code of audit means, for whoever gets it: the page that ``type`` names."""

from typing import Final

from shared.web import Meaning, Meanings

MEANINGS: Final[Meanings] = {
    "bundle_too_large": Meaning.of(
        "The case has more records than one bundle holds; export it instead."
    ),
    "case_not_found": Meaning.of("No log has a record of such a case."),
    "checkpoint_not_kept": Meaning.of(
        "Audit cosigned no such checkpoint of that log before the bundle's own; name one that"
        " it did."
    ),
    "decision_not_found": Meaning.of("There is no decision with this id."),
    "export_differs": Meaning.of(
        "The same question gives other bytes by now than this export had; ask for a new "
        "export with a key of its own."
    ),
    "record_not_found": Meaning.of("There is no such record."),
}

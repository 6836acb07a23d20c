"""What an ASF is assessed against: the areas of the SIS document and SKOOPI's own questions.

Titles are in our own words; the document's text is sold and never stored (SCH-6).
"""

from enum import StrEnum

from shared.contracts.base import Value


class Criterion(StrEnum):
    """One area that gets its own result. The value is the number printed on the certificate."""

    PURPOSE = "3.1"
    FINANCES = "3.2"
    INDEPENDENCE = "3.3"
    STAFF = "3.4"
    PARTICIPATION = "3.5"
    ENVIRONMENT = "3.6"
    SOCIAL_RESPONSIBILITY = "3.7"
    MANAGEMENT_SYSTEM = "3.8"
    WORK_ENVIRONMENT = "3.9"
    QUESTION_1 = "X1"
    QUESTION_2 = "X2"
    QUESTION_3 = "X3"


class EvidenceKind(StrEnum):
    """What a piece of evidence shows, in our words (Q-034, Q-035, Q-038, Q-041)."""

    POLICY = "policy"
    EFFECT = "effect"
    PROFIT_ACCOUNT = "profit_account"
    ANNUAL_REPORT = "annual_report"
    BYLAWS = "bylaws"
    COWORKERS_VOICE = "coworkers_voice"
    OTHER = "other"


class Item(Value):
    """One thing to answer in the self-assessment. An area that is not emphasised is one item.

    Attributes:
        item_id: ``3.1-a`` in an emphasised area, else the criterion's own id.
        kinds: At least one piece of evidence of one of these kinds; any kind when empty.
    """

    item_id: str
    criterion: Criterion
    title_sv: str
    title_en: str
    kinds: tuple[EvidenceKind, ...] = ()


class Scheme(Value):
    """One version of the scheme. A review keeps the version it was opened under (SCH-5).

    Attributes:
        version: ``v1``, ``v2``, ...; never reused.
        criteria: Every area that must have a result; ascending, no repeats.
        emphasised: The areas where any open nonconformity withholds approval (REV-12).
        items: Every item of the self-assessment, in the order of the criteria.
    """

    version: str
    criteria: tuple[Criterion, ...]
    emphasised: tuple[Criterion, ...]
    items: tuple[Item, ...]

    def item(self, item_id: str) -> Item | None:
        """Return the item with that id; ``None`` when the version has no such item (SAS-1)."""
        return next((item for item in self.items if item.item_id == item_id), None)

    def items_of(self, criterion: Criterion) -> tuple[str, ...]:
        """Return the ids of the items of ``criterion``, in order."""
        return tuple(item.item_id for item in self.items if item.criterion is criterion)


def _item(item_id: str, criterion: Criterion, sv: str, en: str, *kinds: EvidenceKind) -> Item:
    """Return one item."""
    return Item(item_id=item_id, criterion=criterion, title_sv=sv, title_en=en, kinds=kinds)


SCHEME_V1 = Scheme(
    version="v1",
    criteria=tuple(Criterion),
    emphasised=(Criterion.PURPOSE, Criterion.INDEPENDENCE, Criterion.PARTICIPATION),
    items=(
        _item(
            "3.1-a", Criterion.PURPOSE, "Målet är arbetsintegrering", "Work integration is the aim"
        ),
        _item("3.1-b", Criterion.PURPOSE, "Anpassat till deltagarna", "Fitted to the participants"),
        _item(
            "3.1-c",
            Criterion.PURPOSE,
            "Empowermentmetoder med påvisad effekt",
            "Empowerment methods with shown effect",
            EvidenceKind.EFFECT,
        ),
        _item(
            "3.1-d",
            Criterion.PURPOSE,
            "Hur vinst hanteras",
            "How profit is used",
            EvidenceKind.PROFIT_ACCOUNT,
            EvidenceKind.ANNUAL_REPORT,
        ),
        _item("3.2", Criterion.FINANCES, "Ekonomi och finansiering", "Finance and economy"),
        _item("3.3-a", Criterion.INDEPENDENCE, "Icke-offentlig ägare", "No public owner"),
        _item("3.3-b", Criterion.INDEPENDENCE, "Eget ansvar", "Own responsibility"),
        _item("3.3-c", Criterion.INDEPENDENCE, "Egna initiativ", "Own initiatives"),
        _item("3.4", Criterion.STAFF, "Personal och kompetens", "Staff and competence"),
        _item(
            "3.5-a",
            Criterion.PARTICIPATION,
            "Medarbetarnas reella inflytande",
            "Real influence of the co-workers",
            EvidenceKind.COWORKERS_VOICE,
        ),
        _item("3.5-b", Criterion.PARTICIPATION, "Delegationsordning", "Delegation order"),
        _item("3.5-c", Criterion.PARTICIPATION, "Policy för empowerment", "Policy for empowerment"),
        _item("3.6", Criterion.ENVIRONMENT, "Miljö", "Environment"),
        _item("3.7", Criterion.SOCIAL_RESPONSIBILITY, "Socialt ansvar", "Social responsibility"),
        _item("3.8", Criterion.MANAGEMENT_SYSTEM, "Ledningssystem", "Management system"),
        _item("3.9", Criterion.WORK_ENVIRONMENT, "Arbetsmiljö", "Work environment"),
        _item("X1", Criterion.QUESTION_1, "SKOOPI:s fråga 1", "SKOOPI's question 1"),
        _item("X2", Criterion.QUESTION_2, "SKOOPI:s fråga 2", "SKOOPI's question 2"),
        _item("X3", Criterion.QUESTION_3, "SKOOPI:s fråga 3", "SKOOPI's question 3"),
    ),
)

SCHEMES = {SCHEME_V1.version: SCHEME_V1}
"""Every version of the scheme, by its name."""

"""Who may not review, and who may not decide: the separation of duties as two tables (SOD).

Each bar by its code, and whether it stands; in the order of the rules in process.md, section 5.
They are asked at the assignment, and for the certifier again at the decision (REV-3).
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.review.commands.review import PartHeld, Standing, TieHeld
from shared.contracts.policy import POLICY_V1
from shared.contracts.preparation import Part, TieKind
from shared.contracts.review import ReviewOpened
from shared.contracts.swedish_time import add_months, end_of_day, local_day
from shared.decider import Refusal, RefusalKind

BELONGING = frozenset({TieKind.EMPLOYMENT, TieKind.OWNERSHIP, TieKind.BOARD})
"""Ties that make an organisation a person's own ASF (SOD-4)."""
WHY_BARRED: Final[Mapping[str, str]] = {
    "reviewer_was_supervisor": "Whoever supervised the firm, in this case or within 24 months before, "
    "does not review it.",
    "reviewer_was_trainer": "Whoever trained the firm, in this case or within 24 months before, does "
    "not review it.",
    "reviewer_has_tie": "Whoever has a tie to the firm, or had one within 24 months, does not review "
    "it: employment, ownership, board, customer, supplier or family.",
    "reviewer_same_round": "Nobody reviews in a round in which a firm takes part that they work for, "
    "own or sit on the board of.",
    "reviewer_reciprocal": "No exchange: somebody of this firm reviewed or decided on a firm that the "
    "reviewer has a tie to, within 24 months.",
    "reviewer_is_project_leader": "The project leader of the round does not review in it.",
    "certifier_was_reviewer": "Whoever is, or was, assigned to review a case does not decide it.",
    "certifier_was_supervisor": "Whoever supervised the firm, in this case or within 24 months "
    "before, does not decide on it.",
    "certifier_was_trainer": "Whoever trained the firm, in this case or within 24 months before, does "
    "not decide on it.",
    "certifier_has_tie": "Whoever has a tie to the firm, or had one within 24 months, does not decide "
    "on it: employment, ownership, board, customer, supplier or family.",
    "certifier_same_round": "Nobody decides in a round in which a firm takes part that they work for, "
    "own or sit on the board of.",
    "certifier_reciprocal": "No exchange: somebody of this firm reviewed or decided on a firm that "
    "the certifier has a tie to, within 24 months.",
    "certifier_was_screener": "Whoever screened the firm's application does not decide on it.",
    "certifier_is_project_leader": "The project leader of the round does not decide in it.",
}
"""SOD-1 to SOD-9: what each bar says to whoever meets it."""


def bars_to_reviewing(standing: Standing, opening: ReviewOpened, at: datetime) -> dict[str, bool]:
    """SOD-1 to SOD-5, SOD-9: return each bar by its code, and whether it stands."""
    parts = standing.parts
    return {
        "reviewer_was_supervisor": _had_recently(parts, Part.SUPERVISOR, at),
        "reviewer_was_trainer": _had_recently(parts, Part.TRAINER, at),
        "reviewer_has_tie": _has_tie(standing, opening, at),
        "reviewer_same_round": _takes_part(standing, opening, at),
        "reviewer_reciprocal": _exchanges(standing, at),
        "reviewer_is_project_leader": _had_here(parts, Part.PROJECT_LEADER),
    }


def bars_to_deciding(
    standing: Standing,
    opening: ReviewOpened,
    at: datetime,
    *,
    person: UUID,
    reviewers: Iterable[UUID],
) -> dict[str, bool]:
    """SOD-6 to SOD-9: return each bar by its code, and whether it stands."""
    parts = standing.parts
    return {
        "certifier_was_reviewer": person in reviewers,
        "certifier_was_supervisor": _had_recently(parts, Part.SUPERVISOR, at),
        "certifier_was_trainer": _had_recently(parts, Part.TRAINER, at),
        "certifier_has_tie": _has_tie(standing, opening, at),
        "certifier_same_round": _takes_part(standing, opening, at),
        "certifier_reciprocal": _exchanges(standing, at),
        "certifier_was_screener": _had_here(parts, Part.SCREENER),
        "certifier_is_project_leader": _had_here(parts, Part.PROJECT_LEADER),
    }


def refuse_if_barred(bars: dict[str, bool]) -> None:
    """GEN-8: a barred try leaves no event; its kind sends it to the access log."""
    for code, stands in bars.items():
        if stands:
            raise Refusal(RefusalKind.NOT_PERMITTED, code, WHY_BARRED[code])


def _had_recently(parts: Iterable[PartHeld], part: Part, at: datetime) -> bool:
    """SOD-1, SOD-2, SOD-7: in this case always, in an earlier one of the same ASF for 24 months."""
    return any(
        held.part is part and (held.own_case or _counts(held.until_on, at)) for held in parts
    )


def _had_here(parts: Iterable[PartHeld], part: Part) -> bool:
    """SOD-9: the part counts in this case and in no other."""
    return any(held.part is part and held.own_case for held in parts)


def _has_tie(standing: Standing, opening: ReviewOpened, at: datetime) -> bool:
    """SOD-3, SOD-8: a tie of any kind to the ASF, now or within 24 months."""
    return opening.organisation_number in _tied_to(standing.ties, at)


def _takes_part(standing: Standing, opening: ReviewOpened, at: datetime) -> bool:
    """SOD-4, SOD-8: the person's own ASF takes part in the same round."""
    own = _tied_to((tie for tie in standing.ties if tie.kind in BELONGING), at)
    return bool(own & standing.in_round - {opening.organisation_number})


def _exchanges(standing: Standing, at: datetime) -> bool:
    """SOD-5, SOD-8: one of this ASF's people had a duty on one of the person's organisations."""
    mine = _tied_to(standing.ties, at)
    return any(
        duty.organisation_number in mine
        and _counts(duty.until_on, at)
        and _tied_to((duty.tie,), at) != frozenset()
        for duty in standing.exchanges
    )


def _tied_to(ties: Iterable[TieHeld], at: datetime) -> frozenset[str]:
    """APT-4: return the organisations whose tie counts: from its start to 24 months after its end."""
    day = local_day(at)
    return frozenset(
        tie.organisation_number for tie in ties if tie.from_on <= day and _counts(tie.until_on, at)
    )


def _counts(until_on: date | None, at: datetime) -> bool:
    """SV-7, GEN-6: return whether 24 months after ``until_on``, at 24:00 local, still lie ahead."""
    if until_on is None:
        return True
    return at < end_of_day(add_months(until_on, POLICY_V1.look_back_months))

"""The statements of review: lists for people, and the records that bars are checked against."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.review.views.appointment_record import AppointmentRecord
from services.review.views.case_record import CaseRecord
from services.review.views.duty_record import DutyRecord
from services.review.views.review_case import ReviewCase
from shared.contracts.preparation import TieDeclared
from shared.contracts.roles import Role

QUERY_TIMEOUT_S = 10.0

REVIEWS = "SELECT document FROM review_case WHERE key > $1 ORDER BY key LIMIT $2"
REVIEWS_OF = """
SELECT document FROM review_case
WHERE organisation_number = $3 AND key > $1 ORDER BY key LIMIT $2
"""
APPOINTMENTS = """
SELECT document FROM appointment_record
WHERE ($3::text IS NULL OR role = $3) AND key > $1 ORDER BY key LIMIT $2
"""
CASES_OF = "SELECT document FROM case_record WHERE organisation_number = $1 ORDER BY key"
TIES_TO = "SELECT document FROM tie_record WHERE organisation_number = $1 ORDER BY key"
DUTIES_ON = "SELECT document FROM duty_record WHERE organisation_number = ANY($1) ORDER BY key"


@dataclass(frozen=True, slots=True)
class Lists:
    """What the views of review have to say. One round trip for each."""

    pool: Any

    async def reviews(self, *, of: str | None, after: str, limit: int) -> tuple[ReviewCase, ...]:
        """Return reviews after the key ``after``, ascending, at most ``limit``.

        ``of`` is the organisation number that they are limited to; ``None``: of all firms.
        """
        asked = (REVIEWS, after, limit) if of is None else (REVIEWS_OF, after, limit, of)
        rows = await self.pool.fetch(*asked, timeout=QUERY_TIMEOUT_S)
        return tuple(ReviewCase.model_validate_json(row["document"]) for row in rows)

    async def appointments(
        self, *, role: Role | None, after: str, limit: int
    ) -> tuple[AppointmentRecord, ...]:
        """Return appointments after the key ``after``, ascending, at most ``limit``."""
        rows = await self.pool.fetch(APPOINTMENTS, after, limit, role, timeout=QUERY_TIMEOUT_S)
        return tuple(AppointmentRecord.model_validate_json(row["document"]) for row in rows)

    async def cases_of(self, organisation: str) -> tuple[CaseRecord, ...]:
        """SOD-1, SOD-2: return every case of ``organisation``, with who had which part in it."""
        rows = await self.pool.fetch(CASES_OF, organisation, timeout=QUERY_TIMEOUT_S)
        return tuple(CaseRecord.model_validate_json(row["document"]) for row in rows)

    async def ties_to(self, organisation: str) -> tuple[TieDeclared, ...]:
        """SOD-5: return every tie that anybody declared to ``organisation``."""
        rows = await self.pool.fetch(TIES_TO, organisation, timeout=QUERY_TIMEOUT_S)
        return tuple(TieDeclared.model_validate_json(row["document"]) for row in rows)

    async def duties_on(self, organisations: Iterable[str]) -> tuple[DutyRecord, ...]:
        """SOD-5: return who assessed or decided on any of ``organisations``."""
        rows = await self.pool.fetch(DUTIES_ON, sorted(organisations), timeout=QUERY_TIMEOUT_S)
        return tuple(DutyRecord.model_validate_json(row["document"]) for row in rows)

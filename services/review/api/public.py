"""What anyone may read: the scheme that firms are assessed against, in our own words (SCH-6)."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from shared.contracts.scheme import SCHEMES, Criterion, EvidenceKind
from shared.decider import Refusal, RefusalKind
from shared.web import problems


class ItemShown(BaseModel):
    """One item of the self-assessment.

    Attributes:
        kinds: At least one piece of evidence of one of these kinds; any kind when empty.
    """

    item_id: str
    criterion: Criterion
    emphasised: bool
    title_sv: str
    title_en: str
    kinds: tuple[EvidenceKind, ...]


class SchemeShown(BaseModel):
    """One version of the scheme."""

    version: str
    criteria: tuple[Criterion, ...]
    emphasised: tuple[Criterion, ...]
    items: tuple[ItemShown, ...]


def public_routes() -> APIRouter:
    """Return what needs no token."""
    router = APIRouter(prefix="/v1/scheme", tags=["scheme"])

    @router.get("/{version}", responses=problems("scheme_not_found"))
    async def read_scheme(version: Annotated[str, Path(max_length=20)]) -> SchemeShown:
        """Return the criteria and items of one version, with titles in Swedish and English."""
        scheme = SCHEMES.get(version)
        if scheme is None:
            raise Refusal(RefusalKind.NOT_FOUND, "scheme_not_found", "There is no such version.")
        return SchemeShown(
            version=scheme.version,
            criteria=scheme.criteria,
            emphasised=scheme.emphasised,
            items=tuple(
                ItemShown(
                    item_id=item.item_id,
                    criterion=item.criterion,
                    emphasised=item.criterion in scheme.emphasised,
                    title_sv=item.title_sv,
                    title_en=item.title_en,
                    kinds=item.kinds,
                )
                for item in scheme.items
            ),
        )

    return router

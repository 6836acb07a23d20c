"""The independence matrix over HTTP: who had which part in which case, since when, by which record."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.audit.api.asking import AS_OF, Sizes, bound, organisation_number
from services.audit.api.cursors import (
    BAD_REQUEST,
    CURSOR_CHARS_MAX,
    check_question,
    decoded,
    encoded,
)
from services.audit.api.remembering import remember_shown
from services.audit.queries import Cell, Histories, Wanted, whole
from services.audit.views.as_of import Vector, vector_from, vector_text
from services.audit.views.facets import cases_of, key_of
from shared.contracts.base import Instant
from shared.contracts.record import decode
from shared.web import Edge, Page, Problem, Reader, link_next, problems
from shared.web.paging import LIMIT_DEFAULT, LIMIT_MAX

BEGUN_BY: Final = "InterestRegistered"
"""The event that every case begins with; it names the organisation (step 1)."""
CASES_MAX: Final = 1_000
"""Of one organisation."""
FIRST: Final = (UUID(int=0), "")


class Matrix(BaseModel):
    """Whose part is asked for: of one case, of one organisation's cases, or of one person.

    Attributes:
        person: A pseudonym.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: UUID | None = None
    organisation: Annotated[
        str | None, Field(max_length=20), AfterValidator(organisation_number)
    ] = None
    person: UUID | None = None
    as_of_sizes: Sizes = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    after: Annotated[str | None, Field(min_length=1, max_length=CURSOR_CHARS_MAX)] = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "Matrix":
        """Refuse a question that names none of the three, or several."""
        if [self.case, self.organisation, self.person].count(None) != 2:  # noqa: PLR2004
            raise PydanticCustomError(
                "filter_missing", "One of case, organisation and person is expected."
            )
        return self

    @property
    def stream(self) -> str:
        """Return what is read, as the access log names it."""
        if self.organisation is not None:
            return f"organisation-{self.organisation}"
        return f"person-{self.person}" if self.case is None else f"case-{self.case}"


class PartShown(BaseModel):
    """One cell of the matrix.

    Attributes:
        person: A pseudonym.
        since: From when it is so, by the first record that says it; true in the world (GEN-5).
        until: When a record says that it ended; `null`: none does.
        log: Whose record it rests on; as `position` and `hash`.
    """

    person: UUID
    case: UUID
    part: str
    since: Instant
    until: Instant | None
    log: str
    position: int
    hash: str


def involvement_routes(*, histories: Histories, edge: Edge) -> APIRouter:
    """Return how the matrix is read."""
    router = APIRouter(prefix="/v1", tags=["history"])

    @router.get("/involvement", responses=problems("request_malformed", "history_incomplete"))
    async def list_involvement(
        by: Annotated[Reader, Depends(edge.reader)],
        asked: Annotated[Matrix, Query()],
        request: Request,
        response: Response,
    ) -> list[PartShown]:
        """Return who was involved in what: by case, person and part, each once.

        All pages are as of the same sizes. Reading is remembered in the access log.
        """
        after, as_of = await _begun(histories, asked)
        await edge.remember(by, "list_involvement", stream=asked.stream, case=asked.case)
        cells = await _cells(histories, asked, after, as_of)
        if asked.case is None:
            cases = {UUID(int=cell.case.int) for cell in cells[: asked.limit]}
            await remember_shown(edge, by, "list_involvement", stream=asked.stream, cases=cases)
        response.headers[AS_OF] = vector_text(as_of)
        if len(cells) > asked.limit:
            more = _cursor(cells[asked.limit - 1], as_of, asked.stream)
            link_next(request, response, Page(asked.limit, asked.after), after=more)
        return [_shown(cell) for cell in cells[: asked.limit]]

    return router


async def _begun(
    histories: Histories, asked: Matrix
) -> tuple[tuple[UUID, UUID, str] | None, Vector]:
    """Return after which case, person and part the page begins, and as of what it is read.

    Raises:
        Problem: 400: the cursor is none of ours, or of another question.
    """
    if asked.after is None:
        return None, await bound(histories, asked.as_of_sizes)
    try:
        case, person, part, said, sizes = decoded(asked.after).split("|")
        key, as_of = (UUID(case), UUID(person), part), vector_from(sizes)
    except ValueError as error:
        raise Problem(BAD_REQUEST, "request_malformed") from error
    written = encoded(f"{key[0]}|{key[1]}|{part}|{said}|{vector_text(as_of)}")
    other = asked.as_of_sizes is not None and vector_from(asked.as_of_sizes) != as_of
    if written != asked.after or other or not part.isprintable():
        raise Problem(BAD_REQUEST, "request_malformed")
    check_question(said, asked.stream)
    return key, await bound(histories, vector_text(as_of))


async def _cells(
    histories: Histories, asked: Matrix, after: tuple[UUID, UUID, str] | None, as_of: Vector
) -> Sequence[Cell]:
    """Return one cell more than are asked for, where there are so many."""
    if asked.person is not None:
        key = FIRST if after is None else (after[0], after[2])
        return await histories.parts(
            person=asked.person, as_of=as_of, after=key, limit=asked.limit + 1
        )
    cases = [asked.case] if asked.case else await _cases(histories, asked.organisation, as_of)
    found: list[Cell] = []
    for case in cases:
        if after is not None and case < after[0]:
            continue
        key = after[1:] if after is not None and case == after[0] else FIRST
        rest = asked.limit + 1 - len(found)
        found += await histories.parts(case=case, as_of=as_of, after=key, limit=rest)
        if len(found) > asked.limit:
            break
    return found


async def _cases(histories: Histories, organisation: str | None, as_of: Vector) -> list[UUID]:
    """Return the cases of ``organisation``, ascending."""
    keys = (key_of("organisation", str(organisation)), key_of("type", BEGUN_BY))
    rows = await whole(histories, Wanted(keys, as_of), limit=CASES_MAX)
    return sorted({case for row in rows for case in cases_of(decode(row.leaf))})


def _cursor(cell: Cell, as_of: Vector, question: str) -> str:
    """Return the place of ``cell`` as the opaque text that names it in an address."""
    return encoded(f"{cell.case}|{cell.person}|{cell.part}|{question}|{vector_text(as_of)}")


def _shown(cell: Cell) -> PartShown:
    """Return ``cell`` for people and programs."""
    return PartShown(
        person=cell.person,
        case=cell.case,
        part=cell.part,
        since=cell.since,
        until=cell.until,
        log=cell.log,
        position=cell.position,
        hash=cell.hash,
    )

"""What may be asked of the history, in an address and in a body alike; and as of what."""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.audit.queries import EVER, NEVER, Histories, HistoryRow, Order, Span, Wanted
from services.audit.views.as_of import LOGS, Vector, covers, vector_from
from services.audit.views.facets import Facet, key_of
from services.audit.views.placed import Placed
from shared.contracts.base import instant_text
from shared.contracts.certificate_number import number_of, read_number
from shared.contracts.organisation_number import read_organisation_number
from shared.contracts.record import decode
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from shared.web import Moment, Problem, check_period
from shared.web.problem import later

ServiceName = Literal["intake", "review", "certificates", "notify", "audit"]
FACETS: Final[tuple[Facet, ...]] = (
    *("case", "certificate", "organisation", "person"),
    *("criterion", "type", "role", "service"),
)
"""In the order in which a question names them."""
TICK: Final = timedelta(microseconds=1)
VECTOR_CHARS_MAX: Final = 4_000
AS_OF: Final = "Asf-As-Of"
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]", re.ASCII)
TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}")


def _instant(value: Any) -> Any:
    """Refuse digits alone: in an address every value is text, also what would be seconds."""
    if isinstance(value, str) and INSTANT.match(value) is None:
        raise PydanticCustomError("instant_malformed", "An instant is expected: RFC 3339.")
    return value


At = Annotated[Moment, BeforeValidator(_instant)]
"""An instant with its offset, in an address or in a body."""


def _certificate(text: str | None) -> str | None:
    """Return the number of the certificate that is named by its number or its id."""
    if text is None:
        return None
    try:
        return number_of(UUID(text))
    except ValueError:
        number = read_number(text)
    if number is None:
        raise PydanticCustomError(
            "certificate_malformed", "A certificate's number or id is expected."
        )
    return number


def organisation_number(text: str | None) -> str | None:
    """SV-2: return the ten digits; what may be a person's number is kept nowhere."""
    if text is None:
        return None
    number = read_organisation_number(text)
    if number is None:
        raise PydanticCustomError(
            "organisation_number_malformed", "The number of an organisation is expected."
        )
    return number


def _vector(text: str | None) -> str | None:
    """Return ``text`` when it is a vector of sizes."""
    try:
        vector_from(text or f"{LOGS[0]}@0")
    except ValueError as error:
        raise PydanticCustomError(
            "vector_malformed", "Sizes as this service gave them are expected: asf/intake@123, ..."
        ) from error
    return text


def _type(text: str | None) -> str | None:
    """Return ``text`` when it is the name of a type, known here or not."""
    if text is not None and TYPE.fullmatch(text) is None:
        raise PydanticCustomError("type_malformed", "The name of an event type is expected.")
    return text


Sizes = Annotated[
    str | None, Field(min_length=1, max_length=VECTOR_CHARS_MAX), AfterValidator(_vector)
]
"""A vector of sizes, as text."""


class AsOf(BaseModel):
    """As of what something is asked.

    Attributes:
        as_of_sizes: A vector that was given before (`Asf-As-Of`): the same question has the same
            answer. Without it: what the mirror holds now.
        as_of_recorded: What was known at this instant, and no more.
        as_of_effective: What was true by this instant, as far as it is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of_sizes: Sizes = None
    as_of_recorded: At | None = None
    as_of_effective: At | None = None


class Asked(AsOf):
    """Which records: all that have every one of what is named; at least one thing.

    Attributes:
        case: The application's id.
        organisation: Ten digits: records that name it, and what was done for it.
        certificate: Its number or its id.
        person: A pseudonym: who acted, on whose behalf, and whoever is named.
        role: In which somebody acted.
        criterion: E.g. `3.1`.
        type: Name of an event.
        service: Whose log.
        recorded_from: The first instant; as `effective_from`.
        recorded_until: The first instant that is too late; as `effective_until`.
        order_by: The time by which the answer is ordered. Order by the one that you limit.
    """

    case: UUID | None = None
    organisation: Annotated[
        str | None, Field(max_length=20), AfterValidator(organisation_number)
    ] = None
    certificate: Annotated[str | None, Field(max_length=64), AfterValidator(_certificate)] = None
    person: UUID | None = None
    role: Role | Literal["policy"] | None = None
    criterion: Criterion | None = None
    type: Annotated[str | None, AfterValidator(_type)] = None
    service: ServiceName | None = None
    recorded_from: At | None = None
    recorded_until: At | None = None
    effective_from: At | None = None
    effective_until: At | None = None
    order_by: Order = "recorded"

    @model_validator(mode="after")
    def _makes_sense(self) -> "Asked":
        """Refuse a question that names nothing, or a span that ends before it begins."""
        if not self.facets:
            raise PydanticCustomError(
                "filter_missing", "At least one of case, organisation, ... is expected."
            )
        for first, end in (
            (self.recorded_from, self.recorded_until),
            (self.effective_from, self.effective_until),
        ):
            if first is not None and end is not None:
                check_period(first, end)
        return self

    @property
    def facets(self) -> tuple[tuple[Facet, str], ...]:
        """Return what is named, in a fixed order."""
        return tuple(
            (facet, str(value))
            for facet in FACETS
            for value in (getattr(self, facet),)
            if value is not None
        )

    @property
    def stream(self) -> str:
        """Return what is read, as the access log names it."""
        return ",".join(f"{facet}-{value}" for facet, value in self.facets)[:200]

    def wanted(self, as_of: Vector) -> Wanted:
        """Return which records are asked for, ``as_of`` these sizes."""
        return Wanted(
            keys=tuple(key_of(facet, value) for facet, value in self.facets),
            as_of=as_of,
            recorded=span(self.recorded_from, self.recorded_until, self.as_of_recorded),
            effective=span(self.effective_from, self.effective_until, self.as_of_effective),
            order=self.order_by,
        )

    def digest(self) -> str:
        """Return the SHA-256 of the question in one form, hexadecimal; sizes are no part of it."""
        said: dict[str, Any] = dict(self.facets)
        said |= {name: instant_text(value) for name, value in self if isinstance(value, datetime)}
        said["order_by"] = self.order_by
        return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def span(first: datetime | None, end: datetime | None, known_at: datetime | None) -> Span:
    """Return from ``first`` on, before ``end``, and up to ``known_at``, which is within.

    What was known or true before ``first`` is nothing, and no fault: such a span is empty.
    """
    begin, ends = first or EVER, (NEVER, *filter(None, (end, known_at and known_at + TICK)))
    return Span(begin, max(begin, min(ends)))


async def bound(histories: Histories, as_of_sizes: str | None) -> Vector:
    """Return the vector that is asked for; what is held now when none is.

    Raises:
        Problem: 503: the mirror does not hold all of it yet, or not all is listed in the index.
    """
    held, whole = await histories.extents()
    if not whole:
        raise later("history_incomplete")
    if as_of_sizes is None:
        return held
    asked = vector_from(as_of_sizes)
    if not covers(held, asked):
        raise later("history_incomplete")
    return asked


def placed(row: HistoryRow) -> Placed:
    """Return ``row`` as documents are made from it."""
    return Placed(row.log, row.position, row.hash, decode(row.leaf))


def too_long() -> Problem:
    """Return the 422 for a question whose answer has more records than one answer holds."""
    return Problem(422, "answer_too_long")

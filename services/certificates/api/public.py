"""What anyone may ask, without a token: one certificate by number, the list, the count.

The answers are of one instant and may be kept for a short while: never past the instant at which a
certificate ends, so that no cache shows an expired one as valid (CER-5, CER-11).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from services.certificates.api.instant import When, asked_at
from services.certificates.decider.certificate import Certificate
from services.certificates.policy import number_stream
from services.certificates.queries import count_valid, listed_entries
from shared.auth import PUBLIC, Operations
from shared.contracts.base import Instant
from shared.contracts.certificate_number import read_number
from shared.contracts.certificates_public import PublicCertificate, public_certificate
from shared.contracts.organisation_number import read_organisation_number
from shared.decider import Refusal, RefusalKind
from shared.eventlog import Handler, Look
from shared.web import Page, Seen, if_none_match, link_next, page, problems, wait_for

PUBLIC_OPERATIONS: Operations = {
    "list_certificates": PUBLIC,
    "count_certificates": PUBLIC,
    "verify_certificate": PUBLIC,
}
VIEW: Final = "register"
NOT_FOUND: Final = "certificate_not_found"


class Words(BaseModel):
    """One sentence in both languages (SV-8)."""

    model_config = ConfigDict(frozen=True)

    sv: str
    en: str


SECTOR: Final = Words(
    sv="branschcertifiering, ej ackrediterad", en="sector certification, not accredited"
)
"""SV-14: what every certificate says of itself."""


class CertificateShown(PublicCertificate):
    """What anyone is told about a certificate.

    Attributes:
        issuer: Who issued it.
        kind: What kind of certification this is, and what it is not.
    """

    issuer: str
    kind: Words = SECTOR


class Count(BaseModel):
    """How many certificates are valid.

    Attributes:
        at: The instant that it is true of.
    """

    model_config = ConfigDict(frozen=True)

    count: int
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicParts:
    """What public answers are made from.

    Attributes:
        reached: Wait, for a bounded time, until a view has come to a position.
        issuer: Who issues.
        max_age_s: How long an answer about now may be kept.
    """

    handler: Handler
    pool: Any
    reached: Callable[[str, int], Awaitable[bool]]
    issuer: str
    max_age_s: int
    now: Callable[[], datetime]

    @property
    def waiting(self) -> list[Any]:
        """Return the dependencies of a list: it waits for what the caller has seen."""
        return [Depends(wait_for(partial(self.reached, VIEW)))]

    def shown(self, public: PublicCertificate) -> CertificateShown:
        """Return ``public`` with what stands on every certificate."""
        return CertificateShown(**dict(public), issuer=self.issuer)

    def keep(self, response: Response, tag: str, *, until: tuple[datetime | None, When]) -> None:
        """Say how long the answer may be kept, and how to ask whether it still holds.

        Args:
            response: That carries it.
            tag: Of what it says; the same content at a later instant has the same one.
            until: When the next certificate in it ends, if one does, and which instant was
                asked about: an answer about now is not kept longer than it is true.
        """
        ends_at, asked = until
        age_s = self.max_age_s
        if ends_at is not None and not asked.named:
            age_s = min(age_s, int((ends_at - asked.at).total_seconds()))
        response.headers["ETag"] = f'W/"{tag}"'
        response.headers["Cache-Control"] = f"public, max-age={age_s}"


def public_routes(parts: PublicParts) -> APIRouter:
    """Return the routes, wired to what the composition root gives them."""
    router = APIRouter(prefix="/v1/certificates", tags=["certificates"])
    _add_list(router, parts)
    _add_count(router, parts)
    _add_look_up(router, parts)
    return router


def _add_list(router: APIRouter, parts: PublicParts) -> None:
    """Add the list of holders who want to be seen."""
    when = asked_at(parts.now)

    @router.get(
        "",
        dependencies=parts.waiting,
        response_model=list[CertificateShown],
        responses=problems("organisation_number_not_accepted"),
    )
    async def list_certificates(
        asked: Annotated[Page, Depends(page)],
        instant: Annotated[When, Depends(when)],
        seen: Annotated[Seen, Depends(if_none_match)],
        request: Request,
        response: Response,
        organisation_number: Annotated[str | None, Query(max_length=20)] = None,
    ) -> Any:
        """List the certificates of holders who let their names stand in the register.

        By number. Who holds a certificate and is not listed is found by its number only.
        """
        rows = await listed_entries(
            parts.pool,
            at=instant.at,
            after=asked.after or "",
            organisation_number=_searched(organisation_number),
            limit=asked.fetch,
        )
        entries = rows[: asked.limit]
        more = entries[-1].issued.number if len(rows) > asked.limit else None
        link_next(request, response, asked, after=more)
        certificates = [
            parts.shown(public_certificate(each.issued, listed=True, at=instant.at))
            for each in entries
        ]
        ends_at = min((each.valid_until_at for each in certificates if each.valid), default=None)
        parts.keep(response, _digest(certificates), until=(ends_at, instant))
        return _unless_seen(certificates, response, seen)


def _add_count(router: APIRouter, parts: PublicParts) -> None:
    """Add the count."""
    when = asked_at(parts.now)

    @router.get("/count", dependencies=parts.waiting, response_model=Count)
    async def count_certificates(
        instant: Annotated[When, Depends(when)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> Any:
        """Count the certificates that are valid, listed or not (Q-117)."""
        count, ends_at = await count_valid(parts.pool, at=instant.at)
        parts.keep(response, str(count), until=(ends_at, instant))
        return _unless_seen(Count(count=count, at=instant.at), response, seen)


def _add_look_up(router: APIRouter, parts: PublicParts) -> None:
    """Add the look-up by number."""
    when = asked_at(parts.now)

    @router.get("/{number}", response_model=CertificateShown, responses=problems(NOT_FOUND))
    async def verify_certificate(
        number: str,
        instant: Annotated[When, Depends(when)],
        seen: Annotated[Seen, Depends(if_none_match)],
        response: Response,
    ) -> Any:
        """Tell what is true of one certificate, now or at an instant of the past.

        Status and dates are always told; who holds it, if the holder consents.
        """
        look, certificate = await find(parts.handler, number)
        assert certificate.issued is not None
        public = public_certificate(certificate.issued, listed=certificate.listed, at=instant.at)
        tag = f"{look.version}.{public.status or 'none'}"
        ends_at = public.valid_until_at if public.valid else None
        parts.keep(response, tag, until=(ends_at, instant))
        response.headers["Log-Position"] = str(look.position)
        return _unless_seen(parts.shown(public), response, seen)


async def find(handler: Handler, number: str) -> tuple[Look, Certificate]:
    """Return the certificate with ``number``, as typed, and how it stands. Folds two streams.

    Raises:
        Refusal: There is none, or the number is none.
    """
    read = read_number(number)
    if read is not None:
        taken = (await handler.look(number_stream(read))).state.certificate_id
        if taken is not None:
            look = await handler.look(f"certificate-{taken}")
            return look, look.state
    raise no_certificate()


def no_certificate() -> Refusal:
    """GEN-4: return the one answer for what is not there and for what is not the caller's."""
    return Refusal(RefusalKind.NOT_FOUND, NOT_FOUND, "There is no such certificate.")


def _searched(written: str | None) -> str | None:
    """SV-2: return the number of the firm that is looked for; a person's is never accepted."""
    if written is None:
        return None
    number = read_organisation_number(written)
    if number is None:
        raise Refusal(
            RefusalKind.CONFLICT,
            "organisation_number_not_accepted",
            "This is not the number of an organisation. A personal number is never accepted.",
        )
    return number


def _digest(certificates: list[CertificateShown]) -> str:
    """Return a tag of what is said of ``certificates``, whenever it is said."""
    text = "".join(each.model_dump_json(exclude={"at"}) for each in certificates)
    return sha256(text.encode()).hexdigest()[:32]


def _unless_seen(body: Any, response: Response, seen: Seen) -> Any:
    """RFC 9110: return ``body``, or 304 when the caller has it already."""
    tag = response.headers["ETag"].removeprefix("W/")
    if seen.tags is None or (seen.tags != "*" and tag not in seen.tags):
        return body
    return Response(status_code=304, headers=dict(response.headers))

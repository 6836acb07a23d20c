"""What the services disclose of a case: asked one stream at a time, on behalf of the auditor."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import httpx2

from services.audit.bundles.records import Kept
from shared.auth.service_token import ServiceToken, TokenUnavailable
from shared.contracts.base import sealed_fields
from shared.contracts.catalogue import EVENTS
from shared.contracts.disclosure import auditor_may_see
from shared.ledger.bundle import Disclosed
from shared.vault.commitment import commitment

ASK_TIMEOUT_S: Final = 10.0
PAGE: Final = 200


class SourceUnreachable(Exception):  # noqa: N818 -- the world, asked again later
    """A service that must be asked does not answer, or not well."""


class NotCommittedError(Exception):
    """A service disclosed what its record did not commit to. Nothing is exported."""


class Disclosing(Protocol):
    """Who says what may be seen of the sealed fields of a case."""

    async def of_case(
        self, case: UUID, records: Mapping[str, Sequence[Kept]], *, on_behalf_of: UUID
    ) -> list[Disclosed]:
        """Return the texts of ``records`` that the auditor ``on_behalf_of`` may see.

        Raises:
            SourceUnreachable: See there.
            NotCommittedError: See there.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The services themselves, over HTTP.

    Attributes:
        urls: Of their APIs, by log.
        token_of: What proves to the service of a log who audit is.
    """

    urls: Mapping[str, str]
    token_of: Callable[[str], ServiceToken]

    async def of_case(
        self, case: UUID, records: Mapping[str, Sequence[Kept]], *, on_behalf_of: UUID
    ) -> list[Disclosed]:
        """Return what may be seen of the sealed fields of ``records``. See ``Disclosing``."""
        found: list[Disclosed] = []
        async with httpx2.AsyncClient(timeout=ASK_TIMEOUT_S) as http:
            for log, kept in records.items():
                known = {each.position: each for each in kept}
                for stream in streams_to_ask(kept):
                    said = await self._asked(http, log, case, stream, on_behalf_of)
                    found += [checked(log, each, known) for each in said if wanted(each, known)]
        return found

    async def _asked(
        self, http: httpx2.AsyncClient, log: str, case: UUID, stream: str, on_behalf_of: UUID
    ) -> list[dict[str, Any]]:
        """Return what the service of ``log`` discloses of ``stream``, page after page."""
        found: list[dict[str, Any]] = []
        path: str | None = f"/v1/disclosures/{case}?stream={stream}&limit={PAGE}"
        try:
            while path is not None:
                async with asyncio.timeout(ASK_TIMEOUT_S):
                    headers = await self.token_of(log).headers(on_behalf_of=on_behalf_of)
                    answer = await http.get(f"{self.urls[log]}{path}", headers=headers)
                found += answer.raise_for_status().json()
                path = answer.links.get("next", {}).get("url")
        except (httpx2.HTTPError, TimeoutError, TokenUnavailable, ValueError) as error:
            raise SourceUnreachable(log) from error
        return found


def streams_to_ask(kept: Sequence[Kept]) -> tuple[str, ...]:
    """Return the streams that hold anything sealed that an auditor may see, ascending."""
    return tuple(sorted({each.record.stream for each in kept if visible(each)}))


def visible(kept: Kept) -> tuple[str, ...]:
    """Return the names of the fields of a record that are sealed, and that an auditor may see."""
    event = EVENTS.get(kept.record.type)
    if event is None:
        return ()
    return tuple(
        field
        for field in sealed_fields(event)
        if auditor_may_see(event, field) and kept.record.data.get(field) is not None
    )


def wanted(said: Mapping[str, Any], known: Mapping[int, Kept]) -> bool:
    """Return whether it is of a record that the bundle shows, and for an auditor's eyes.

    A service may know more by now than the checkpoint covers, and its table may be another one.
    """
    kept = known.get(said["position"])
    return kept is not None and said["field"] in visible(kept)


def checked(log: str, said: Mapping[str, Any], known: Mapping[int, Kept]) -> Disclosed:
    """Return what was said, when it is what the record committed to.

    Raises:
        NotCommittedError: It is something else.
    """
    record = known[said["position"]].record
    field, salt, value = said["field"], bytes.fromhex(said["salt"]), said["value"]
    if commitment(record.type, field, salt, value) != record.data[field]:
        raise NotCommittedError(f"{log} {said['position']} {field}")
    return Disclosed(log, said["position"], field, salt, value)

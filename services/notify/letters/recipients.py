"""Who gets a letter, and in whose words: asked of the services when it is sent (MSG-2).

Nothing of it is kept: no address and no text lies in an event, a log or a trace of notify.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import httpx2

from shared.auth.service_token import ServiceToken, TokenUnavailable
from shared.contracts.roles import Role

ASK_TIMEOUT_S = 10.0
NOT_FOUND = 404


class RecipientUnknown(Exception):  # noqa: N818 -- an answer of the world
    """Nobody in that role is known for the case, or the person's data are erased."""


class SourceUnreachable(Exception):  # noqa: N818 -- the world, tried again later
    """A service that must be asked does not answer."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, for as long as it takes to send one letter.

    Attributes:
        organisation: Name of the firm.
    """

    person_id: UUID
    name: str
    email: str
    language: Literal["sv", "en"]
    organisation: str


@dataclass(frozen=True, slots=True)
class Source:
    """One service that notify asks.

    Attributes:
        url: Of its API.
        token: Proves to it who notify is.
    """

    url: str
    token: ServiceToken
    http: httpx2.AsyncClient

    async def ask(self, path: str) -> Any:
        """Return the JSON at ``path``; ``None`` when there is nothing.

        Raises:
            SourceUnreachable: No answer, or not a good one.
        """
        try:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                headers = await self.token.headers()
                answer = await self.http.get(
                    f"{self.url}{path}", headers=headers, timeout=ASK_TIMEOUT_S
                )
            if answer.status_code == NOT_FOUND:
                return None
            return answer.raise_for_status().json()
        except (httpx2.HTTPError, TimeoutError, TokenUnavailable, ValueError) as error:
            raise SourceUnreachable(type(error).__name__) from error


async def recipient(intake: Source, application_id: UUID, role: Role) -> Recipient:
    """MSG-2: return who has ``role`` in the case now.

    Raises:
        RecipientUnknown: Nobody.
        SourceUnreachable: Intake does not answer.
    """
    body = await intake.ask(f"/v1/applications/{application_id}/contacts")
    if body is None:
        raise RecipientUnknown(str(role))
    for contact in body["contacts"]:
        if contact["role"] == role and contact["email"] and contact["name"]:
            return Recipient(
                person_id=UUID(contact["person_id"]),
                name=_one_line(contact["name"]),
                email=contact["email"],
                language=contact["language"],
                organisation=_one_line(body["organisation_name"]),
            )
    raise RecipientUnknown(str(role))


def _one_line(name: str) -> str:
    """Return ``name`` without line breaks: a subject line has none."""
    return " ".join(name.split())


async def decision_texts(source: Source, path: str) -> dict[str, str]:
    """Return the words of a decision: ``reason``, and ``actions`` where there are any.

    Raises:
        SourceUnreachable: The service does not answer, or does not know the decision yet.
    """
    body = await source.ask(path)
    if body is None:
        raise SourceUnreachable("not there yet")
    return {name: body.get(name) or "-" for name in ("reason", "actions")}

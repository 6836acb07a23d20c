"""The HTTP application of certificates over the memory log, for tests of translation."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import httpx2

from services.certificates.main import build_api, service
from services.certificates.policy import number_stream
from services.certificates.settings import Settings
from shared.auth import Authenticator
from shared.contracts.base import Event
from shared.contracts.certificates import NumberTaken
from shared.contracts.envelope import Actor, Cause
from shared.contracts.roles import Role
from shared.eventlog import Handler, Write
from shared.process import Parts
from shared.testing.memory import MemoryAccessLog, MemoryLog
from tests.auth.issuer import AUDIENCE, ISSUER, claims, published, token
from tests.certificates.facts import CERTIFICATE, ISSUED_AT, NUMBER, issued, prepared

ORGANISATION = "https://id.oidc.se/claim/orgNumber"
taken = NumberTaken(number=NUMBER, certificate_id=CERTIFICATE, taken_at=ISSUED_AT)
SETTINGS = Settings.model_validate(
    {
        "database_dsn": "postgresql://nowhere/certificates",
        "relay_dsn": "postgresql://nowhere/certificates",
        "kafka_bootstrap_servers": "nowhere:9",
        "http_port": 1,
        "issuer_url": ISSUER,
        "client_secret": "none",
        "ledger_folder": "nowhere",
        "vault_master_key": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
    }
)


@dataclass
class House:
    """The service, its clock in the hands of the test."""

    now: datetime = ISSUED_AT
    access: MemoryAccessLog = field(default_factory=MemoryAccessLog)

    def __post_init__(self) -> None:
        self.log = MemoryLog("certificates", now=lambda: self.now)

    @property
    def parts(self) -> Parts[Settings]:
        """Return what the composition root gives; what a database would answer is not in it."""
        return Parts(
            name="certificates",
            settings=SETTINGS,
            actor=Actor(UUID(int=1), "policy"),
            handler=Handler(self.log, service.deciders, self.access, lambda: self.now),
            log=self.log,
            access=self.access,
            vault=self.log.vault,
            authenticator=Authenticator(ISSUER, AUDIENCE, lambda: self.now, keys=published),
            pool=cast("Any", None),
            positions=cast("Any", _Nowhere()),
            now=lambda: self.now,
            new_id=lambda: UUID(int=2),
        )

    async def given(self, stream: str, *events: Event) -> None:
        """Put ``events`` on record."""
        version = (await self.log.load(stream)).version
        made = UUID(int=len(self.log.leaves) + 100)
        cause = Cause(Actor(UUID(int=1), "policy"), made, made, made)
        await self.log.append([Write(stream, events, version)], cause=cause)

    async def given_certificate(self, *more: Event) -> None:
        """Put on record that Alfa's certificate was issued, and what came after."""
        await self.given(number_stream(NUMBER), taken)
        await self.given(f"certificate-{CERTIFICATE}", prepared, issued, *more)

    def http(self, role: Role | None = None, organisation: str | None = None) -> httpx2.AsyncClient:
        """Return a client: anyone's, or that of a person in ``role`` of ``organisation``."""
        said = claims(*([role] if role else []), **{ORGANISATION: organisation})
        seconds = int(self.now.timestamp())
        said |= {"iat": seconds, "auth_time": seconds, "exp": seconds + 600}
        head = {"Authorization": f"Bearer {token(said)}"} if role else {}
        transport = httpx2.ASGITransport(build_api(self.parts))
        return httpx2.AsyncClient(transport=transport, base_url="http://certificates", headers=head)


class _Nowhere:
    """Stands where views would be: none of them is reached in these tests."""

    async def reached(self, view: str, position: int) -> bool:
        """Return that it is not."""
        del view, position
        return False


def problem(response: httpx2.Response) -> tuple[int, str]:
    """Return status and code of a problem document."""
    return response.status_code, response.json()["code"]

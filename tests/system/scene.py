"""A case with canaries that was played, and everybody who looks at it: over the APIs, as exports, offline."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.demo.client import eventually
from deploy.demo.parcel import Parcel
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import SERVICES, service_secret
from shared import clock
from shared.auth import ServiceToken
from shared.ids import new_id
from tests.system.canaries import Canaries, Firms, Writer, play
from tests.system.opponent import Owner
from tests.verify.house import Place

EXPORTS: Final = "/v1/exports"
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Scene:
    """The case as it was played, and everybody who looks at it."""

    house: House
    world: Canaries
    stage: Stage
    firms: Firms
    owner: Owner
    place: Place

    def person(self, label: str) -> Writer:
        """Return somebody with a browser."""
        return self.world.person(label)

    async def said_by_the_apis(self) -> dict[str, bytes]:
        """Return what each reading that shows texts answers to those who may see them."""
        alfa, beta, gamma = self.firms.alfa, self.firms.beta, self.firms.gamma
        space, review = f"/v1/workspaces/{alfa.application_id}", f"/v1/reviews/{beta.review_id}"
        asked = (
            ("intake", alfa.applicant, f"{alfa.application}/survey"),
            ("intake", alfa.signatory, f"{alfa.application}/decision"),
            ("intake", gamma.signatory, f"{gamma.application}/decision"),
            ("review", alfa.applicant, space),
            ("review", alfa.applicant, f"/v1/self-assessments/{alfa.application_id}"),
            ("review", beta.signatory, f"{review}/report"),
            ("review", beta.signatory, f"{review}/decision"),
            *((("review", alfa.applicant, path)) for path in await self.files()),
        )
        said = {
            f"{service} {path}": await self.person(label).read(service, path)
            for service, label, path in asked
        }
        return {**said, "contacts": await self.contacts(), "disclosures": await self.disclosed()}

    async def files(self) -> list[str]:
        """Return the addresses of Alfa's files."""
        space = f"/v1/workspaces/{self.firms.alfa.application_id}"
        seen = await self.person(self.firms.alfa.applicant).get("review", space)
        pieces = seen.body["evidence"]
        return [f"{space}/files/{p['evidence_id']}" for p in pieces if p["form"] == "file"]

    async def contacts(self) -> bytes:
        """Return what the service hears that writes the letters."""
        url = f"{self.house.url('intake')}{self.firms.alfa.application}/contacts"
        return await self._as_service("notify", "intake", url)

    async def disclosed(self) -> bytes:
        """Return what the audit service hears of Alfa's application on behalf of an auditor."""
        case = self.firms.alfa.application_id
        url = (
            f"{self.house.url('intake')}/v1/disclosures/{case}?stream=application-{case}&limit=200"
        )
        return await self._as_service("audit", "intake", url, {"On-Behalf-Of": str(new_id())})

    async def _as_service(
        self, name: str, audience: str, url: str, says: Mapping[str, str] | None = None
    ) -> bytes:
        secret = service_secret(name, self.house.stack.settings.client_secret.get_secret_value())
        token = ServiceToken(
            self.house.stack.issuer_url, name, secret, audience=audience, now=clock.now
        )
        headers = {**await token.headers(), **(says or {})}
        answer = await self.world.http.get(url, headers=headers)
        return answer.raise_for_status().content

    async def taken(self, path: str, body: dict[str, Any]) -> bytes:
        """Return a new export as an auditor takes it away."""
        key = str(new_id())

        async def made() -> bytes | None:
            answer = await self.person("A1").fetch("audit", path, body, key=key)
            return None if answer.status_code == UNAVAILABLE else answer.raise_for_status().content

        return await eventually(made, "an export")

    async def bundle(self, saved: Sequence[str] = ()) -> bytes:
        """Return a new bundle of Alfa's case, with proofs from the checkpoints ``saved``."""
        sizes = [(path.split("/")[2], int(path.split("/")[3][:-5])) for path in saved]
        told = [{"log": f"asf/{name}", "size": size} for name, size in sizes if size]
        asked = {"case": self.firms.alfa.application_id, "saved": told}
        return await self.taken(f"{EXPORTS}/bundles", asked)

    def judged(self, name: str, data: bytes) -> dict[str, Any]:
        """Return what ``sigill-verify`` reports of a bundle that it must accept."""
        policy = Parcel(self.house, self.stage, ()).policy_text().encode()
        paths = self.place.put(name, data), self.place.put("policy", policy)
        code, report = self.place.asked("bundle", paths[0], "--policy", paths[1])
        assert (code, report["result"]) == (0, "ok"), report
        return report


@asynccontextmanager
async def played(
    house: House, folder: Path, capsys: pytest.CaptureFixture[str]
) -> AsyncGenerator[Scene]:
    """Yield the house after five firms have gone their ways."""
    moved = house.stack.settings.clock
    assert moved is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with Canaries(house.stack.issuer_url, addresses) as world:
        stage = Stage(world, Path(moved), lambda _line: None)
        firms = await play(stage)
        yield Scene(house, world, stage, firms, Owner(house), Place(folder, capsys))

"""The house that everything here attacks: three firms have come a different way each.

Alfa is certified, Beta's report is out for comment, Gamma's workspace is still open. Whatever a
person writes holds a canary. R1 screens Beta and reviews Alfa and Beta, C1 decides on them; S1
supports the group of all three and TR1 trains it; PL1 screens Alfa and Gamma.
"""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx2

from deploy.demo.admission import PILOT, Admission
from deploy.demo.appointments import appoint, person_id
from deploy.demo.cast import Firm, pilot_firms
from deploy.demo.certification import Certification
from deploy.demo.client import done
from deploy.demo.journey import APPOINTED
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import people
from deploy.local.settings import SERVICES, service_secret
from deploy.local.tokens import service_token, sign_in
from shared.contracts.roles import Role
from tests.system.canaries import Canaries

AUDITED: Final = ("A1", "O1", "B1", "AP1", "CW1", "SG", "PL1")
WORKS_FOR_US: Final = (*APPOINTED, *AUDITED)
"""One person in each role of the house's own."""
UNASSIGNED: Final = ("R2", "C2", "S2")
"""Appointed like R1, C1 and S1, and with no part in any case."""
CALLER: Final = "notify"
"""The service that asks others; any other has the same role."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What has happened, and how to speak to it.

    Attributes:
        group_id: Of the firms' group.
        other_group_id: Of a group in which nobody has a part.
        tokens: By service and caller, an access token for that service.
        run: What every canary begins with.
        old_token: Of R1 for review, and long expired.
    """

    house: House
    alfa: Firm
    beta: Firm
    gamma: Firm
    round_id: str
    group_id: str
    other_group_id: str
    tokens: dict[str, dict[str, str]]
    run: str
    old_token: str

    def roles_of(self, label: str) -> tuple[Role, ...]:
        """Return the roles in the token of ``label``."""
        return (Role.SERVICE,) if label == CALLER else people()[label].roles

    def headers(self, service: str, label: str, **more: str) -> dict[str, str]:
        """Return who ``label`` is for ``service``, and ``more``, with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.tokens[service][label]}", **named}

    @contextmanager
    def speaking_to(self, service: str) -> Iterator[httpx2.Client]:
        """Yield a client of ``service`` that follows no redirect."""
        with httpx2.Client(base_url=self.house.url(service), timeout=30) as http:
            yield http


async def staged(house: House) -> Scene:
    """Play, and return what there is to attack. Some ten seconds."""
    clock = house.stack.settings.clock
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with Canaries(house.stack.issuer_url, addresses) as world:
        stage = Stage(world, Path(clock), lambda _line: None)
        firms, old = pilot_firms()[:3], sign_in(house.stack.issuer_url, "R1", "review")
        admission, other_group_id = await admitted(stage, firms)
        await _prepared(stage, firms)
        await _reviewed(stage, firms)
        alfa, beta, gamma = firms
        house_people = (*WORKS_FOR_US, *UNASSIGNED)
        labels = [*house_people, *(each for f in firms for each in (f.applicant, f.signatory))]
        return Scene(
            *(house, alfa, beta, gamma),
            *(admission.round_id, admission.group_id, other_group_id),
            tokens={service: _tokens(house, service, labels) for service in SERVICES},
            run=world.run,
            old_token=old,
        )


async def admitted(stage: Stage, firms: tuple[Firm, ...]) -> tuple[Admission, str]:
    """Steps 1 to 3, nearly as in the pilot round; return also the group that nobody is in."""
    admission = Admission(stage, firms, frozenset(), PILOT)
    stage.at("2018-11-01 10:00")
    await appoint(stage, (*APPOINTED, "AP1", *UNASSIGNED))
    await admission.show_interest()
    await admission.plan_round()
    await admission.pre_certify()
    stage.at("2018-11-19 09:00")
    await admission.open_round()
    await admission.invite()
    stage.at("2018-12-03 09:00")
    await admission.submit()
    stage.at("2018-12-10 09:00")
    await _screened(admission)
    stage.at("2018-12-14 09:00")
    await admission.enrol()
    await admission.form_group()
    stage.at("2018-12-18 09:00")
    await admission.start_group(person_id("S1"))
    other_group_id = await _trained(stage, admission)
    stage.at("2019-01-15 09:00")
    await admission.start_round()
    return admission, other_group_id


async def _screened(admission: Admission) -> None:
    """K-02: R1 screens Beta, and PL1 the others."""
    alfa, beta, gamma = admission.firms
    for some, screener in (((alfa, gamma), "PL1"), ((beta,), "R1")):
        await replace(admission, firms=some).admit(person_id(screener), screener)


async def _trained(stage: Stage, admission: Admission) -> str:
    """Step 3: TR1 trains the group; return the id of another one, without anybody."""
    leader, group = stage.person("PL1"), f"/v1/groups/{admission.group_id}"
    done(await leader.act("intake", group, "/trainers", {"person_id": person_id("TR1")}))
    made = await leader.create("intake", "/v1/groups", {"round_id": admission.round_id})
    other_group_id: str = done(made).body["group_id"]
    return other_group_id


async def _prepared(stage: Stage, firms: tuple[Firm, ...]) -> None:
    """Steps 4 to 6; Gamma does not submit."""
    every = Preparation(stage, firms, person_id("S1"))
    await every.await_start()
    stage.at("2019-01-16 09:00")
    await every.open_workspaces()
    await every.put_in_evidence()
    submitting = Preparation(stage, firms[:2], person_id("S1"))
    await submitting.answer()
    await submitting.submit()


async def _reviewed(stage: Stage, firms: tuple[Firm, ...]) -> None:
    """Step 7; only Alfa's report is final, decided on, and followed by a certificate."""
    both = Certification(stage, firms[:2], person_id("R1"), person_id("C1"))
    stage.at("2019-05-08 09:00")
    await both.staff()
    stage.at("2019-05-09 09:00")
    await both.review()
    stage.at("2019-05-28 09:00")
    await both.report()
    stage.at("2019-06-10 09:00")
    alfa = Certification(stage, firms[:1], person_id("R1"), person_id("C1"))
    await alfa.recommend()
    stage.at("2019-06-19 10:00")
    await alfa.decide()


def _tokens(house: House, service: str, labels: list[str]) -> dict[str, str]:
    """Return a token of everybody for ``service``, from the issuer, and that of another service."""
    issuer, settings = house.stack.issuer_url, house.stack.settings
    found = {label: sign_in(issuer, label, service) for label in labels}
    secret = settings.client_secret.get_secret_value()
    return {**found, CALLER: service_token(issuer, CALLER, secret, service)}


def secrets_of(scene: Scene) -> dict[str, bytes]:
    """Return every secret that the house was told, by name, and what every token begins with."""
    house = scene.house
    common = house.stack.settings.client_secret.get_secret_value()
    said = {f"{service} client secret": service_secret(service, common) for service in SERVICES}
    raw: dict[str, bytes] = {}
    for service in SERVICES:
        key = house.environment(service)[f"{service.upper()}_VAULT_MASTER_KEY"]
        said[f"{service} master key"] = key
        raw[f"{service} master key, not written"] = b64decode(key)
    (head,) = {
        token.partition(".")[0] for tokens in scene.tokens.values() for token in tokens.values()
    }
    said["any token"] = f"{head}."
    return {name: value.encode() for name, value in said.items()} | raw


__all__ = ["CALLER", "UNASSIGNED", "WORKS_FOR_US", "Scene", "secrets_of", "staged"]

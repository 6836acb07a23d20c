"""A case played so that every text which a person writes holds a canary of its own."""

from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, cast

import httpx2

from deploy.demo.admission import Admission
from deploy.demo.appointments import appoint, person_id
from deploy.demo.cast import Firm, pilot_firms
from deploy.demo.certification import Certification
from deploy.demo.client import Person, World, done
from deploy.demo.journey import APPOINTED
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
from shared.ids import new_id

WRITTEN: Final = frozenset(
    {
        *("reason", "remarks", "actions", "competence_note", "title", "text", "summary", "comment"),
        *("contact_name", "contact_email", "name", "email"),
    }
)
"""Members of bodies that hold what a person writes in their own words."""
NAMED: Final = "UTF-8''"
NUMBERS: Final = tuple(f"070-17406{last:02}" for last in range(5, 100))
"""Telephone numbers that are kept for stories, and given to nobody."""
NUMBER: Final = NUMBERS[57]
"""What Beta says to the report: nothing else, and no canary, so that it can be guessed."""


@dataclass
class Canaries(World):
    """A world in which people write a fresh canary at the beginning of each text and each file.

    Attributes:
        run: What every canary of this run begins with, and nothing else holds.
    """

    run: str = field(default_factory=lambda: f"kanarie{new_id().hex[-12:]}")
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def person(self, label: str) -> "Writer":
        """Return whoever the issuer knows as ``label``."""
        return Writer(self, label)

    def marked(self, text: str) -> str:
        """Return ``text`` behind a canary; the one that can be guessed as it is."""
        return text if text == NUMBER else f"{self.run}{next(self.numbers):04}.{text}"

    def written(self, body: object) -> object:
        """Return a body with canaries in what a person writes."""
        if not isinstance(body, dict):
            return body
        said = cast("dict[str, Any]", body)
        return {
            name: self.marked(value) if name in WRITTEN and isinstance(value, str) else value
            for name, value in said.items()
        }

    def sent(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request with canaries in its body, or in its file and the file's name."""
        if "json" in request:
            return {**request, "json": self.written(request["json"])}
        if "content" not in request:
            return request
        headers: dict[str, str] = dict(request["headers"])
        before, _, name = headers["Content-Disposition"].partition(NAMED)
        headers["Content-Disposition"] = f"{before}{NAMED}{self.marked(name)}"
        content = request["content"] + self.marked("").encode()
        return {**request, "headers": headers, "content": content}


@dataclass
class Writer(Person):
    """Somebody who writes canaries."""

    async def _answer(
        self, method: str, service: str, path: str, **request: Any
    ) -> httpx2.Response:
        """Send with canaries."""
        world = cast("Canaries", self.world)
        return await super()._answer(method, service, path, **world.sent(request))

    async def read(self, service: str, path: str) -> bytes:
        """Return what comes back; what had come until the answer broke off, as far as it did."""
        if service not in self.tokens:
            await self.sign_in(service)
        url, got = f"{self.world.services[service]}{path}", b""
        try:
            async with self.world.http.stream("GET", url, headers=self._bearer(service)) as answer:
                async for chunk in answer.aiter_bytes():
                    got += chunk
        except httpx2.RemoteProtocolError:
            pass
        return got


def forms_of(sought: bytes) -> set[bytes]:
    """Return how ``sought`` can be written: as it is, in hexadecimal, within base64 of either kind."""
    found = {sought, sought.hex().encode(), sought.hex().upper().encode()}
    for before in range(3):
        first, end = (0, 2, 3)[before], (before + len(sought)) * 8 // 6
        for written in (b64encode, urlsafe_b64encode):
            found.add(written(bytes(before) + sought)[first:end])
    return found


@dataclass
class Firms:
    """How each of them fares."""

    alfa: Firm
    beta: Firm
    gamma: Firm
    delta: Firm
    epsilon: Firm

    def all(self) -> tuple[Firm, ...]:
        """Return all of them."""
        return (self.alfa, self.beta, self.gamma, self.delta, self.epsilon)


async def play(stage: Stage) -> Firms:
    """Let one be approved, one refused, one deferred, one fail at the gate, and one be rejected."""
    alfa, beta, gamma, delta = pilot_firms()
    firms = Firms(alfa, beta, gamma, delta, Firm("epsilon", "559999-0016"))
    admission = await _admitted(stage, firms)
    reviewed = (firms.alfa, firms.beta)
    await _prepared(stage, admission, reviewed)
    certification = Certification(stage, reviewed, person_id("R1"), person_id("C1"))
    await _reviewed(certification)
    await _decided(certification)
    return firms


async def _admitted(stage: Stage, firms: Firms) -> Admission:
    """Steps 1 to 3: two get as far as a group."""
    admission = Admission(stage, firms.all())
    stage.at("2018-11-01 10:00")
    await appoint(stage, APPOINTED)
    await admission.show_interest()
    await admission.plan_round()
    await admission.pre_certify()
    stage.at("2018-11-19 09:00")
    await admission.open_round()
    await admission.invite()
    stage.at("2018-12-03 09:00")
    await admission.submit()
    stage.at("2018-12-10 09:00")
    later = {"codes": ["competence"], "return_on": "2020-05-01", "actions": "Gå kursen."}
    await _turned_away(stage, firms.gamma, "/deferral", {**later, "reason": "Kunskap saknas."})
    await _turned_away(stage, firms.epsilon, "/rejection", {"reason": "Ingen verksamhet."})
    admission.failing = frozenset({"gamma", "delta", "epsilon"})
    await admission.admit(person_id("PL1"))
    stage.at("2018-12-14 09:00")
    await admission.enrol()
    await admission.form_group()
    stage.at("2018-12-18 09:00")
    await admission.start_group(person_id("S1"))
    return admission


async def _turned_away(stage: Stage, firm: Firm, how: str, body: dict[str, Any]) -> None:
    """Step 2: PL1 screens, and says no or not yet."""
    leader, named = stage.person("PL1"), {"person_id": person_id("PL1")}
    done(await leader.act("intake", firm.application, "/screening", named))
    done(await leader.act("intake", firm.application, how, body))


async def _prepared(stage: Stage, admission: Admission, firms: tuple[Firm, ...]) -> None:
    """Steps 4 to 6."""
    preparation = Preparation(stage, firms, person_id("S1"))
    stage.at("2019-01-15 09:00")
    await admission.start_round()
    await preparation.await_start()
    stage.at("2019-01-16 09:00")
    await preparation.open_workspaces()
    await preparation.put_in_evidence()
    await preparation.answer()
    await preparation.submit()


async def _reviewed(certification: Certification) -> None:
    """Step 7 as far as the recommendation; Beta falls short, and both comment."""
    stage, (alfa, beta) = certification.stage, certification.firms
    stage.at("2019-05-08 09:00")
    await certification.staff()
    stage.at("2019-05-09 09:00")
    await certification.review()
    reviewer, review = stage.person("R1"), f"/v1/reviews/{beta.review_id}"
    manifest = done(await reviewer.get("review", review)).body["manifest"]
    worse = {"result": "major_nonconformity", "reason": "Bokslutet saknas.", "language": "sv"}
    revised = {**worse, "evidence": manifest[:1]}
    done(await reviewer.act("review", review, "/criteria/3.2/revisions", revised))
    stage.at("2019-05-28 09:00")
    await certification.report()
    for firm, comment in ((alfa, "Vi håller med."), (beta, NUMBER)):
        said = {"comment": comment, "language": "sv"}
        path = f"/v1/reviews/{firm.review_id}"
        done(await stage.person(firm.applicant).act("review", path, "/report/comments", said))
    stage.at("2019-06-10 09:00")
    await certification.recommend()


async def _decided(certification: Certification) -> None:
    """Step 7: Beta is refused, and Alfa gets its certificate."""
    stage, (alfa, beta) = certification.stage, certification.firms
    stage.at("2019-06-19 10:00")
    certifier = stage.person("C1")
    no = {"outcome": "refuse", "reason": "Kraven är inte uppfyllda.", "language": "sv"}
    done(await certifier.act("review", f"/v1/reviews/{beta.review_id}", "/decision", no))
    certification.firms = (alfa,)
    await certification.decide()

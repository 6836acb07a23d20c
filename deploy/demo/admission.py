"""Steps 1 to 3 of the pilot round: from interest to a running group, over intake's API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.demo.cast import Firm, answers_to, pilot_firms
from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage

AGREEMENT = "1"
FEE_ORE = 300_000
VAT_PERCENT = 25
PILOT: Final[Mapping[str, str | int]] = {
    "code": "P19",
    "name_sv": "Pilot 2019",
    "name_en": "Pilot 2019",
    "kind": "pilot",
    "places": 5,
    "opens_on": "2018-11-19",
    "application_deadline_on": "2018-12-07",
    "admission_on": "2018-12-14",
    "starts_on": "2019-01-15",
}


@dataclass
class Admission:
    """Four firms show interest; three are admitted, enrolled and grouped.

    Attributes:
        failing: Labels of those that do not pass the pre-certification.
        plan: The round as PL1 plans it.
    """

    stage: Stage
    firms: tuple[Firm, ...] = field(default_factory=pilot_firms)
    failing: frozenset[str] = frozenset({"delta"})
    plan: Mapping[str, str | int] = field(default_factory=lambda: PILOT)
    round_id: str = ""
    group_id: str = ""

    @property
    def admitted(self) -> tuple[Firm, ...]:
        """Return Alfa, Beta and Gamma."""
        return tuple(firm for firm in self.firms if firm.label not in self.failing)

    @property
    def _round(self) -> str:
        return f"/v1/rounds/{self.round_id}"

    @property
    def _group(self) -> str:
        return f"/v1/groups/{self.group_id}"

    async def show_interest(self) -> None:
        """Let all four show interest, answer the survey and commit themselves (step 1)."""
        for firm in self.firms:
            await self._register(firm)
            await self._answer_survey(firm)
            await self._commit(firm)
            self.stage.say(f"  {firm.name}: interest, survey, mandate and commitment")

    async def _register(self, firm: Firm) -> None:
        applicant = self.stage.person(firm.applicant)
        body = {
            "organisation_number": firm.number,
            "organisation_name": firm.name,
            "contact_name": f"Kontakt {firm.label.capitalize()}",
            "contact_email": f"kontakt@{firm.label}.example",
            "language": firm.language,
        }
        made = done(await applicant.create("intake", "/v1/applications", body))
        firm.application_id = made.body["application_id"]

        async def disclosed() -> Reply | None:
            seen = await applicant.get("intake", firm.application)
            return seen if seen.said("requirements") else None

        await eventually(disclosed, "the requirements to be disclosed")

    async def _answer_survey(self, firm: Firm) -> None:
        applicant = self.stage.person(firm.applicant)
        survey = done(await self.stage.world.public("intake", "/v1/surveys/1")).body
        for section in survey["sections"]:
            body = {"answers": answers_to(section, firm), "remarks": "Se årsredovisningen."}
            path = f"/survey/{section['code']}"
            done(await applicant.act("intake", firm.application, path, body, method="PUT"))

    async def _commit(self, firm: Firm) -> None:
        signatory = self.stage.person(firm.signatory)
        declared = {
            "name": f"Firmatecknare {firm.label.capitalize()}",
            "email": f"firmatecknare@{firm.label}.example",
            "basis": "alone",
            "language": firm.language,
        }
        done(await signatory.act("intake", firm.application, "/mandate", declared))
        hours = {"hours_per_month": 20}
        done(await signatory.act("intake", firm.application, "/commitment", hours))

    async def plan_round(self) -> None:
        """Let PL1 plan and announce the round: P19 with five places."""
        leader, plan = self.stage.person("PL1"), self.plan
        self.round_id = done(await leader.create("intake", "/v1/rounds", plan)).body["round_id"]
        await self._on_round("/fees", {"fee_ore": FEE_ORE, "vat_percent": VAT_PERCENT}, "PUT")
        await self._on_round("/scheme", {"scheme": "v1"}, "PUT")
        await self._on_round("/announcement", None)
        said = f"round {plan['code']} is announced, {plan['places']} places, 3,000 kr before VAT"
        self.stage.say(f"  PL1: {said}")

    async def open_round(self) -> None:
        """Let PL1 open the round."""
        await self._on_round("/opening", None)
        self.stage.say(f"  PL1: round {self.plan['code']} is open")

    async def _on_round(self, what: str, body: object, method: str = "POST") -> Reply:
        leader = self.stage.person("PL1")
        draft = self._round + "/places"
        return done(await leader.act("intake", draft, what, body, method=method, below=self._round))

    async def pre_certify(self) -> None:
        """G1-1: Delta fails the pre-certification, the others pass."""
        for firm in self.firms:
            passed = firm in self.admitted
            body = {
                "outcome": "passed" if passed else "failed",
                "reason": "Underlagen är tillräckliga." if passed else "Underlag saknas.",
            }
            reply = await eventually(
                lambda firm=firm, body=body: self._pre_certified(firm, body),  # type: ignore[misc]
                "intake to hear of PL1's appointment",
            )
            self.stage.happened(reply, f"PL1: {firm.name} {body['outcome']} pre-certification")

    async def _pre_certified(self, firm: Firm, body: dict[str, str]) -> Reply | None:
        leader = self.stage.person("PL1")
        reply = await leader.act("intake", firm.application, "/pre-certification", body)
        return None if reply.code == "mandate_missing" else reply

    async def invite(self) -> None:
        """G1-2: all four are to be invited; Delta is refused."""
        leader = self.stage.person("PL1")
        for firm in self.firms:
            body = {"application_id": firm.application_id}
            reply = await leader.act(
                "intake", self._round + "/places", "/invitations", body, below=self._round
            )
            if firm in self.admitted:
                self.stage.happened(reply, f"PL1: {firm.name} is invited")
            else:
                self.stage.refused(reply, "precertification_missing", "PL1 invites Delta")

    async def submit(self) -> None:
        """G1-3: the signatories submit; Delta is refused."""
        for firm in self.firms:
            signatory = self.stage.person(firm.signatory)
            body = {"round_id": self.round_id}
            reply = await signatory.act("intake", firm.application, "/submission", body)
            if firm in self.admitted:
                self.stage.happened(reply, f"{firm.name}: application submitted")
            else:
                self.stage.refused(reply, "precertification_missing", "Delta submits")

    async def admit(self, screener_id: str, screener: str = "PL1") -> None:
        """G1-4: the round has closed; PL1, or whoever is named, screens and admits the three.

        Each is offered a place.
        """
        leader, deciding = self.stage.person("PL1"), self.stage.person(screener)
        await eventually(self._closed, "the round to close")
        for firm in self.admitted:
            named = {"person_id": screener_id}
            done(await leader.act("intake", firm.application, "/screening", named))
            reason = {"reason": "Företaget är ett ASF och har goda förutsättningar."}
            reply = await deciding.act("intake", firm.application, "/admission", reason)
            self.stage.happened(reply, f"{screener}: {firm.name} is admitted")
        for firm in self.admitted:
            await eventually(lambda firm=firm: self._offered(firm), "a place to be offered")  # type: ignore[misc]

    async def _closed(self) -> Reply | None:
        seen = done(await self.stage.world.public("intake", self._round))
        return seen if seen.said("status") == "closed" else None

    async def _offered(self, firm: Firm) -> Reply | None:
        place = await self.stage.person(firm.signatory).get("intake", firm.application + "/place")
        return place if place.said("place") == "offered" else None

    async def enrol(self) -> None:
        """G1-5: place, agreement, document, fee; then PL1 enrols."""
        leader, registrar = self.stage.person("PL1"), self.stage.person("REG")
        for firm in self.admitted:
            signatory = self.stage.person(firm.signatory)
            applicant = self.stage.person(firm.applicant)
            at, case = "intake", firm.application
            done(await signatory.act(at, case + "/place", "", None))
            done(await signatory.act(at, case, "/agreement", {"agreement": AGREEMENT}))
            done(await leader.act(at, case, "/agreement/countersignature", None))
            done(await applicant.act(at, case, "/document-access", None))
            lines = [{"kind": "certification_fee", "net_ore": FEE_ORE}]
            asked = {"application_id": firm.application_id, "lines": lines}
            made = done(await registrar.create(at, "/v1/invoices", asked))
            invoice = f"/v1/invoices/{made.body['invoice_id']}"
            gross = FEE_ORE * (100 + VAT_PERCENT) // 100
            paid = {"paid_ore": gross, "paid_on": self.plan["admission_on"]}
            done(await registrar.act(at, invoice, "/payments", paid))
            reply = await leader.act(at, case, "/enrolment", None)
            self.stage.happened(reply, f"{firm.name}: agreement, fee, place; enrolled")

    async def form_group(self) -> None:
        """G1-6: a group of so few is too small to start."""
        leader = self.stage.person("PL1")
        made = await leader.create("intake", "/v1/groups", {"round_id": self.round_id})
        self.group_id = done(made).body["group_id"]
        for firm in self.admitted:
            body = {"application_id": firm.application_id}
            done(await leader.act("intake", self._group, "/members", body))
        reply = await leader.act("intake", self._group, "/start", None)
        few = f"PL1 starts a group of {len(self.admitted)}"
        self.stage.refused(reply, "group_size_outside_policy", few)

    async def start_group(self, supervisor_id: str) -> None:
        """G1-7: the steering group approves the deviation; S1 supervises; the group starts."""
        leader, steering = self.stage.person("PL1"), self.stage.person("SG")
        members = len(self.admitted)
        body = {"members": members, "reason": f"Omgången har inte fler företag än {members}."}
        reply = await steering.act("intake", self._group, "/deviations", body)
        self.stage.happened(reply, f"SG: a group of {members} is approved")
        named = {"person_id": supervisor_id}
        done(await leader.act("intake", self._group, "/supervisors", named))
        reply = await leader.act("intake", self._group, "/start", None)
        self.stage.happened(reply, "PL1: the group starts, supervised by S1")

    async def start_round(self) -> None:
        """G1-8: PL1 starts the round."""
        await self._on_round("/start", None)
        self.stage.say("  PL1: the round starts")

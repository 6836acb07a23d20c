"""Steps 4 to 6 of the pilot round: workspace, evidence and self-assessment, over review's API."""

from dataclasses import dataclass
from typing import Final

from deploy.demo.cast import Firm
from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage

TEXTS: Final = (
    ("Stadgar och mål", "Föreningens ändamål är arbetsintegrering.", "policy"),
    ("Uppföljning av metoder", "Av tolv deltagare har sju gått vidare till arbete.", "effect"),
    ("Medarbetarnas röst", "Vi beslutar om schema och inköp på måndagsmötet.", "coworkers_voice"),
    ("Delegationsordning", "Beslut fattas så nära arbetet som möjligt.", "policy"),
)
"""Title, text and kind of what each firm writes as evidence; words nobody else has written."""

LINKS: Final = {
    "Stadgar och mål": ("3.1-a", "3.1-b", "3.3-a", "3.3-b", "3.3-c"),
    "Uppföljning av metoder": ("3.1-c",),
    "Medarbetarnas röst": ("3.5-a",),
    "Delegationsordning": ("3.5-b", "3.5-c"),
}
REPORT: Final = (
    b"%PDF-1.4\n% \xc3\xa5rsredovisning f\xc3\xb6r ett p\xc3\xa5hittat f\xc3\xb6retag\n%%EOF\n"
)


@dataclass
class Preparation:
    """The admitted firms prepare themselves and account for their work."""

    stage: Stage
    firms: tuple[Firm, ...]
    supervisor_id: str

    async def await_start(self) -> None:
        """G1-8: the clock of the self-assessment has started for each firm."""
        for firm in self.firms:
            seen = await eventually(lambda firm=firm: self._started(firm), "preparation to start")  # type: ignore[misc]
            deadline = seen.body["deadline_at"]
            self.stage.say(f"  {firm.name}: preparation started; to be submitted by {deadline}")

    async def _started(self, firm: Firm) -> Reply | None:
        path = f"/v1/self-assessments/{firm.application_id}"
        seen = await self.stage.person(firm.signatory).get("review", path)
        return seen if seen.code is None else None

    async def open_workspaces(self) -> None:
        """G1-9: the firms create their workspaces; S1 applies the kit once let in, not before."""
        for firm in self.firms:
            applicant, space = self.stage.person(firm.applicant), _space(firm)
            await eventually(lambda firm=firm: self._requested(firm), "the workspace")  # type: ignore[misc]
            done(await applicant.act("review", space, "", None, method="PUT"))
            await self._let_in(firm)

    async def _requested(self, firm: Firm) -> Reply | None:
        seen = await self.stage.person(firm.applicant).get("review", _space(firm))
        return seen if seen.code is None else None

    async def _let_in(self, firm: Firm) -> None:
        applicant, supervisor = self.stage.person(firm.applicant), self.stage.person("S1")
        space, kit = _space(firm), {"kit": "v1"}
        early = await supervisor.act("review", space, "/kit", kit, method="PUT")
        self.stage.refused(early, "access_not_granted", f"S1 applies the kit at {firm.name}")
        grant = {
            "person_id": self.supervisor_id,
            "scope": "support",
            "from_at": "2019-01-16T00:00:00+01:00",
            "until_at": "2019-12-31T00:00:00+01:00",
        }
        done(await applicant.act("review", space, "/grants", grant))
        reply = await supervisor.act("review", space, "/kit", kit, method="PUT")
        self.stage.happened(reply, f"S1: the kit is applied at {firm.name}")

    async def put_in_evidence(self) -> None:
        """Step 5: each firm writes texts, uploads a file, and links them to the items."""
        for firm in self.firms:
            applicant, space = self.stage.person(firm.applicant), _space(firm)
            for title, text, kind in TEXTS:
                body = {"title": title, "text": f"{firm.name}: {text}"}
                made = done(await applicant.act("review", space, "/texts", body))
                for item in LINKS[title]:
                    await self._link(firm, made.body["id"], item, kind)
            headers = {
                "Content-Type": "application/pdf",
                "Content-Disposition": "attachment; filename*=UTF-8''%C3%A5rsredovisning.pdf",
            }
            content = REPORT.replace(b"p\xc3\xa5hittat", firm.label.encode())
            sent = done(await applicant.upload("review", space, "/files", content, headers))
            await self._link(firm, sent.body["id"], "3.1-d", "annual_report")
            self.stage.say(f"  {firm.name}: four texts and a file as evidence")

    async def _link(self, firm: Firm, evidence_id: str, item: str, kind: str) -> None:
        applicant = self.stage.person(firm.applicant)
        body = {"evidence_id": evidence_id, "item_id": item, "kind": kind}
        done(await applicant.act("review", _space(firm), "/links", body))

    async def answer(self) -> None:
        """Step 5: each firm answers every item and marks it ready."""
        scheme = done(await self.stage.world.public("review", "/v1/scheme/v1")).body
        for firm in self.firms:
            applicant = self.stage.person(firm.applicant)
            own = f"/v1/self-assessments/{firm.application_id}"
            for item in scheme["items"]:
                path = f"/items/{item['item_id']}"
                text = {"text": f"{item['title_sv']}: så här gör vi hos {firm.name}."}
                done(await applicant.act("review", own, path, text, method="PUT"))
                done(await applicant.act("review", own, f"{path}/readiness", None))
            self.stage.say(f"  {firm.name}: all {len(scheme['items'])} items answered and ready")

    async def submit(self) -> None:
        """G1-10: the signatories submit; the evidence is frozen and the review opened."""
        for firm in self.firms:
            signatory = self.stage.person(firm.signatory)
            own = f"/v1/self-assessments/{firm.application_id}"
            reply = await signatory.act("review", own, "/submission", None)
            self.stage.happened(reply, f"{firm.name}: self-assessment submitted")
        for firm in self.firms:
            found = await eventually(lambda firm=firm: self._opened(firm), "the review to open")  # type: ignore[misc]
            firm.review_id = found

    async def _opened(self, firm: Firm) -> str | None:
        seen = done(await self.stage.person(firm.applicant).get("review", "/v1/reviews"))
        return next((row["review_id"] for row in seen.body), None)


def _space(firm: Firm) -> str:
    """Return the address of the firm's workspace."""
    return f"/v1/workspaces/{firm.application_id}"

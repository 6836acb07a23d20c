"""The appointments that everybody who acts for SKOOPI needs: proposed by PL1, approved by SG."""

from typing import Any, Final

from deploy.demo.client import Reply, done, eventually
from deploy.demo.stage import Stage
from deploy.local.people import people
from shared.contracts.roles import Role

COMPETENCE: Final = "c0" * 32
ALL_AREAS: Final = (*(f"3.{n}" for n in range(1, 10)), "X1", "X2", "X3")
ASSESSING: Final = (Role.REVIEWER, Role.CERTIFIER)


def person_id(label: str) -> str:
    """Return the pseudonym of whoever the issuer knows as ``label``."""
    return str(people()[label].sub)


async def appoint(stage: Stage, labels: tuple[str, ...]) -> None:
    """Let PL1 propose each person for their role, and SG approve it (APT-1, APT-2)."""
    await eventually(lambda: _founded(stage), "the founding appointments")
    for label in labels:
        await appoint_as(stage, label, people()[label].roles[0])


async def _founded(stage: Stage) -> Reply | None:
    """Return once PL1 may act: the founding appointments are known to review and intake."""
    path = f"/v1/appointments/{person_id('PL1')}"
    seen = await stage.person("PL1").get("review", path)
    return seen if seen.code is None else None


async def appoint_as(stage: Stage, label: str, role: Role) -> None:
    """Let PL1 propose one person for a role, and SG approve it."""
    person = people()[label]
    body: dict[str, Any] = {
        "person_id": str(person.sub),
        "role": role,
        "areas": ALL_AREAS if role in ASSESSING else (),
        "schemes": ("v1",),
        "competence": (COMPETENCE,),
        "competence_note": "Prövad i provgranskningar.",
        "valid_from": "2018-03-01",
        "valid_until": "2027-12-31",
    }
    made = done(await stage.person("PL1").create("review", "/v1/appointments", body))
    approval = {"appointment_id": made.body["id"], "reason": "Har den kompetens som krävs."}
    reply = await stage.person("SG").act(
        "review", f"/v1/appointments/{person.sub}", "/approvals", approval
    )
    stage.happened(reply, f"SG: {label} is appointed as {role}")

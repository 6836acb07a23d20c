"""The chains of events that the Givens of the golden scenarios stand for (golden.md, section 1).

They are played over the public APIs like the scenarios themselves, with nothing odd in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from deploy.demo.admission import PILOT, Admission
from deploy.demo.appointments import person_id
from deploy.demo.cast import Firm
from deploy.demo.certification import Certification
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
from deploy.local.people import Person, people
from shared.contracts.roles import Role
from shared.ids import new_id

Plan = Mapping[str, str | int]


def _regular(code: str, name: tuple[str, str], days: tuple[str, str, str, str]) -> Plan:
    """Return a regular round of twenty places: opens, deadline, admission by, starts."""
    opens, deadline, admission, starts = days
    return {
        "code": code,
        "name_sv": name[0],
        "name_en": name[1],
        "kind": "regular",
        "places": 20,
        "opens_on": opens,
        "application_deadline_on": deadline,
        "admission_on": admission,
        "starts_on": starts,
    }


P19: Final = PILOT
V20: Final = _regular(
    "V20", ("Våren 2020", "Spring 2020"), ("2019-06-19", "2019-11-01", "2019-11-29", "2020-01-15")
)
H20: Final = _regular(
    "H20", ("Hösten 2020", "Autumn 2020"), ("2020-04-01", "2020-05-31", "2020-06-18", "2020-09-01")
)
V21: Final = _regular(
    "V21", ("Våren 2021", "Spring 2021"), ("2020-06-19", "2020-11-01", "2020-11-30", "2021-01-15")
)


@dataclass(frozen=True, slots=True)
class Days:
    """When the steps between the opening of a round and its start happen."""

    submitted: str
    admitted: str
    grouped: str


ORDINARY: Final = {
    "P19": Days("2018-12-03", "2018-12-10", "2018-12-18"),
    "V20": Days("2019-10-21", "2019-11-20", "2019-12-10"),
    "V21": Days("2020-10-19", "2020-11-20", "2020-12-10"),
}


def people_of(firm: Firm) -> tuple[Person, ...]:
    """Return an applicant and a signatory of a firm that ``people.json`` does not know."""
    return tuple(
        Person(
            label=f"{firm.label}-{role.value}",
            sub=new_id(),
            roles=(role,),
            org_number=firm.number.replace("-", ""),
            email=f"{role.value}@{firm.label}.example",
            language="sv",
        )
        for role in (Role.APPLICANT, Role.SIGNATORY)
    )


def also(label: str, *roles: Role) -> Person:
    """Return somebody of ``people.json`` who can act in these roles as well."""
    person = people()[label]
    return person.model_copy(update={"roles": (*person.roles, *roles)})


async def opened(stage: Stage, plan: Plan, *firms: Firm) -> Admission:
    """Open a round for firms with complete drafts, and invite them to a pilot round."""
    admission = Admission(stage, firms, frozenset(), plan)
    stage.at(f"{plan['opens_on']} 09:00")
    await admission.show_interest()
    await admission.plan_round()
    await admission.open_round()
    if plan["kind"] == "pilot":
        await admission.pre_certify()
        await admission.invite()
    return admission


async def enrolled(stage: Stage, plan: Plan, *firms: Firm) -> None:
    """*X is enrolled in R*: with S1 for its group, and the round has started."""
    admission = await opened(stage, plan, *firms)
    days = ORDINARY[str(plan["code"])]
    stage.at(f"{days.submitted} 09:00")
    await admission.submit()
    stage.at(f"{days.admitted} 09:00")
    await admission.admit(person_id("PL1"))
    stage.at(f"{plan['admission_on']} 09:00")
    await admission.enrol()
    stage.at(f"{days.grouped} 09:00")
    await admission.form_group()
    await admission.start_group(person_id("S1"))
    stage.at(f"{plan['starts_on']} 09:00")
    await admission.start_round()


async def submitted(stage: Stage, plan: Plan, *firms: Firm, on: str) -> None:
    """*X has submitted on D*: the workspace is shared and equipped, then frozen."""
    await enrolled(stage, plan, *firms)
    year = str(plan["starts_on"])[:4]
    let_in = (f"{year}-01-15T00:00:00+01:00", f"{year}-12-31T00:00:00+01:00")
    preparation = Preparation(stage, firms, person_id("S1"), let_in)
    await preparation.await_start()
    for firm in firms:
        await preparation.create_workspace(firm)
        await preparation.share_workspace(firm)
    await preparation.put_in_evidence()
    await preparation.answer()
    stage.at(f"{on} 09:00")
    await preparation.submit()


async def reported(certification: Certification, *, final_on: str) -> None:
    """*X is reported*: reviewed on all criteria, and the report is final on that day.

    The comment window of a report that is issued thirteen days earlier has ended by then.
    """
    stage, final_day = certification.stage, date.fromisoformat(final_on)
    stage.at(f"{final_day - timedelta(days=30)} 09:00")
    await certification.staff()
    await certification.review()
    stage.at(f"{final_day - timedelta(days=13)} 09:00")
    await certification.report()
    stage.at(f"{final_on} 09:00")
    await certification.recommend()

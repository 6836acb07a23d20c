"""A house with its people, and Alfa enrolled in the pilot round, on the eve of its preparation."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.review.commands.appointment import EnterFoundingAppointment
from shared.contracts.envelope import Cause
from shared.contracts.intake import (
    AgreementCountersigned,
    ApplicantEnrolled,
    GroupStarted,
    RoundStarted,
    SignatoryMandateDeclared,
)
from shared.contracts.roles import Role
from tests.review.api.house import SERVICE, House
from tests.review.facts import ALFA, APPLICATION, BETA, MANDATE, ROUND

CASE = str(APPLICATION)
WORKSPACE = f"/v1/workspaces/{CASE}"
ASSESSMENT = f"/v1/self-assessments/{CASE}"
START = datetime(2019, 1, 15, 8, tzinfo=UTC)


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """Return the service with founders, people of every role, and Alfa enrolled and prepared for."""
    house = House(tmp_path, START)
    people = house.people
    for label, role in (("PL1", Role.PROJECT_LEADER), ("SG", Role.STEERING_GROUP)):
        await found(house, people.add(label, role), role)
    people.add("S1", Role.SUPERVISOR, Role.REVIEWER, Role.CERTIFIER)
    for label in ("R1", "R3", "R4"):
        people.add(label, Role.REVIEWER)
    for label in ("C1", "C4"):
        people.add(label, Role.CERTIFIER)
    people.add("A1", Role.AUDITOR)
    people.add("notify", Role.SERVICE)
    for firm, number in (("alfa", ALFA), ("beta", BETA)):
        people.add(f"{firm}-applicant", Role.APPLICANT, organisation=number)
        people.add(f"{firm}-signatory", Role.SIGNATORY, organisation=number)
    await enrol(house)
    return house


async def found(house: House, person: UUID, role: Role) -> None:
    """Enter a founding appointment, as the worker does at its start."""
    command = EnterFoundingAppointment(
        appointment_id=person,
        person_id=person,
        role=role,
        schemes=("v1",),
        valid_from=date(2018, 3, 1),
        valid_until=date(2027, 12, 31),
        at=START,
    )
    cause = Cause(SERVICE, person, person, person)
    await house.handler.put(f"appointment-{person}", command, cause)


async def enrol(house: House) -> None:
    """Let review hear what intake says of Alfa, up to the start of the round."""
    person = {label: who.person for label, who in house.people.known.items()}
    at = datetime(2018, 12, 14, 9, tzinfo=UTC)
    heard = (
        SignatoryMandateDeclared(
            application_id=APPLICATION,
            organisation_number=ALFA,
            mandate_id=MANDATE,
            signatory_id=person["alfa-signatory"],
            signatory_name="00" * 32,
            signatory_email="00" * 32,
            language="sv",
            basis="alone",
            declared_at=at,
        ),
        AgreementCountersigned(
            application_id=APPLICATION,
            organisation_number=ALFA,
            agreement="1",
            countersigned_at=at,
        ),
        ApplicantEnrolled(
            application_id=APPLICATION,
            organisation_number=ALFA,
            organisation_name="Alfa",
            round_id=ROUND,
            scheme="v1",
            applicant_id=person["alfa-applicant"],
            signatory_id=person["alfa-signatory"],
            screener_id=person["PL1"],
            project_leader_id=person["PL1"],
            enrolled_at=at,
        ),
        GroupStarted(
            group_id=UUID(int=80),
            round_id=ROUND,
            application_ids=(APPLICATION,),
            supervisor_ids=(person["S1"],),
            trainer_ids=(),
            started_at=at,
        ),
        RoundStarted(round_id=ROUND, started_at=START),
    )
    for event in heard:
        await house.hear(event)
    await house.settle()

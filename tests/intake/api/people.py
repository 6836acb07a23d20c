"""Who speaks to intake in tests: the invented people of the development issuer, by label."""

from dataclasses import dataclass
from uuid import UUID

from deploy.local.people import people
from shared.contracts.roles import Role


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody with a token; ``label`` is how the issuer of the local stack knows them."""

    label: str
    person: UUID
    roles: tuple[Role, ...]
    organisation: str | None = None


def who(label: str) -> Who:
    """Return one of the people."""
    found = people()[label]
    return Who(label, found.sub, found.roles, found.org_number)


def of_firm(number: str, role: Role) -> Who:
    """Return the person who has ``role`` in the firm with this number."""
    labels = (p.label for p in people().values() if p.org_number == number and role in p.roles)
    return who(next(labels))


def applicant(number: str) -> Who:
    """Return the contact person of a firm."""
    return of_firm(number, Role.APPLICANT)


def signatory(number: str) -> Who:
    """Return the signatory of a firm."""
    return of_firm(number, Role.SIGNATORY)


LEADER = who("PL1")
STEERING = who("SG")
REGISTRAR = who("REG")
AUDITOR = who("A1")
REVIEWER = who("R1")
SUPERVISOR = who("S1")
TRAINER = who("TR1")
NOTIFY = Who("notify", UUID("0190a3c2-7a10-4c00-8000-0000000000b7"), (Role.SERVICE,))

ALFA, BETA, GAMMA, DELTA, EPSILON, ZETA = (
    "7699990011",
    "7699990029",
    "7699990037",
    "8029990010",
    "5599990016",
    "7699990045",
)

"""Whole certifications over all services: how many a second two cores carry, and where the time goes.

``python -m bench.journeys`` starts a whole house of its own. Pilot rounds of three invented firms each are
played side by side, from the first interest to three certificates, over the public APIs as the demo plays
one: each act of all rounds at once, then the clock of all processes moves to the next. A firm's way is about
two hundred requests by people in nine roles, and everything that the services do about them: events, relays,
views, timers, letters, tiles. What counts is the processor time of each process and its children: the
figure is the number of certifications that two cores could carry if nobody ever waited, beside it what was
reached here and now, and which process is next to be the bottleneck.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID, uuid5

import structlog
import uvloop
from pydantic import TypeAdapter

from bench.posting.sides import spent_s
from bench.settings import BenchSettings
from deploy.demo.admission import PILOT, Admission
from deploy.demo.appointments import appoint, person_id
from deploy.demo.cast import Firm
from deploy.demo.certification import Certification
from deploy.demo.client import Person as Browser
from deploy.demo.client import World
from deploy.demo.journey import APPOINTED, BEGINS_AT
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.people import Person, people
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack
from shared.clock import set_clock
from shared.contracts.roles import Role
from tests.stack import folder_of_its_own, settings_of_its_own

FIRMS: Final = "abc"
"""Of each round; so few that the steering group must agree to the group."""

CORES: Final = 2
NAMES: Final = UUID("7e1a0000-0000-4000-8000-000000000003")
DRIVER: Final = "the people's browsers"
LUHN_MAX: Final = 9


@dataclass
class Crew(Stage):
    """The stage, with people who stay signed in."""

    known: dict[str, Browser] = field(default_factory=dict[str, Browser])

    def person(self, label: str) -> Browser:
        """Return somebody, the same each time."""
        return self.known.setdefault(label, self.world.person(label))


class Round:
    """One pilot round with firms of its own."""

    def __init__(self, stage: Stage, firms: tuple[Firm, ...], number: int) -> None:
        plan = {**PILOT, "code": f"B{number}"}
        self.admission = Admission(stage, firms, frozenset(), plan)
        self.preparation = Preparation(stage, firms, person_id("S1"))
        self.certification = Certification(stage, firms, person_id("R1"), person_id("C1"))


Act = Callable[[Round], Awaitable[object]]
ACTS: Final[tuple[tuple[str, Act], ...]] = (
    ("2018-11-05 09:00", lambda each: each.admission.show_interest()),
    ("2018-11-12 09:00", lambda each: each.admission.plan_round()),
    ("2018-11-14 09:00", lambda each: each.admission.pre_certify()),
    ("2018-11-19 09:00", lambda each: each.admission.open_round()),
    ("2018-11-20 09:00", lambda each: each.admission.invite()),
    ("2018-12-03 09:00", lambda each: each.admission.submit()),
    ("2018-12-10 09:00", lambda each: each.admission.admit(person_id("PL1"))),
    ("2018-12-14 09:00", lambda each: each.admission.enrol()),
    ("2018-12-17 09:00", lambda each: each.admission.form_group()),
    ("2018-12-18 09:00", lambda each: each.admission.start_group(person_id("S1"))),
    ("2019-01-15 09:00", lambda each: each.admission.start_round()),
    ("2019-01-15 09:05", lambda each: each.preparation.await_start()),
    ("2019-01-16 09:00", lambda each: each.preparation.open_workspaces()),
    ("2019-03-11 09:00", lambda each: each.preparation.put_in_evidence()),
    ("2019-04-23 09:00", lambda each: each.preparation.answer()),
    ("2019-05-06 09:00", lambda each: each.preparation.submit()),
    ("2019-05-08 09:00", lambda each: each.certification.staff()),
    ("2019-05-09 09:00", lambda each: each.certification.review()),
    ("2019-05-28 09:00", lambda each: each.certification.report()),
    ("2019-06-10 09:00", lambda each: each.certification.recommend()),
    ("2019-06-19 10:00", lambda each: each.certification.decide()),
)
"""Golden scenario G1, on its own dates."""

ONE_BY_ONE: Final = frozenset({"2018-12-14 09:00"})
"""One registrar numbers the invoices; who asks for two at once is refused one of them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What so many certifications took.

    Attributes:
        cpu_s: Processor time, by process.
        acts_s: How long each act took, of all rounds together.
    """

    certified: int
    taken_s: float
    cpu_s: Mapping[str, float]
    acts_s: Mapping[str, float]

    def __str__(self) -> str:
        """Return the lines to print."""
        served = {name: spent for name, spent in self.cpu_s.items() if name != DRIVER}
        each_s = sum(served.values()) / self.certified
        order = sorted(self.cpu_s.items(), key=lambda item: -item[1])
        parts = ", ".join(f"{name} {spent / self.certified:.2f}" for name, spent in order)
        slowest = sorted(self.acts_s.items(), key=lambda item: -item[1])[:3]
        return (
            f"whole certifications a second on {CORES} cores, by processor time: {CORES / each_s:.2f}"
            f" ({each_s:.2f} s each, without {DRIVER}; {self.certified} certified)\n"
            f"  reached here, browsers and all: {self.certified / self.taken_s:.2f}"
            f" ({self.taken_s:.0f} s)\n"
            f"  seconds of processor time for each: {parts}\n"
            f"  longest acts: {', '.join(f'{act} {took:.0f} s' for act, took in slowest)}"
            f" (median {median(self.acts_s.values()):.1f} s)"
        )


def cast_of(rounds: int) -> tuple[tuple[Firm, ...], ...]:
    """Return the firms of each round: invented numbers with valid check digits."""
    return tuple(
        tuple(
            Firm(f"bench{number}{letter}", _number(100 + number * len(FIRMS) + place))
            for place, letter in enumerate(FIRMS)
        )
        for number in range(rounds)
    )


def _number(serial: int) -> str:
    """Return an organisation number that is nobody's, with its check digit (Luhn)."""
    digits = f"769999{serial:03}"
    doubled = (int(each) * (2 - place % 2) for place, each in enumerate(digits))
    check = -sum(each - LUHN_MAX if each > LUHN_MAX else each for each in doubled) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"


def everybody(firms: tuple[Firm, ...]) -> tuple[Person, ...]:
    """Return the people of the house, and two of each firm."""
    roles = {"applicant": Role.APPLICANT, "signatory": Role.SIGNATORY}
    return (
        *people().values(),
        *(
            Person(
                label=f"{firm.label}-{name}",
                sub=uuid5(NAMES, f"{firm.label} {name}"),
                roles=(role,),
                org_number=firm.number.replace("-", ""),
                email=f"{name}@{firm.label}.example",
                language="sv",
            )
            for firm in firms
            for name, role in roles.items()
        ),
    )


async def measure(house: House, rounds: tuple[tuple[Firm, ...], ...]) -> Measured:
    """Play all ``rounds`` side by side on a running ``house``."""
    clock = house.stack.settings.clock_file
    assert clock is not None
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        stage = Crew(world, Path(clock), lambda _line: None)
        stage.at("2018-11-01 10:00")
        await appoint(stage, APPOINTED)
        played = [Round(stage, firms, number) for number, firms in enumerate(rounds)]
        before, begun_s = _spent(house), time.perf_counter()
        acts_s: dict[str, float] = {}
        for at, act in ACTS:
            began_s = time.perf_counter()
            stage.at(at)
            if at in ONE_BY_ONE:
                for each in played:
                    await act(each)
            else:
                await asyncio.gather(*(act(each) for each in played))
            acts_s[at] = time.perf_counter() - began_s
        taken_s = time.perf_counter() - begun_s
        used = {name: spent - before.get(name, 0.0) for name, spent in _spent(house).items()}
    certified = sum(bool(firm.certificate) for firms in rounds for firm in firms)
    return Measured(certified, taken_s, used, acts_s)


def _spent(house: House) -> dict[str, float]:
    """Return the processor time of each process of the house so far, and of this one."""
    spent = {DRIVER: time.process_time()}
    for name in (*house.stack.parts, *house.processes()):
        if record := house.stack.processes.running(name):
            spent[name] = sum(map(spent_s, (record.pid, *_children(record.pid))))
    return spent


def _children(process: int) -> tuple[int, ...]:
    """Return the children of ``process``, e.g. PostgreSQL's sessions; those that ended are not counted."""
    said = Path(f"/proc/{process}/task/{process}/children").read_text()
    return tuple(map(int, said.split()))


def main() -> None:
    """Measure on a house of its own, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rounds = cast_of(BenchSettings().journeys)
    with folder_of_its_own() as folder:
        settings = settings_of_its_own(folder).model_copy(
            update={"traces": "off", "people": folder / "people.json"}
        )
        assert settings.clock is not None
        known = everybody(tuple(firm for firms in rounds for firm in firms))
        (folder / "people.json").write_bytes(TypeAdapter(tuple[Person, ...]).dump_json(known))
        set_clock(settings.clock, BEGINS_AT)
        with Stack(settings) as stack, House(stack) as house:
            print(uvloop.run(measure(house, rounds)))  # noqa: T201 -- what it is for


if __name__ == "__main__":
    main()

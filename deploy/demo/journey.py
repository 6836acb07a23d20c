"""The pilot round from the first interest to three certificates: ``make demo`` plays it.

It is the golden scenario G1 (docs/domain/golden.md), on its own dates: the clock of all processes
is moved from 2018 to 2019. Every step goes over the public APIs, as a person would.
"""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.demo.admission import Admission
from deploy.demo.appointments import appoint, person_id
from deploy.demo.certification import Certification
from deploy.demo.client import UnexpectedAnswerError, World, done
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
from deploy.local.house import House
from deploy.local.settings import SERVICES
from shared.contracts.swedish_time import STOCKHOLM

BEGINS_AT: Final = datetime(2018, 11, 1, 9, tzinfo=STOCKHOLM)
APPOINTED: Final = ("REG", "S1", "TR1", "R1", "C1")


class Journey:
    """The pilot round, act by act. A test plays the same acts and looks closer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.admission = Admission(stage)
        firms = self.admission.admitted
        self.preparation = Preparation(stage, firms, person_id("S1"))
        self.certification = Certification(stage, firms, person_id("R1"), person_id("C1"))

    async def admit(self) -> None:
        """Play G1 steps 1 to 7: from interest to a running group."""
        stage, admission = self.stage, self.admission
        stage.at("2018-11-01 10:00")
        await appoint(stage, APPOINTED)
        stage.at("2018-11-05 09:00")
        await admission.show_interest()
        stage.at("2018-11-12 09:00")
        await admission.plan_round()
        stage.at("2018-11-14 09:00")
        await admission.pre_certify()
        stage.at("2018-11-19 09:00")
        await admission.open_round()
        stage.at("2018-11-20 09:00")
        await admission.invite()
        stage.at("2018-12-03 09:00")
        await admission.submit()
        stage.at("2018-12-10 09:00")
        await admission.admit(person_id("PL1"))
        stage.at("2018-12-14 09:00")
        await admission.enrol()
        stage.at("2018-12-17 09:00")
        await admission.form_group()
        stage.at("2018-12-18 09:00")
        await admission.start_group(person_id("S1"))

    async def prepare(self) -> None:
        """Play G1 steps 8 to 10: from the start of the round to three self-assessments."""
        stage, preparation = self.stage, self.preparation
        stage.at("2019-01-15 09:00")
        await self.admission.start_round()
        await preparation.await_start()
        stage.at("2019-01-16 09:00")
        await preparation.open_workspaces()
        stage.at("2019-03-11 09:00")
        await preparation.put_in_evidence()
        stage.at("2019-04-23 09:00")
        await preparation.answer()
        stage.at("2019-05-06 09:00")
        await preparation.submit()

    async def certify(self) -> None:
        """Play G1 steps 11 to 16: from the plan of the reviews to three certificates."""
        stage, certification = self.stage, self.certification
        stage.at("2019-05-08 09:00")
        await certification.staff()
        stage.at("2019-05-09 09:00")
        await certification.review()
        stage.at("2019-05-28 09:00")
        await certification.report()
        stage.at("2019-06-05 09:00")
        await certification.finalise_too_early()
        stage.at("2019-06-10 09:00")
        await certification.recommend()
        stage.at("2019-06-19 10:00")
        await certification.decide()


def main(house: House) -> int:
    """Play the whole journey on a running house, and leave the clock running. Return 0 when well."""
    console = Console(highlight=False, soft_wrap=True)
    clock = house.stack.settings.clock_file
    assert clock is not None, "the demo is played on a simulated clock"
    began = time.monotonic()
    try:
        journey = asyncio.run(_play(house, Path(clock), console))
    except UnexpectedAnswerError as error:
        console.print(f"[red]the play stopped: {error}[/red]")
        return 1
    _let_run(Path(clock), datetime(2019, 6, 19, 10, 5, tzinfo=STOCKHOLM))
    console.print(f"\nplayed in {time.monotonic() - began:.0f} s; what to look at now:\n")
    for line in _to_look_at(house, journey):
        console.print(f"  {line}")
    return 0


async def _play(house: House, clock: Path, console: Console) -> Journey:
    """Play every act."""
    addresses = {service: house.url(service) for service in SERVICES}
    async with World(house.stack.issuer_url, addresses) as world:
        journey = Journey(Stage(world, clock, console.print))
        await journey.admit()
        await journey.prepare()
        await journey.certify()
        await journey.certification.list_alfa()
        seen = await journey.certification.verify()
        console.print(f"  anybody: {seen['number']} is [green]{seen['status']}[/green]")
        count = done(await world.public("certificates", "/v1/certificates/count"))
        console.print(f"  anybody: {count.body['count']} certified")
        return journey


def _let_run(clock: Path, at: datetime) -> None:
    """Let the clock run on from ``at``, so that what was started can be used."""
    offset_s = at.timestamp() - time.time()  # noqa: TID251 -- how far the play's clock is moved
    fresh = clock.with_suffix(".next")
    fresh.write_text(f"offset {offset_s:.0f}\n")
    fresh.replace(clock)


def _to_look_at(house: House, journey: Journey) -> tuple[str, ...]:
    """Return addresses and commands for whoever wants to look around."""
    alfa = journey.certification.firms[0]
    zipkin = house.stack.zipkin_url
    token = "$(.venv/bin/python -m deploy.local token A1 audit)"  # noqa: S105 -- a command
    history = f"{house.url('audit')}/v1/history?case={alfa.application_id}"
    return (
        f"the certificate     {house.url('certificates')}/v1/certificates/{alfa.certificate}",
        (
            f"when it has expired {house.url('certificates')}/v1/certificates/{alfa.certificate}"
            "?at=2021-06-20T00:00:00Z"
        ),
        f"the public count    {house.url('certificates')}/v1/certificates/count",
        f'its whole history   curl -s -H "Authorization: Bearer {token}" "{history}"',
        f"the letters         {house.stack.mail_folder}",
        *((f"the traces          {zipkin}/zipkin/",) if zipkin else ()),
        f"the APIs            {', '.join(f'{house.url(s)}/docs' for s in house.services)}",
        "stop                make down",
    )

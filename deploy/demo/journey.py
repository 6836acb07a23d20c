"""The pilot round from the first interest to three certificates.

It is the golden scenario G1 (docs/domain/golden.md), on its own dates: the clock of all processes
is moved from 2018 to 2019. Every step goes over the public APIs, as a person would.
"""

from datetime import datetime
from typing import Final

from deploy.demo.admission import Admission
from deploy.demo.appointments import appoint, person_id
from deploy.demo.certification import Certification
from deploy.demo.preparation import Preparation
from deploy.demo.stage import Stage
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
        await self.fill_in()
        self.stage.at("2019-05-06 09:00")
        await self.preparation.submit()

    async def fill_in(self) -> None:
        """Play G1 steps 8 and 9: up to where all is answered and ready, and nothing submitted."""
        stage, preparation = self.stage, self.preparation
        stage.at("2019-01-15 09:00")
        await self.admission.start_round()
        await preparation.await_start()
        stage.at("2019-01-16 09:00")
        await preparation.open_workspaces()
        stage.at("2019-03-11 09:00")
        await preparation.put_in_evidence()
        stage.at("2019-04-15 09:00")
        await preparation.be_reminded(times=1)
        stage.at("2019-04-23 09:00")
        await preparation.answer()
        stage.at("2019-05-02 09:00")
        await preparation.be_reminded(times=2)

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

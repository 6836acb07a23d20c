"""One open application for each organisation."""

from services.intake.commands.organisation import EndOpenApplication, RecordOpenApplication
from services.intake.decider.organisation import decider
from shared.contracts.intake import OpenApplicationEnded, OpenApplicationRecorded
from shared.testing import Scenario
from tests.intake.facts import ALFA, APPLICATION, BETA, MONDAY, OTHER_APPLICATION, TUESDAY

organisation = Scenario(decider)
record = RecordOpenApplication(ALFA, ALFA, APPLICATION, MONDAY)
end = EndOpenApplication(ALFA, APPLICATION, TUESDAY)
recorded = OpenApplicationRecorded(
    organisation_number=ALFA, application_id=APPLICATION, recorded_at=MONDAY
)
ended = OpenApplicationEnded(organisation_number=ALFA, application_id=APPLICATION, ended_at=TUESDAY)
second = RecordOpenApplication(None, ALFA, OTHER_APPLICATION, TUESDAY)


def test_an_organisation_has_one_open_application() -> None:
    """APP-1: a second one is refused, however its number was written (G13)."""
    organisation.when(record).then(recorded)
    organisation.given(recorded).when(record).then_nothing()
    organisation.given(recorded).when(second).then_refused("application_already_open")


def test_nobody_learns_whether_another_firm_has_applied() -> None:
    """SOD-14: the same no, whether it has an open application or not."""
    foreign = RecordOpenApplication(BETA, ALFA, OTHER_APPLICATION, TUESDAY)
    organisation.when(foreign).then_refused("not_the_owner")
    organisation.given(recorded).when(foreign).then_refused("not_the_owner")


def test_what_was_closed_leaves_room_for_the_next() -> None:
    """APP-1: a rejected enterprise may apply anew."""
    organisation.given(recorded).when(end).then(ended)
    organisation.given(recorded, ended).when(end).then_nothing()
    after = organisation.given(recorded, ended).when(second)
    assert after.refusal is None


def test_only_the_open_application_is_ended() -> None:
    """APP-1: a late end of an earlier application leaves the present one open."""
    late = EndOpenApplication(ALFA, OTHER_APPLICATION, TUESDAY)
    organisation.given(recorded).when(late).then_nothing()

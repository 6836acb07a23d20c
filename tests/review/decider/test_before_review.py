"""The rules of ties, case files and cohorts: what review remembers from before a review."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.review.commands.casefile import NoteAgreement, NotePart, NoteSignatory
from services.review.commands.cohort import NoteEnrolment, NoteRoundStart
from services.review.commands.tie import DeclareTie
from services.review.decider import casefile, cohort, tie
from services.review.decider.cohort import organisations_in
from shared.contracts.preparation import (
    AgreementNoted,
    Part,
    PartNoted,
    PreparationCalled,
    RoundStartNoted,
    SignatoryNoted,
    TieDeclared,
    TieKind,
)
from shared.testing import Scenario
from tests.review.facts import (
    AGREEMENT,
    ALFA,
    APPLICANT,
    APPLICATION,
    LEADER,
    MANDATE,
    MONDAY,
    REVIEWER,
    ROUND,
    SIGNATORY,
    SUPERVISOR,
    enrolled,
)

TIE = UUID(int=40)
START = datetime(2019, 1, 15, 8, tzinfo=UTC)
declare = DeclareTie(TIE, REVIEWER, ALFA, TieKind.EMPLOYMENT, date(2017, 1, 1), None, MONDAY)
declared = TieDeclared(
    tie_id=TIE,
    person_id=REVIEWER,
    organisation_number=ALFA,
    kind=TieKind.EMPLOYMENT,
    from_on=date(2017, 1, 1),
    until_on=None,
    declared_at=MONDAY,
)
note_part = NotePart(APPLICATION, SUPERVISOR, Part.SUPERVISOR, date(2018, 12, 18), MONDAY)
part_noted = PartNoted(
    application_id=APPLICATION,
    person_id=SUPERVISOR,
    part=Part.SUPERVISOR,
    last_on=date(2018, 12, 18),
    noted_at=MONDAY,
)
enrol = NoteEnrolment(
    application_id=APPLICATION,
    round_id=ROUND,
    organisation_number=ALFA,
    organisation_name="Alfa",
    scheme="v1",
    applicant_id=APPLICANT,
    signatory_id=SIGNATORY,
    at=enrolled.noted_at,
)
start = NoteRoundStart(ROUND, START)
round_started = RoundStartNoted(round_id=ROUND, started_at=START)


def called(at: datetime) -> PreparationCalled:
    """Return the fact that Alfa's preparation was called, to begin at ``at``."""
    return PreparationCalled(
        application_id=APPLICATION,
        round_id=ROUND,
        organisation_number=ALFA,
        organisation_name="Alfa",
        scheme="v1",
        starts_at=at,
    )


def test_a_tie_is_declared_once_and_not_rewritten() -> None:
    """APT-4, GEN-3: another tie is another declaration."""
    person = Scenario(tie.decider)
    person.when(declare).then(declared)
    person.given(declared).when(replace(declare, at=START)).then_nothing()
    person.given(declared).when(replace(declare, kind=TieKind.BOARD)).then_refused("tie_exists")


def test_a_part_once_noted_is_never_forgotten_and_its_last_day_only_moves_on() -> None:
    """GRP-4: who was replaced stays barred; the look-back counts from the last day known."""
    file = Scenario(casefile.decider)
    file.when(note_part).then(part_noted)
    file.given(part_noted).when(note_part).then_nothing()
    later = replace(note_part, last_on=date(2019, 5, 1))
    file.given(part_noted).when(later).then(
        part_noted.model_copy(update={"last_on": date(2019, 5, 1)})
    )
    earlier = replace(note_part, last_on=date(2018, 1, 1))
    file.given(part_noted).when(earlier).then_nothing()


def test_agreement_and_signatories_are_noted_once() -> None:
    """REV-1, SOD-14: what review must know of the contract and of who may bind the ASF."""
    file = Scenario(casefile.decider)
    agreed = AgreementNoted(application_id=APPLICATION, agreement=AGREEMENT, noted_at=MONDAY)
    signs = SignatoryNoted(
        application_id=APPLICATION, signatory_id=SIGNATORY, mandate_id=MANDATE, noted_at=MONDAY
    )
    file.when(NoteAgreement(APPLICATION, AGREEMENT, MONDAY)).then(agreed)
    file.given(agreed).when(NoteAgreement(APPLICATION, AGREEMENT, START)).then_nothing()
    file.when(NoteSignatory(APPLICATION, SIGNATORY, MANDATE, MONDAY)).then(signs)
    file.given(signs).when(NoteSignatory(APPLICATION, SIGNATORY, MANDATE, START)).then_nothing()


def test_a_later_declaration_takes_the_place_of_an_earlier_one() -> None:
    """SV-10, SOD-14: as at intake, and whoever declares again is the last."""
    first, second, again = (
        SignatoryNoted(
            application_id=APPLICATION, signatory_id=person, mandate_id=mandate, noted_at=MONDAY
        )
        for person, mandate in ((SIGNATORY, MANDATE), (LEADER, ROUND), (SIGNATORY, ROUND))
    )
    fold = casefile.decider.fold
    assert fold(()).binding == frozenset()
    assert fold((first, second)).binding == {LEADER}
    assert fold((first, second, again)).binding == {SIGNATORY}


def test_preparation_begins_with_the_round_for_whoever_is_enrolled() -> None:
    """PM-5: at the later of the two instants, however they are heard."""
    round_ = Scenario(cohort.decider)
    round_.when(enrol).then(enrolled)
    round_.given(enrolled).when(enrol).then_nothing()
    round_.given(enrolled).when(start).then(round_started, called(START))
    running = round_.given(enrolled, round_started, called(START))
    running.when(start).then_nothing()
    round_.given(round_started).when(enrol).then(enrolled, called(START))


def test_who_enrols_after_the_start_prepares_from_that_day() -> None:
    """PM-5: nobody loses days of the four months to a late enrolment."""
    late = START + timedelta(days=3)
    events = Scenario(cohort.decider).given(round_started).when(replace(enrol, at=late)).events
    assert events[-1] == called(late)


def test_the_cohort_knows_whose_firms_take_part() -> None:
    """SOD-4: nobody reviews in a round where their own ASF takes part."""
    assert organisations_in(cohort.decider.fold((enrolled,))) == {ALFA}

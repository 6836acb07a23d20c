"""What holds for every decider of intake, whatever is asked and in whatever order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from services.intake.commands import application as wishes
from services.intake.commands import group as group_wishes
from services.intake.commands import round as round_wishes
from services.intake.commands.invoice import (
    IssueInvoice,
    Line,
    LineKind,
    RegisterPayment,
    TakeInvoiceNumber,
)
from services.intake.commands.mandate import Heard, NoteMandate, NoteTie, Tie
from services.intake.commands.organisation import EndOpenApplication, RecordOpenApplication
from services.intake.decider import (
    application,
    group,
    invoice,
    invoiceseries,
    mandate,
    organisation,
)
from services.intake.decider import round as round_rules
from shared.contracts.base import Event
from shared.contracts.intake import (
    ApplicationEvent,
    ApplicationKind,
    DeferralCode,
    GroupEvent,
    InvoiceEvent,
    InvoiceNumberTaken,
    MandateEvent,
    OrganisationEvent,
    PlaceOffered,
    RoundEvent,
    RoundKind,
    SurveyValue,
)
from shared.contracts.roles import Role
from shared.testing.laws import laws
from tests.intake import facts

E = TypeVar("E", bound=Event)

people = st.sampled_from((facts.SIGNATORY, facts.LEADER, facts.STRANGER))
firms = st.sampled_from((facts.ALFA, facts.BETA))
cases = st.sampled_from((facts.APPLICATION, facts.OTHER_APPLICATION))
instants = st.integers(0, 61 * 24).map(lambda hours: facts.MONDAY + timedelta(hours=hours))
days = st.dates(date(2018, 1, 1), date(2020, 1, 1))
words = st.sampled_from(("", "Skäl enligt underlaget."))
evidence = st.sampled_from(((), (facts.RESTS_ON,)))
roles = st.sampled_from((Role.PROJECT_LEADER, Role.SUPERVISOR))
heard = st.one_of(
    st.builds(facts.heard, roles),
    st.builds(facts.nothing_heard, roles),
    st.builds(facts.heard, roles, ties=st.tuples(st.builds(Tie, firms, days, st.none() | days))),
)
answers = st.lists(
    st.builds(
        SurveyValue,
        question=st.sampled_from(("computer", "screen", "coworkers", "owners")),
        value=st.booleans() | st.integers(-1, 5) | st.just("members"),
    ),
    max_size=3,
).map(tuple)
seen = st.builds(
    wishes.RoundSeen,
    st.sampled_from((facts.ROUND, facts.OTHER_ROUND)),
    st.just("P19"),
    st.sampled_from(RoundKind),
    st.booleans(),
    st.booleans(),
)
decided = {
    "screener_id": people,
    "reason": words,
    "language": st.sampled_from(("sv", "en")),
    "evidence": evidence,
    "by": heard,
    "at": instants,
}
application_commands: st.SearchStrategy[wishes.ApplicationCommand] = st.one_of(
    st.builds(
        wishes.RegisterInterest,
        application_id=st.just(facts.APPLICATION),
        organisation=st.none() | firms,
        organisation_number=firms | st.just(facts.PUBLIC_FIRM),
        organisation_name=st.just(facts.NAME),
        kind=st.just(ApplicationKind.INITIAL),
        channel=st.sampled_from(("web", "mail")),
        contact_id=people,
        contact_name=words,
        contact_email=words,
        language=st.sampled_from(("sv", "en")),
        at=instants,
    ),
    st.builds(wishes.DiscloseRequirements, st.sampled_from(("1", "2")), instants),
    st.builds(
        wishes.RecordPreCertification,
        st.booleans(),
        words,
        st.just("sv"),
        evidence,
        heard,
        instants,
    ),
    st.builds(
        wishes.AnswerSurvey,
        organisation=firms,
        survey=st.just("1"),
        section=st.sampled_from(("readiness", "operation", "organisation", "weather")),
        answers=answers,
        remarks=st.none() | words,
        at=instants,
    ),
    st.builds(
        wishes.DeclareMandate,
        organisation=firms,
        mandate_id=cases,
        signatory_id=people,
        signatory_name=words,
        signatory_email=words,
        language=st.just("sv"),
        basis=st.just("alone"),
        at=instants,
    ),
    st.builds(wishes.DeclareCommitment, firms, people, st.integers(1, 9), instants),
    st.builds(
        wishes.SubmitApplication,
        firms,
        people,
        seen,
        st.none() | st.just("H20"),
        st.just("1"),
        instants,
    ),
    st.builds(wishes.StartScreening, people, heard, st.frozensets(people, max_size=1), instants),
    st.builds(wishes.AdmitApplicant, **decided),
    st.builds(
        wishes.DeferApplication,
        codes=st.lists(st.sampled_from(DeferralCode), max_size=3).map(tuple),
        return_on=st.none() | days,
        actions=words,
        **decided,
    ),
    st.builds(wishes.RejectApplication, **decided),
    st.builds(wishes.ConfirmDocumentAccess, firms, instants),
    st.builds(wishes.SignAgreement, firms, people, st.sampled_from("12"), st.just("1"), instants),
    st.builds(wishes.CountersignAgreement, instants),
    st.builds(wishes.EnrolApplicant, st.booleans(), st.just("v1"), people, instants),
    st.builds(
        wishes.TakeGroupPlace,
        st.sampled_from((facts.GROUP, facts.OTHER_GROUP)),
        st.just(facts.ROUND),
        instants,
    ),
)
application_starts: tuple[tuple[ApplicationEvent, ...], ...] = (
    (),
    (facts.interested,),
    facts.drafted,
    (*facts.drafted, facts.passed),
    (*facts.drafted, facts.submitted),
    facts.in_screening,
    facts.is_admitted,
    (*facts.is_admitted, facts.has_document, facts.signed),
    facts.is_enrolled,
)
TestApplicationLaws = laws(
    application.decider,
    commands=application_commands,
    histories=st.sampled_from(application_starts),
)

organisation_starts: tuple[tuple[OrganisationEvent, ...], ...] = ((),)
TestOrganisationLaws = laws(
    organisation.decider,
    commands=st.one_of(
        st.builds(
            RecordOpenApplication,
            st.sampled_from([None, facts.ALFA, facts.BETA]),
            st.just(facts.ALFA),
            cases,
            instants,
        ),
        st.builds(EndOpenApplication, st.just(facts.ALFA), cases, instants),
    ),
    histories=st.sampled_from(organisation_starts),
)

round_commands: st.SearchStrategy[round_wishes.RoundCommand] = st.one_of(
    st.builds(
        round_wishes.DraftRound,
        round_id=st.just(facts.ROUND),
        code=st.just("P19"),
        name_sv=st.just("Pilot"),
        name_en=st.just("Pilot"),
        kind=st.sampled_from(RoundKind),
        places=st.integers(1, 2),
        opens_on=days,
        application_deadline_on=days,
        admission_on=days,
        starts_on=days,
        project_leader_id=people,
        at=instants,
    ),
    st.builds(round_wishes.SetFees, st.integers(0, 2), st.just(25), instants),
    st.builds(
        round_wishes.BindScheme, st.sampled_from(("v1", "v2")), st.just(frozenset({"v1"})), instants
    ),
    st.builds(round_wishes.AnnounceRound, instants),
    st.builds(round_wishes.OpenRound, instants),
    st.builds(round_wishes.InviteOrganisation, cases, firms, st.booleans(), instants),
    st.builds(round_wishes.CloseRound, instants),
    st.builds(
        round_wishes.OfferPlace, st.integers(1, 4).map(facts.application), st.just(14), instants
    ),
    st.builds(
        round_wishes.AcceptPlace,
        st.integers(1, 4).map(facts.application),
        people,
        st.none() | people,
        instants,
    ),
    st.builds(round_wishes.StartRound, instants),
)
one_offer = PlaceOffered(
    round_id=facts.ROUND,
    application_id=facts.application(1),
    stands_until=datetime(2018, 12, 24, 23, 0, tzinfo=UTC),
    offered_at=facts.LATER,
)
round_starts: tuple[tuple[RoundEvent, ...], ...] = (
    (),
    (facts.plan,),
    (facts.plan, facts.announced),
    facts.is_open,
    (*facts.is_open, facts.closed),
    (*facts.is_open, facts.closed, one_offer),
)
TestRoundLaws = laws(
    round_rules.decider, commands=round_commands, histories=st.sampled_from(round_starts)
)

group_commands: st.SearchStrategy[group_wishes.GroupCommand] = st.one_of(
    st.builds(
        group_wishes.FormGroup,
        st.just(facts.GROUP),
        st.sampled_from((facts.ROUND, facts.OTHER_ROUND)),
        st.booleans(),
        instants,
    ),
    st.builds(
        group_wishes.AddMember,
        st.integers(0, 7).map(facts.application),
        firms,
        st.none() | people,
        st.dictionaries(people, heard),
        instants,
    ),
    st.builds(
        group_wishes.ApproveDeviation,
        st.integers(1, 4),
        words,
        st.just("sv"),
        evidence,
        heard,
        instants,
    ),
    st.builds(
        group_wishes.AssignSupervisor, people, heard, st.frozensets(people, max_size=1), instants
    ),
    st.builds(group_wishes.AssignTrainer, people, heard, instants),
    st.builds(group_wishes.StartGroup, st.just(5), st.just(6), instants),
)
group_starts: tuple[tuple[GroupEvent, ...], ...] = (
    (),
    (facts.formed,),
    (facts.formed, *facts.members(5)),
)
TestGroupLaws = laws(
    group.decider, commands=group_commands, histories=st.sampled_from(group_starts)
)

invoice_starts: tuple[tuple[InvoiceEvent, ...], ...] = ((), (facts.issued,))
TestInvoiceLaws = laws(
    invoice.decider,
    commands=st.one_of(
        st.builds(
            IssueInvoice,
            invoice_id=st.just(facts.INVOICE),
            application_id=st.just(facts.APPLICATION),
            organisation_number=st.none() | st.just(facts.ALFA),
            number=st.integers(1, 3),
            lines=st.lists(
                st.builds(Line, st.sampled_from(LineKind), st.sampled_from((1, 300_000))),
                max_size=2,
            ).map(tuple),
            fee_ore=st.none() | st.sampled_from((1, 300_000)),
            vat_percent=st.just(25),
            at=instants,
        ),
        st.builds(
            RegisterPayment,
            st.integers(0, 50).map(facts.application),
            st.integers(1, 375_000),
            days,
            instants,
        ),
    ),
    histories=st.sampled_from(invoice_starts),
)

series_starts: tuple[tuple[InvoiceNumberTaken, ...], ...] = ((),)
TestInvoiceSeriesLaws = laws(
    invoiceseries.decider,
    commands=st.builds(TakeInvoiceNumber, st.integers(1, 6), cases, instants),
    histories=st.sampled_from(series_starts),
)

mandate_starts: tuple[tuple[MandateEvent, ...], ...] = ((),)
TestMandateLaws = laws(
    mandate.decider,
    commands=st.one_of(
        st.builds(NoteMandate, people, cases, roles, days, days, instants),
        st.builds(NoteTie, people, cases, firms, days, st.none() | days, instants),
    ),
    histories=st.sampled_from(mandate_starts),
)


def test_the_laws_see_people_with_and_without_a_mandate() -> None:
    """House: a generator that only makes refusals proves nothing."""
    seen_by_rules: Iterable[Heard] = (facts.LEADS, facts.nothing_heard(Role.PROJECT_LEADER))
    with_one, without = (h.mandate_on(date(2018, 12, 10)) for h in seen_by_rules)
    assert with_one is not None
    assert without is None

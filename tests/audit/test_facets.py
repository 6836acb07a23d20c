"""What each event is about, and who had which part: one row for every event of the catalogue."""

import json
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.audit.views.facets import DECIDED, cases_of, facets_of, key_of, keys_of
from services.audit.views.parts import EVERYBODY, NO_PERSON, Taken, parts_of
from shared.contracts.base import Event
from shared.contracts.catalogue import EVENTS, SERVICES
from shared.contracts.certificate_number import number_of
from shared.contracts.envelope import Actor
from shared.contracts.record import Record
from shared.contracts.roles import Role
from shared.contracts.scheme import Criterion
from tests.audit.api.house import CASE, MONDAY, OTHER_CASE, PERSON, record

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
SAYS: Final = {event.__name__: service for service, said in SERVICES.items() for event in said}
SOMEBODY, FIRM = UUID(int=99), "7699990029"

ABOUT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "InterestRegistered": ("case organisation person", "contact"),
        "RequirementsDisclosed": ("case", ""),
        "PreCertificationPassed": ("case", ""),
        "PreCertificationFailed": ("case", ""),
        "SurveyAnswered": ("case", ""),
        "IndependenceReviewFlagged": ("case", ""),
        "SignatoryMandateDeclared": ("case organisation person", "signatory"),
        "CommitmentDeclared": ("case person", "signatory"),
        "ApplicationSubmitted": ("case organisation person", "signatory"),
        "ScreeningStarted": ("case person", "screener"),
        "ApplicantAdmitted": ("case organisation person", "screener"),
        "ApplicationDeferred": ("case organisation person", "screener"),
        "ApplicationRejected": ("case organisation person", "screener"),
        "StandardDocumentAcquired": ("case", ""),
        "AgreementSigned": ("case person", "signatory"),
        "AgreementCountersigned": ("case organisation", ""),
        "GroupPlaceTaken": ("case", ""),
        "ApplicantEnrolled": (
            "case organisation person",
            "applicant project_leader screener signatory",
        ),
        "OpenApplicationRecorded": ("case organisation", ""),
        "OpenApplicationEnded": ("case organisation", ""),
        "RoundDrafted": ("person", ""),
        "FeeScheduleSet": ("", ""),
        "SchemeVersionBound": ("", ""),
        "RoundAnnounced": ("", ""),
        "RoundOpened": ("", ""),
        "OrganisationInvited": ("case organisation", ""),
        "RoundClosed": ("", ""),
        "PlaceOffered": ("case", ""),
        "WaitingListJoined": ("case", ""),
        "PlaceAccepted": ("case person", "signatory"),
        "RoundStarted": ("", ""),
        "CohortGroupFormed": ("", ""),
        "GroupMemberAdded": ("case organisation", ""),
        "GroupSizeDeviationApproved": ("", ""),
        "SupervisorAssigned": ("case person", "supervisor"),
        "TrainerAssigned": ("case person", "trainer"),
        "GroupStarted": ("case person", "supervisor trainer"),
        "InvoiceIssued": ("case organisation", ""),
        "PaymentRegistered": ("case", ""),
        "InvoiceSettled": ("case organisation", ""),
        "InvoiceNumberTaken": ("", ""),
        "MandateNoted": ("person", ""),
        "TieNoted": ("organisation person", ""),
        "AppointmentProposed": ("criterion person", ""),
        "AppointmentMade": ("criterion person", ""),
        "TieDeclared": ("organisation person", ""),
        "PartNoted": ("case person", "supervisor"),
        "AgreementNoted": ("case", ""),
        "SignatoryNoted": ("case person", "signatory"),
        "EnrolmentNoted": ("case organisation person", "applicant signatory"),
        "RoundStartNoted": ("", ""),
        "PreparationCalled": ("case organisation", ""),
        "WorkspaceRequested": ("case organisation person", "applicant signatory"),
        "WorkspaceCreated": ("case", ""),
        "AccessGranted": ("case person", ""),
        "AccessRevoked": ("case", ""),
        "WorkspaceKitApplied": ("case person", "supervisor"),
        "EvidenceTextWritten": ("case", ""),
        "EvidenceFileUploaded": ("case", ""),
        "EvidenceLinkedToCriterion": ("case criterion", ""),
        "WorkspaceFrozen": ("case", ""),
        "PreparationStarted": ("case organisation", ""),
        "SelfAssessmentItemAnswered": ("case criterion", ""),
        "SelfAssessmentItemMarkedReady": ("case criterion", ""),
        "DeadlineReminded": ("case", ""),
        "DeadlinePassed": ("case", ""),
        "SelfAssessmentSubmitted": ("case organisation person", "signatory"),
        "SelfAssessmentLocked": ("case", ""),
        "ReviewOpened": ("case organisation person", "signatory"),
        "ImpartialityDeclared": ("person", ""),
        "ReviewPlanSet": ("case criterion person", "planned_certifier planned_reviewer"),
        "ReviewerAssigned": ("case criterion organisation person", "reviewer"),
        "CertifierAssigned": ("case organisation person", "certifier"),
        "CriterionReviewed": ("case criterion person", "reviewer"),
        "CriterionReviewRevised": ("case criterion person", "reviewer"),
        "OverallAssessmentMade": ("case", ""),
        "ReviewReportIssued": ("case", ""),
        "ReportCommented": ("case", ""),
        "ReportCommentWaived": ("case", ""),
        "ReportFinalised": ("case", ""),
        "DecisionRecommended": ("case", ""),
        "CertificationApproved": ("case organisation person", "certifier"),
        "CertificationRefused": ("case organisation person", "certifier"),
        "GrantNoted": ("case certificate", ""),
        "GateNoted": ("case", ""),
        "IssuanceCleared": ("case certificate", ""),
        "CertificatePrepared": ("case certificate organisation", ""),
        "CertificateIssued": ("case certificate organisation", ""),
        "ListingConsentGiven": ("case certificate", ""),
        "ListingConsentWithdrawn": ("case certificate", ""),
        "CertificateExpired": ("case certificate", ""),
        "NumberTaken": ("certificate", ""),
        "NotificationPlanned": ("case", ""),
        "NotificationSent": ("case person", ""),
        "NotificationFailed": ("case", ""),
        "NotificationMerged": ("case person", ""),
        "NotificationGivenUp": ("case", ""),
        "TamperSuspected": ("", ""),
        "ExportMade": ("case", ""),
        "PersonalDataErased": ("case person", ""),
        "LegalHoldPlaced": ("person", ""),
        "LegalHoldLifted": ("person", ""),
        "RedriveOrdered": ("person", ""),
        "ResendOrdered": ("person", ""),
    }
)
"""By event: the facets that its own fields give it, and the parts that it names."""


def example(name: str, **changed: Any) -> Record:
    """Return the published example of an event, said by a service."""
    data = json.loads((GOLDEN / f"{name}.v{EVENTS[name].schema_version}.json").read_text())
    plain = record(SAYS[name], 1, type=name, data=data, actor=Actor(SOMEBODY, "policy"))
    return plain._replace(**changed)


def test_it_is_decided_for_every_event_what_it_is_about() -> None:
    """House: a new event without a decision about its facets and parts fails here."""
    assert ABOUT.keys() == EVENTS.keys()


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_listed_under_what_it_names(name: str) -> None:
    """AUD-1: what a record is about is a function of the record alone."""
    around = {*facets_of(example(name, data={}))}
    found = {facet for facet, value in facets_of(example(name)) if (facet, value) not in around}
    assert found == {*ABOUT[name][0].split()}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_gives_the_parts_that_it_names(name: str) -> None:
    """SOD-1 to SOD-9: and a policy that acts has none."""
    found = {taken.part for taken in parts_of(example(name)) if taken.begins}
    assert found == {*ABOUT[name][1].split()}


def named(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of ``model`` and of the values in it, with their plain types."""
    for name, field in model.model_fields.items():
        for plain in plains(field.annotation):
            if isinstance(plain, type) and issubclass(plain, BaseModel):
                yield from named(plain)
            else:
                yield name, plain


def plains(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation comes to, without options, tuples and marks."""
    if get_origin(annotation) in {Union, types.UnionType, tuple} or hasattr(
        annotation, "__metadata__"
    ):
        for each in get_args(annotation):
            yield from plains(each)
    else:
        yield annotation


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda e: e.__name__)
def test_it_is_decided_for_every_field_that_identifies_something(event: type[Event]) -> None:
    """House: an identifier, a criterion or an organisation's number belongs to a facet, or to none."""
    identifying = {
        name
        for name, plain in named(event)
        if plain in {UUID, Criterion} or name.endswith(("_id", "_ids", "organisation_number"))
    }
    assert identifying <= DECIDED.keys()


def test_a_record_is_also_about_whoever_acted_and_for_whom() -> None:
    """AUD-1: the actor, the firm, on whose behalf, the role, the service, the type, the case."""
    actor = Actor(PERSON, Role.REVIEWER, FIRM, on_behalf_of=SOMEBODY)
    found = facets_of(record("review", 1, type="Something", data={}, actor=actor))
    assert found == (
        ("case", str(CASE)),
        ("organisation", FIRM),
        ("person", str(PERSON)),
        ("person", str(SOMEBODY)),
        ("role", "reviewer"),
        ("service", "review"),
        ("type", "Something"),
    )


def test_a_certificate_is_listed_by_its_number() -> None:
    """CER-2: the number follows from the id, so either finds it."""
    given_id = UUID(int=5)
    found = facets_of(record("certificates", 1, data={"certificate_id": str(given_id)}))
    assert ("certificate", number_of(given_id)) in found


@pytest.mark.parametrize(
    ("data", "cases"),
    [
        ({}, (CASE,)),
        ({"application_id": str(OTHER_CASE)}, (CASE, OTHER_CASE)),
        ({"application_id": str(CASE)}, (CASE,)),
        (
            {"application_ids": [str(UUID(int=23)), str(OTHER_CASE)]},
            (CASE, OTHER_CASE, UUID(int=23)),
        ),
        ({"application_id": None, "application_ids": []}, (CASE,)),
        ({"application_id": 7, "application_ids": {"a": 1}}, (CASE,)),
        ({"application_id": "no id", "application_ids": [None, 3, "x"]}, (CASE,)),
    ],
)
def test_a_record_is_about_its_own_case_and_those_it_names(
    data: dict[str, Any], cases: tuple[UUID, ...]
) -> None:
    """ADR-0013, L7: and a record whose fields mean something else is mirrored all the same."""
    assert cases_of(record("review", 1, data=data)) == cases


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.uuids().map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*DECIDED, "reviewers", "part", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*DECIDED, "reviewers", "part"]), junk, max_size=5))
def test_whatever_stands_in_a_record_it_is_listed(data: dict[str, Any]) -> None:
    """L7: total: what a newer service, or a forger, puts under our names fails nothing."""
    for kind in ("ReviewPlanSet", "PartNoted", "SomethingNewer"):
        strange = record("review", 1, type=kind, data=data)
        assert len({*keys_of(strange)}) == len(keys_of(strange)) >= 5
        assert all(isinstance(taken, Taken) for taken in parts_of(strange))


def test_keys_of_different_things_differ() -> None:
    """House: a facet and its value are one key; the same value of another facet is another."""
    assert key_of("case", str(CASE)) != key_of("person", str(CASE))
    assert key_of("case", str(CASE)) == key_of("case", str(CASE))


def test_whoever_acts_in_a_case_has_a_part_in_it() -> None:
    """SOD-6: a person who did something was involved, whether assigned or not."""
    data = {"application_id": str(OTHER_CASE)}
    acted = record("review", 1, data=data, actor=Actor(PERSON, Role.CERTIFIER))
    assert parts_of(acted) == (Taken(PERSON, OTHER_CASE, "certifier", True, MONDAY),)
    for role in NO_PERSON:
        quiet = acted._replace(actor=Actor(PERSON, "policy" if role == "policy" else Role(role)))
        assert parts_of(quiet) == ()


def test_what_belongs_to_no_application_is_nobodys_part() -> None:
    """SOD-3: a tie or an appointment is no part in a case."""
    assert parts_of(example("TieDeclared", actor=Actor(PERSON, Role.REVIEWER))) == ()


def test_a_decision_ends_the_parts_of_those_who_prepared_it() -> None:
    """SOD-6: reviewers and certifier, whoever they are, until the decision."""
    taken = parts_of(example("CertificationApproved", effective_at=MONDAY))
    assert {(each.person, each.part) for each in taken if not each.begins} == {
        (EVERYBODY, "reviewer"),
        (EVERYBODY, "certifier"),
    }

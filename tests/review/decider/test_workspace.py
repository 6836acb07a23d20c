"""The rules of a workspace, one test per rule, in the words of the process."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.review.commands.workspace import (
    ApplyKit,
    CreateWorkspace,
    EndReviewAccess,
    FreezeWorkspace,
    GrantAccess,
    GrantReviewAccess,
    LinkEvidence,
    RequestWorkspace,
    RevokeAccess,
    UploadFile,
    WorkspaceCommand,
    WriteText,
)
from services.review.decider.workspace import (
    EVIDENCE_MAX,
    decider,
    kinds_of,
    manifest_of,
    refuse_unless_reader,
)
from shared.contracts.preparation import (
    AccessGranted,
    AccessRevoked,
    EvidenceFileUploaded,
    EvidenceLinkedToCriterion,
    EvidenceTextWritten,
    WorkspaceCreated,
    WorkspaceEvent,
    WorkspaceFrozen,
    WorkspaceKitApplied,
    manifest_root,
)
from shared.contracts.scheme import EvidenceKind
from shared.decider import Refusal
from shared.testing import Scenario
from tests.review.facts import (
    ALFA,
    APPLICANT,
    APPLICATION,
    BETA,
    BYLAWS,
    MONDAY,
    OTHER,
    POLICIES,
    REVIEWER,
    SIGNATORY,
    STRANGER,
    SUPERVISOR,
    requested,
)

WEDNESDAY = datetime(2019, 1, 16, 9, tzinfo=UTC)
ROUND_END = datetime(2019, 12, 31, 23, tzinfo=UTC)
GRANT, REVIEW_GRANT, TEXT, FILE = (UUID(int=n) for n in range(50, 54))

created = WorkspaceCreated(application_id=APPLICATION, created_at=WEDNESDAY)
shared = AccessGranted(
    application_id=APPLICATION,
    grant_id=GRANT,
    person_id=SUPERVISOR,
    scope="support",
    from_at=WEDNESDAY,
    until_at=ROUND_END,
    granted_at=WEDNESDAY,
)
revoked = AccessRevoked(application_id=APPLICATION, grant_id=GRANT, revoked_at=WEDNESDAY)
review_shared = shared.model_copy(
    update={"grant_id": REVIEW_GRANT, "person_id": REVIEWER, "scope": "review"}
)
equipped = WorkspaceKitApplied(
    application_id=APPLICATION, kit="v1", supervisor_id=SUPERVISOR, applied_at=WEDNESDAY
)
written = EvidenceTextWritten(
    application_id=APPLICATION,
    evidence_id=TEXT,
    title="Bylaws",
    text="Section 2 says it.",
    evidence_hash=BYLAWS,
    size_bytes=18,
    written_at=WEDNESDAY,
)
uploaded = EvidenceFileUploaded(
    application_id=APPLICATION,
    evidence_id=FILE,
    file_name="policies.pdf",
    evidence_hash=POLICIES,
    size_bytes=1_000,
    media_type="application/pdf",
    uploaded_at=WEDNESDAY,
)
linked = EvidenceLinkedToCriterion(
    application_id=APPLICATION,
    evidence_id=TEXT,
    item_id="3.1-a",
    kind=EvidenceKind.BYLAWS,
    linked_at=WEDNESDAY,
)
frozen = WorkspaceFrozen(
    application_id=APPLICATION,
    manifest=(BYLAWS, POLICIES),
    manifest_root=manifest_root((BYLAWS, POLICIES)),
    frozen_at=MONDAY,
)
made = (requested, created)
full = (*made, shared, equipped, written, uploaded, linked)

create = CreateWorkspace(ALFA, WEDNESDAY)
grant = GrantAccess(ALFA, GRANT, SUPERVISOR, "support", WEDNESDAY, ROUND_END, WEDNESDAY)
revoke = RevokeAccess(ALFA, GRANT, WEDNESDAY)
apply_kit = ApplyKit("v1", SUPERVISOR, WEDNESDAY)
write = WriteText(ALFA, TEXT, "Bylaws", "Section 2 says it.", BYLAWS, WEDNESDAY)
upload = UploadFile(ALFA, FILE, "policies.pdf", POLICIES, 1_000, "application/pdf", WEDNESDAY)
link = LinkEvidence(ALFA, TEXT, "3.1-a", EvidenceKind.BYLAWS, WEDNESDAY)
freeze = FreezeWorkspace((BYLAWS, POLICIES), frozen.manifest_root, MONDAY)
grant_review = GrantReviewAccess(REVIEW_GRANT, REVIEWER, ROUND_END, MONDAY)

Owned = CreateWorkspace | GrantAccess | RevokeAccess | WriteText | UploadFile | LinkEvidence
workspace = Scenario(decider)
OWNERS = (create, grant, revoke, write, upload, link)


def test_a_workspace_is_requested_of_whoever_is_enrolled_once() -> None:
    """PM-5: step 4 begins with a request."""
    request = RequestWorkspace(
        APPLICATION, ALFA, "v1", APPLICANT, SIGNATORY, requested.requested_at
    )
    workspace.when(request).then(requested)
    workspace.given(requested).when(request).then_nothing()


def test_the_firm_makes_its_workspace_and_owns_it() -> None:
    """WSP-1, step 4: made once, by the firm."""
    workspace.given(requested).when(create).then(created)
    workspace.given(*made).when(create).then_nothing()


@pytest.mark.parametrize("command", OWNERS, ids=lambda c: type(c).__name__)
def test_nobody_but_the_owner_changes_a_workspace(command: Owned) -> None:
    """WSP-1: to another firm it does not exist; whoever acts for no firm is no owner."""
    of_beta = replace(command, organisation=BETA)
    of_nobody = replace(command, organisation=None)
    workspace.given(*full).when(of_beta).then_refused("workspace_not_found")
    workspace.given(*full).when(of_nobody).then_refused("not_the_owner")


@pytest.mark.parametrize(
    "command", [*OWNERS, apply_kit, freeze, grant_review], ids=lambda c: type(c).__name__
)
def test_nothing_is_done_in_a_workspace_that_is_not_there(command: WorkspaceCommand) -> None:
    """GEN-4: neither before it is requested nor, but for making it, before it is made."""
    workspace.when(command).then_refused("workspace_not_found")
    if command in OWNERS[1:]:
        workspace.given(requested).when(command).then_refused("workspace_not_found")


def test_the_firm_lets_people_in_and_shows_them_out() -> None:
    """WSP-1, WSP-2: a grant says who, what, from and to; any can be withdrawn."""
    workspace.given(*made).when(grant).then(shared)
    workspace.given(*made, shared).when(grant).then_nothing()
    workspace.given(*made, shared).when(revoke).then(revoked)
    workspace.given(*made, shared, revoked).when(revoke).then_nothing()
    workspace.given(*made).when(revoke).then_refused("access_grant_not_found")


def test_the_kit_needs_access_and_follows_the_scheme_of_the_round() -> None:
    """WSP-9: access comes before the kit, and the kit follows the pinned scheme version."""
    workspace.given(*made).when(apply_kit).then_refused("access_not_granted")
    workspace.given(*made, shared).when(apply_kit).then(equipped)
    workspace.given(*made, shared, equipped).when(apply_kit).then_nothing()
    other = replace(apply_kit, kit="v2")
    workspace.given(*made, shared).when(other).then_refused("kit_version_mismatch")


@pytest.mark.parametrize(
    ("history", "at"),
    [
        ((shared, revoked), WEDNESDAY),
        ((shared,), ROUND_END),
        ((shared.model_copy(update={"from_at": ROUND_END}),), WEDNESDAY),
        ((shared.model_copy(update={"scope": "review"}),), WEDNESDAY),
        ((shared.model_copy(update={"person_id": STRANGER}),), WEDNESDAY),
    ],
)
def test_a_grant_that_is_over_withdrawn_or_anothers_opens_nothing(
    history: tuple[WorkspaceEvent, ...], at: datetime
) -> None:
    """WSP-2, GEN-6: the last instant is outside, and what was given for one use is not another."""
    wish = replace(apply_kit, at=at)
    workspace.given(*made, *history).when(wish).then_refused("access_not_granted")


def test_texts_and_files_become_evidence_by_their_hashes() -> None:
    """Q-094, WSP-3: the same content has the same hash, and a version never changes."""
    workspace.given(*made).when(write).then(written)
    workspace.given(*made, written).when(write).then_nothing()
    workspace.given(*made).when(upload).then(uploaded)
    workspace.given(*made, uploaded).when(upload).then_nothing()
    for other in (replace(write, evidence_hash=OTHER), replace(upload, evidence_hash=OTHER)):
        workspace.given(*full).when(other).then_refused("evidence_exists")


def test_a_workspace_holds_a_limited_number_of_pieces() -> None:
    """House: its manifest must fit into one record; what is there can be put in again."""
    many = tuple(
        uploaded.model_copy(update={"evidence_id": UUID(int=1_000 + n)})
        for n in range(EVIDENCE_MAX - 1)
    )
    workspace.given(*made, *many).when(write).then(written)
    for wish in (replace(write, evidence_id=UUID(int=5)), upload):
        workspace.given(*made, *many, written).when(wish).then_refused("evidence_limit_reached")
    workspace.given(*made, *many, written).when(write).then_nothing()


def test_evidence_is_put_to_items_of_the_pinned_version() -> None:
    """SAS-1: 3.6-b is no item of v1, and what is not there cannot be linked."""
    workspace.given(*made, written).when(link).then(linked)
    workspace.given(*made, written, linked).when(link).then_nothing()
    workspace.given(*made).when(link).then_refused("evidence_not_found")
    other = replace(link, item_id="3.6-b")
    workspace.given(*full).when(other).then_refused("criterion_not_in_scheme")


def test_what_is_submitted_stands_as_it_was() -> None:
    """WSP-5, PM-6: frozen once; afterwards nothing is added, put elsewhere or equipped."""
    workspace.given(*full).when(freeze).then(frozen)
    done = workspace.given(*full, frozen)
    done.when(freeze).then_nothing()
    for wish in (write, upload, link):
        done.when(wish).then_refused("workspace_frozen")
    workspace.given(*made, shared, frozen).when(apply_kit).then_refused("workspace_frozen")
    assert done.when(replace(grant, grant_id=UUID(int=99))).events


def test_only_all_of_the_evidence_is_frozen() -> None:
    """WSP-5, PM-6: what came in after the signatory looked is neither lost nor let in unseen."""
    stale = replace(freeze, manifest=freeze.manifest[:1])
    workspace.given(*full).when(stale).then_refused("evidence_changed")


def test_the_agreement_lets_the_review_team_in_until_the_review_ends() -> None:
    """WSP-2, PM-7: granted under the agreement, ended with the review, or by the firm before."""
    given = workspace.given(*full).when(grant_review).events
    assert given == (review_shared.model_copy(update={"from_at": MONDAY, "granted_at": MONDAY}),)
    workspace.given(*full, review_shared).when(grant_review).then_nothing()
    ended = revoked.model_copy(update={"grant_id": REVIEW_GRANT})
    end = EndReviewAccess(WEDNESDAY)
    workspace.given(*full, review_shared).when(end).then(ended)
    workspace.given(*full, review_shared, ended).when(end).then_nothing()


@pytest.mark.parametrize(
    ("history", "person", "organisation", "code"),
    [
        (full, APPLICANT, ALFA, None),
        (full, APPLICANT, BETA, "workspace_not_found"),
        ((), APPLICANT, ALFA, "workspace_not_found"),
        (full, SUPERVISOR, None, None),
        (full, STRANGER, None, "access_not_granted"),
        ((*full, review_shared), REVIEWER, None, "access_not_granted"),
        ((*full, review_shared, frozen), REVIEWER, None, None),
    ],
)
def test_who_may_read_a_workspace(
    history: tuple[WorkspaceEvent, ...], person: UUID, organisation: str | None, code: str | None
) -> None:
    """WSP-2: the firm, a supporter with a grant, and the review team once it is frozen."""
    state = decider.fold(history)
    if code is None:
        refuse_unless_reader(state, person, organisation, WEDNESDAY)
    else:
        with pytest.raises(Refusal) as no:
            refuse_unless_reader(state, person, organisation, WEDNESDAY)
        assert no.value.code == code


def test_the_manifest_holds_every_hash_once_and_items_know_their_kinds() -> None:
    """WSP-3, SAS-3: equal manifests have equal roots, whatever the order of the evidence."""
    twin = uploaded.model_copy(update={"evidence_id": UUID(int=77), "evidence_hash": BYLAWS})
    state = decider.fold((*full, twin))
    assert manifest_of(state) == (BYLAWS, POLICIES)
    assert kinds_of(state) == {"3.1-a": frozenset({EvidenceKind.BYLAWS})}
    assert manifest_root((POLICIES, BYLAWS, BYLAWS)) == manifest_root((BYLAWS, POLICIES))


def test_a_workspace_is_bound_to_the_scheme_of_its_request() -> None:
    """SCH-5: the version is written into every record."""
    assert decider.scheme(decider.fold(())) is None
    assert decider.scheme(decider.fold((requested,))) == "v1"

"""The rules of a round: its terms, its deadline and its places."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.intake.commands.round import (
    AcceptPlace,
    AnnounceRound,
    BindScheme,
    CloseRound,
    DraftRound,
    InviteOrganisation,
    OfferPlace,
    OpenRound,
    RoundCommand,
    SetFees,
    StartRound,
)
from shared.contracts.intake import (
    FeeScheduleSet,
    OrganisationInvited,
    PlaceAccepted,
    PlaceOffered,
    RoundAnnounced,
    RoundClosed,
    RoundDrafted,
    RoundEvent,
    RoundKind,
    RoundOpened,
    RoundStarted,
    SchemeVersionBound,
    WaitingListJoined,
)
from shared.contracts.swedish_time import end_of_day, local_day
from shared.decider import Decider, Refusal, RefusalKind


class RoundStage(StrEnum):
    """How far a round has come."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Offer:
    """A place that was offered.

    Attributes:
        stands_until: The first instant at which the offer has ended.
    """

    application_id: UUID
    stands_until: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """What a round must remember in order to decide. Nothing for display.

    Attributes:
        offers: In the order in which they were made.
        waiting: Applications in the waiting list, in order of admission.
    """

    plan: RoundDrafted | None = None
    stage: RoundStage = RoundStage.DRAFT
    fees: FeeScheduleSet | None = None
    scheme: str | None = None
    invited: frozenset[UUID] = frozenset()
    offers: tuple[Offer, ...] = ()
    accepted: frozenset[UUID] = frozenset()
    waiting: tuple[UUID, ...] = ()

    def receives(self, at: datetime) -> bool:
        """GEN-6, APP-5: return whether applications are received at ``at``, timers or no timers."""
        opened = self.plan is not None and self.stage is RoundStage.OPEN
        return opened and at < self.deadline

    @property
    def deadline(self) -> datetime:
        """SV-6: return the first instant that is too late."""
        assert self.plan is not None, "no plan, no deadline"
        return end_of_day(self.plan.application_deadline_on)

    def offer_to(self, application_id: UUID) -> Offer | None:
        """Return the place that was offered to ``application_id``; ``None``: none was."""
        return next((o for o in self.offers if o.application_id == application_id), None)


def decide(command: RoundCommand, round_: Round) -> tuple[RoundEvent, ...]:
    """Return what happens, oldest first; ``()`` when it is already so.

    Raises:
        Refusal: The command breaks a rule.
    """
    match command:
        case DraftRound():
            return _draft(command, round_)
        case SetFees():
            return _set_fees(command, round_)
        case BindScheme():
            return _bind_scheme(command, round_)
        case AnnounceRound():
            return _announce(command, round_)
        case OpenRound():
            return _open(command, round_)
        case InviteOrganisation():
            return _invite(command, round_)
        case CloseRound():
            return _close(command, round_)
        case OfferPlace():
            return _offer(command, round_)
        case AcceptPlace():
            return _accept(command, round_)
        case StartRound():
            return _start(command, round_)
        case _:
            assert_never(command)


def evolve(round_: Round, event: RoundEvent) -> Round:
    """Return the round after ``event``. Total: never raises."""
    match event:
        case RoundDrafted():
            return replace(round_, plan=event)
        case FeeScheduleSet():
            return replace(round_, fees=event)
        case SchemeVersionBound():
            return replace(round_, scheme=event.scheme)
        case RoundAnnounced():
            return replace(round_, stage=RoundStage.ANNOUNCED)
        case RoundOpened():
            return replace(round_, stage=RoundStage.OPEN)
        case OrganisationInvited():
            return replace(round_, invited=round_.invited | {event.application_id})
        case RoundClosed():
            return replace(round_, stage=RoundStage.CLOSED)
        case PlaceOffered():
            offer = Offer(event.application_id, event.stands_until)
            return replace(round_, offers=(*round_.offers, offer))
        case WaitingListJoined():
            return replace(round_, waiting=(*round_.waiting, event.application_id))
        case PlaceAccepted():
            return replace(round_, accepted=round_.accepted | {event.application_id})
        case RoundStarted():
            return replace(round_, stage=RoundStage.RUNNING)
        case _:
            assert_never(event)


def _scheme(round_: Round) -> str | None:
    """Return the version of the criteria that the round is bound to (SCH-5)."""
    return round_.scheme


decider = Decider(initial=Round(), decide=decide, evolve=evolve, scheme=_scheme)


def _draft(command: DraftRound, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-1, T2: deadline and admission are two days, and admission is not the first of them."""
    if command.admission_on < command.application_deadline_on:
        raise Refusal(
            RefusalKind.CONFLICT,
            "admission_before_deadline",
            "Admission comes no earlier than the application deadline.",
        )
    plan = RoundDrafted(
        round_id=command.round_id,
        code=command.code,
        name_sv=command.name_sv,
        name_en=command.name_en,
        kind=command.kind,
        places=command.places,
        opens_on=command.opens_on,
        application_deadline_on=command.application_deadline_on,
        admission_on=command.admission_on,
        starts_on=command.starts_on,
        project_leader_id=command.project_leader_id,
        drafted_at=command.at,
    )
    if round_.plan is None:
        return (plan,)
    if round_.plan == plan.model_copy(update={"drafted_at": round_.plan.drafted_at}):
        return ()
    raise Refusal(RefusalKind.CONFLICT, "round_exists", "This round is planned otherwise.")


def _set_fees(command: SetFees, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-3, Q-060: the fee belongs to the round, and opening fixes it."""
    plan = _plan(round_)
    fees = round_.fees
    if fees and (fees.fee_ore, fees.vat_percent) == (command.fee_ore, command.vat_percent):
        return ()
    _need_loose_terms(round_)
    return (
        FeeScheduleSet(
            round_id=plan.round_id,
            fee_ore=command.fee_ore,
            vat_percent=command.vat_percent,
            set_at=command.at,
        ),
    )


def _bind_scheme(command: BindScheme, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-3, SCH-5: the criteria belong to the round, and opening fixes them."""
    plan = _plan(round_)
    if round_.scheme == command.scheme:
        return ()
    _need_loose_terms(round_)
    if command.scheme not in command.known:
        raise Refusal(
            RefusalKind.NOT_FOUND, "scheme_not_found", "There is no such version of the scheme."
        )
    return (SchemeVersionBound(round_id=plan.round_id, scheme=command.scheme, bound_at=command.at),)


def _announce(command: AnnounceRound, round_: Round) -> tuple[RoundEvent, ...]:
    """Step 1, Q-126: places and dates are public before applications are received."""
    plan = _plan(round_)
    if round_.stage is not RoundStage.DRAFT:
        return ()
    return (
        RoundAnnounced(
            round_id=plan.round_id,
            code=plan.code,
            kind=plan.kind,
            opens_on=plan.opens_on,
            application_deadline_on=plan.application_deadline_on,
            announced_at=command.at,
        ),
    )


def _open(command: OpenRound, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-3: a round opens with its terms set; an announced one, and once."""
    plan = _plan(round_)
    if round_.stage is RoundStage.DRAFT:
        raise Refusal(
            RefusalKind.CONFLICT, "round_not_announced", "Announce the round before opening it."
        )
    if round_.stage is not RoundStage.ANNOUNCED:
        return ()
    if round_.fees is None or round_.scheme is None:
        raise Refusal(
            RefusalKind.INCOMPLETE,
            "round_terms_missing",
            "Fee and scheme version are set before a round opens.",
        )
    return (
        RoundOpened(
            round_id=plan.round_id,
            application_deadline_on=plan.application_deadline_on,
            opened_at=command.at,
        ),
    )


def _invite(command: InviteOrganisation, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-4, Q-123: a pilot round invites whoever passed the pre-certification."""
    plan = _plan(round_)
    if command.application_id in round_.invited:
        return ()
    if plan.kind is not RoundKind.PILOT:
        raise Refusal(
            RefusalKind.CONFLICT, "round_not_pilot", "Only a pilot round is by invitation."
        )
    if not command.precertified:
        raise Refusal(
            RefusalKind.CONFLICT,
            "precertification_missing",
            "An invitation follows a passed pre-certification.",
        )
    if command.at >= round_.deadline:
        raise Refusal(
            RefusalKind.CONFLICT, "round_closed", f"Round {plan.code} receives no applications."
        )
    return (
        OrganisationInvited(
            round_id=plan.round_id,
            application_id=command.application_id,
            organisation_number=command.organisation_number,
            invited_at=command.at,
        ),
    )


def _close(command: CloseRound, round_: Round) -> tuple[RoundEvent, ...]:
    """GEN-5, GEN-6: the round closed at its deadline, whenever the timer ran."""
    plan = _plan(round_)
    if round_.stage is not RoundStage.OPEN or command.at < round_.deadline:
        return ()
    return (RoundClosed(round_id=plan.round_id, effective_at=round_.deadline),)


def _offer(command: OfferPlace, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-5, PM-3: the admitted get the places in order of admission; the rest wait in it."""
    plan = _plan(round_)
    application_id = command.application_id
    if round_.offer_to(application_id) or application_id in round_.waiting:
        return ()
    if len(round_.offers) >= plan.places:
        return (
            WaitingListJoined(
                round_id=plan.round_id, application_id=application_id, joined_at=command.at
            ),
        )
    last_day = local_day(command.at) + timedelta(days=command.stands_days)
    return (
        PlaceOffered(
            round_id=plan.round_id,
            application_id=application_id,
            stands_until=end_of_day(last_day),
            offered_at=command.at,
        ),
    )


def _accept(command: AcceptPlace, round_: Round) -> tuple[RoundEvent, ...]:
    """RND-5, SOD-14: the signatory accepts a place that is offered and still stands."""
    plan = _plan(round_)
    if command.signatory_id != command.declared_id:
        raise Refusal(
            RefusalKind.NOT_PERMITTED,
            "not_the_signatory",
            "Only the declared signatory binds the enterprise.",
        )
    if command.application_id in round_.accepted:
        return ()
    if command.application_id in round_.waiting:
        raise Refusal(
            RefusalKind.CONFLICT, "round_full", "All places are taken; the enterprise waits."
        )
    offer = round_.offer_to(command.application_id)
    if offer is None:
        raise Refusal(RefusalKind.CONFLICT, "place_not_offered", "No place has been offered.")
    if command.at >= offer.stands_until:
        raise Refusal(RefusalKind.CONFLICT, "place_offer_ended", "The offer of a place has ended.")
    return (
        PlaceAccepted(
            round_id=plan.round_id,
            application_id=command.application_id,
            signatory_id=command.signatory_id,
            accepted_at=command.at,
        ),
    )


def _start(command: StartRound, round_: Round) -> tuple[RoundEvent, ...]:
    """PM-5, GEN-6: a round starts when its deadline has passed, whether or not a timer has run."""
    plan = _plan(round_)
    if round_.stage is RoundStage.RUNNING:
        return ()
    started = RoundStarted(round_id=plan.round_id, started_at=command.at)
    if round_.stage is RoundStage.CLOSED:
        return (started,)
    closed = _close(CloseRound(command.at), round_)
    if not closed:
        raise Refusal(
            RefusalKind.CONFLICT, "round_not_closed", "A round starts when it has been closed."
        )
    return (*closed, started)


def _plan(round_: Round) -> RoundDrafted:
    """GEN-4: return the plan, or refuse: nothing can be done to a round that does not exist."""
    if round_.plan is None:
        raise Refusal(RefusalKind.NOT_FOUND, "round_not_found", "There is no such round.")
    return round_.plan


def _need_loose_terms(round_: Round) -> None:
    """RND-3: refuse to change terms that the opening has fixed."""
    if round_.stage not in {RoundStage.DRAFT, RoundStage.ANNOUNCED}:
        raise Refusal(
            RefusalKind.CONFLICT, "round_terms_fixed", "Fee and scheme version are fixed by now."
        )

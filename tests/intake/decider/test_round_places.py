"""A round's places: offered in order of admission, never more than there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.intake.commands.round import AcceptPlace, OfferPlace
from services.intake.decider.round import decider
from shared.contracts.intake import PlaceAccepted, PlaceOffered, WaitingListJoined
from shared.testing import Scenario
from tests.intake.facts import LATER, ROUND, SIGNATORY, STRANGER, application, closed, is_open

after_deadline = Scenario(decider).given(*is_open, closed)
STANDS_UNTIL = datetime(2018, 12, 24, 23, 0, tzinfo=UTC)


def offer(number: int) -> OfferPlace:
    """Return the wish to offer a place to one of several."""
    return OfferPlace(application(number), 14, LATER)


def offered(number: int) -> PlaceOffered:
    """Return the fact that one of several was offered a place."""
    return PlaceOffered(
        round_id=ROUND,
        application_id=application(number),
        stands_until=STANDS_UNTIL,
        offered_at=LATER,
    )


waits = WaitingListJoined(round_id=ROUND, application_id=application(3), joined_at=LATER)
accept = AcceptPlace(application(1), SIGNATORY, SIGNATORY, LATER)
accepted = PlaceAccepted(
    round_id=ROUND, application_id=application(1), signatory_id=SIGNATORY, accepted_at=LATER
)


def test_the_admitted_get_the_places_in_order_and_the_rest_wait() -> None:
    """RND-5, PM-3: two places, three admitted; an offer stands 14 days, to 24:00."""
    after_deadline.when(offer(1)).then(offered(1))
    after_deadline.given(offered(1)).when(offer(2)).then(offered(2))
    after_deadline.given(offered(1), offered(2)).when(offer(3)).then(waits)


def test_a_place_is_offered_once_and_waited_for_once() -> None:
    """GEN-4: an admission heard twice asks for the same place."""
    after_deadline.given(offered(1)).when(offer(1)).then_nothing()
    full = after_deadline.given(offered(1), offered(2), waits)
    full.when(offer(3)).then_nothing()


def test_a_place_is_offered_in_a_round_that_exists() -> None:
    """GEN-4: there is nothing to offer elsewhere."""
    Scenario(decider).when(offer(1)).then_refused("round_not_found")


def test_the_signatory_accepts_the_offered_place() -> None:
    """RND-5, SOD-14: nobody else does, and once is enough."""
    given = after_deadline.given(offered(1))
    given.when(accept).then(accepted)
    given.given(accepted).when(accept).then_nothing()
    given.when(replace(accept, signatory_id=STRANGER)).then_refused("not_the_signatory")
    given.when(replace(accept, declared_id=None)).then_refused("not_the_signatory")


def test_whoever_waits_has_no_place_to_accept() -> None:
    """RND-5: accepted places never exceed capacity."""
    full = after_deadline.given(offered(1), offered(2), waits)
    full.when(replace(accept, application_id=application(3))).then_refused("round_full")


def test_a_place_that_was_not_offered_cannot_be_accepted() -> None:
    """RND-5: first the admission, then the offer."""
    after_deadline.when(accept).then_refused("place_not_offered")


def test_an_offer_ends_with_its_last_day() -> None:
    """GEN-1, GEN-6: time ends what a decision has limited; the last instant is in time."""
    given = after_deadline.given(offered(1))
    last = STANDS_UNTIL - timedelta(microseconds=1)
    assert given.when(replace(accept, at=last)).refusal is None
    given.when(replace(accept, at=STANDS_UNTIL)).then_refused("place_offer_ended")

"""What review hears: intake, and its own steps."""

from services.review.policy import when_intake, when_review
from services.review.settings import Settings
from shared.kafka import Subscription
from shared.process import Parts


def subscriptions(_parts: Parts[Settings]) -> tuple[Subscription, ...]:
    """Return one consumer for each topic that review hears."""
    return (
        Subscription("review.when_intake", "asf.intake.events.v1", when_intake),
        Subscription("review.when_review", "asf.review.events.v1", when_review),
    )

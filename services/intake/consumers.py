"""What intake hears on Kafka: its own events for its policies, and who may act for SKOOPI."""

from services.intake.policy import when_intake, when_review
from services.intake.settings import Settings
from shared.kafka import Subscription
from shared.process import Parts


def subscriptions(_: Parts[Settings]) -> tuple[Subscription, ...]:
    """Return the table: topic to policy."""
    return (
        Subscription("intake.process", "asf.intake.events.v1", when_intake),
        Subscription("intake.people", "asf.review.events.v1", when_review),
    )

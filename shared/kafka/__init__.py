"""How we speak to Kafka: clients, topics, headers, sending a page, consuming with parked streams.

At least once, in the order of each stream, with effects that are safe to repeat; never "exactly
once".
"""

from pathlib import Path

from shared.kafka.batch import Health, Patience
from shared.kafka.clients import KAFKA_FAILURES, SCRAM, Brokers, Place, producing, reachable
from shared.kafka.consumer import Consumer, ConsumerStalled
from shared.kafka.headers import headers_of
from shared.kafka.lost import RecordsLost, Unbroken, reposition
from shared.kafka.producer import PRODUCER_LOST, Outgoing, send_page
from shared.kafka.progress import Book
from shared.kafka.reading import ends_of, has_read
from shared.kafka.received import Received, Unreadable
from shared.kafka.subscription import RecordSubscription, Subscription, command_id, effect_of
from shared.kafka.topics import Topic, TopicDiffers, changelog, events_topic, provision

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()
"""What ``migrate`` runs in the schema ``consumer`` of the service's database."""

__all__ = [
    "KAFKA_FAILURES",
    "PRODUCER_LOST",
    "SCHEMA",
    "SCRAM",
    "Book",
    "Brokers",
    "Consumer",
    "ConsumerStalled",
    "Health",
    "Outgoing",
    "Patience",
    "Place",
    "Received",
    "RecordSubscription",
    "RecordsLost",
    "Subscription",
    "Topic",
    "TopicDiffers",
    "Unbroken",
    "Unreadable",
    "changelog",
    "command_id",
    "effect_of",
    "ends_of",
    "events_topic",
    "has_read",
    "headers_of",
    "producing",
    "provision",
    "reachable",
    "reposition",
    "send_page",
]

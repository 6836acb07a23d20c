"""Whether a topic is its log, read from offset 0: nothing missing, stream order, contiguous repeats.

The rule is the one that whole campaigns are held against; see ``topic_is_the_log``.
"""

from shared.kafka.headers import position_of
from shared.kafka.reading import whole_topic
from tests.faults.checks.topics import topic_is_the_log
from tests.faults.history import History
from tests.faults.seen import Entry, OnTopic, Seen, Service
from tests.kafka.house import House

RECORDS_MAX = 100_000


async def require_the_log_on_its_topic(house: House, *, repeats: bool) -> None:
    """L7: fail unless each partition is the log's order; a repeat goes on directly from where it began.

    Nothing may be under way any more. With ``repeats`` something has happened after which the relay
    may send again what it had sent; without, nothing may be there twice.
    """
    log = [Entry.of(*each) for each in await house.log.tail(0, limit=RECORDS_MAX)]
    service = Service(house.name, tuple(log), topic=await _topic(house))
    disturbed = frozenset({("kill", house.name)} if repeats else ())
    seen = Seen({house.name: service}, disturbed=disturbed)
    assert len(log) == await house.log.head()
    violations = [str(each) for each in topic_is_the_log(History(), seen)]
    assert not violations, violations


async def _topic(house: House) -> tuple[OnTopic, ...]:
    """Return what is on the topic, in the order of offsets within a partition."""
    found = [
        OnTopic(
            partition=each.partition,
            offset=each.offset,
            position=position_of(each.headers),
            key=None if each.key is None else each.key.decode(),
            value=each.value or b"",
        )
        async for each in whole_topic(house.brokers, house.topic)
    ]
    return tuple(sorted(found, key=lambda each: (each.partition, each.offset)))

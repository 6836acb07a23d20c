"""What audit hears: everything, as it is. Each record is kept byte for byte; what disagrees is said."""

from functools import partial

from services.audit.consumers.gaps import mirror_group
from services.audit.consumers.mirroring import mirror
from services.audit.queries import Mirror
from services.audit.settings import Settings
from shared.contracts.catalogue import SERVICES
from shared.kafka import RecordSubscription
from shared.process import Parts


def subscriptions(parts: Parts[Settings]) -> tuple[RecordSubscription, ...]:
    """Return one mirror per service.

    Repeats come too, or a record that was changed afterwards would pass for one; and so does what
    lacks its predecessor, since evidence is kept first and judged then.
    """
    kept = Mirror(parts.pool)
    return tuple(
        RecordSubscription(
            group=mirror_group(service),
            topic=f"asf.{service}.events.v1",
            apply=partial(mirror, parts, kept, f"asf/{service}"),
            as_is=True,
        )
        for service in SERVICES
    )

"""Appends with PyPI ``eventsourcing``, as fast as it can: its recorder in its fastest mode.

Runs in an environment of its own (``requirements/bench.txt``). One JSON object a line comes in, how many clients
and for how long; one goes out, how many events a second were recorded. A client is a thread with a connection
of its own; an event is a row of its own in a transaction of its own, written by the recorder's own database
function with a prepared statement. The state is there already: nothing is mapped, copied or encrypted.
"""

import json
import os
import sys
import threading
import time
from uuid import UUID

from eventsourcing.persistence import StoredEvent  # type: ignore[import-not-found]
from eventsourcing.postgres import (  # type: ignore[import-not-found]
    PostgresApplicationRecorder,
    PostgresDatastore,
)


def main(*place: str) -> None:
    """Answer until nobody asks any more. ``place``: database, host, port, user, password, state in hex."""
    *reach, clients, state = place
    datastore = PostgresDatastore(
        *reach, pool_size=int(clients), max_overflow=0, enable_db_functions=True
    )
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    for line in sys.stdin:
        asked = json.loads(line)
        rate = recorded(recorder, asked["clients"], asked["for_s"], bytes.fromhex(state))
        sys.stdout.write(json.dumps({"rate": rate}) + "\n")
        sys.stdout.flush()


def recorded(
    recorder: PostgresApplicationRecorder, clients: int, for_s: float, state: bytes
) -> float:
    """Return how many events a second ``clients`` record."""
    counts = [0] * clients
    until_s = time.perf_counter() + for_s

    def record(client: int) -> None:
        while time.perf_counter() < until_s:
            event = StoredEvent(UUID(bytes=os.urandom(16)), 1, "bench:Opened", state)
            recorder.insert_events([event])
            counts[client] += 1

    threads = [threading.Thread(target=record, args=(client,)) for client in range(clients)]
    begun_s = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(counts) / (time.perf_counter() - begun_s)


if __name__ == "__main__":
    main(*sys.argv[1:])

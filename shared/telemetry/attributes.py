"""Which values may stand on a span or a measurement: a closed list, so that nothing personal can.

Callers use our short words; the names of the OpenTelemetry conventions stand here alone.
"""

from collections.abc import Mapping
from typing import Any, TypedDict


class Dimensions(TypedDict, total=False):
    """What a measurement may be told apart by: few values each, none of them about a person.

    Attributes:
        operation: ``send``, ``receive`` or ``process``.
        log: Of which service, e.g. ``asf/review``.
        code: Of a refusal.
        error_type: Name of an exception's class, or a status code.
        route: Template, never the path as called.
    """

    topic: str
    group: str
    operation: str
    log: str
    view: str
    timer: str
    code: str
    error_type: str
    method: str
    route: str
    status_code: int
    scheme: str


class Attributes(Dimensions, total=False):
    """What a span may carry besides: identifiers and counts.

    Attributes:
        case: The application's id.
        problem: Code of a problem with the request itself.
        role: In which the caller acts.
        count: Of what the span worked through: events, commands, rows.
    """

    case: str
    stream: str
    command: str
    problem: str
    role: str
    message_id: str
    partition: int
    offset: int
    count: int
    position: int
    attempt: int


NAMES: Mapping[str, str] = {
    "topic": "messaging.destination.name",
    "group": "messaging.consumer.group.name",
    "operation": "messaging.operation.type",
    "message_id": "messaging.message.id",
    "partition": "messaging.destination.partition.id",
    "offset": "messaging.kafka.offset",
    "error_type": "error.type",
    "method": "http.request.method",
    "route": "http.route",
    "status_code": "http.response.status_code",
    "scheme": "url.scheme",
    "log": "asf.log",
    "view": "asf.view",
    "timer": "asf.timer",
    "code": "asf.refusal",
    "problem": "asf.problem",
    "case": "asf.case",
    "stream": "asf.stream",
    "command": "asf.command",
    "role": "asf.role",
    "count": "asf.count",
    "position": "asf.position",
    "attempt": "asf.attempt",
}
"""Our word to the name on the wire; the current conventions' where they have one."""


def named(attributes: Mapping[str, Any]) -> dict[str, str | int]:
    """Return ``attributes`` under their names on the wire.

    Raises:
        ValueError: A word that is not on the list.
    """
    try:
        found = {NAMES[word]: value for word, value in attributes.items()}
    except KeyError as error:
        raise ValueError(f"not to be traced or measured: {error.args[0]}") from error
    if "partition" in attributes:
        found[NAMES["partition"]] = str(attributes["partition"])  # text, by the convention
    return found

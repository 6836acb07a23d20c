"""What arrives: a record with its place, or something that is none."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from pydantic import ValidationError

from shared.contracts.base import INTEGER_MAX
from shared.contracts.catalogue import NewerVersionError
from shared.contracts.record import Record, decode
from shared.kafka.clients import Message
from shared.kafka.headers import POSITION, SEQUENCE

REASON_MAX = 500
VERSION_MAX = 2**31 - 1
"""What the column of a stream's progress holds."""


@dataclass(frozen=True, slots=True)
class Received:
    """A record of another log, or of our own, as Kafka delivered it.

    Attributes:
        position: Place in the log of the service that said it.
        leaf: Its exact bytes (L7).
        headers: By name; a repeated name keeps its last value.
        record: The bytes, read.
    """

    topic: str
    partition: int
    offset: int
    stream: str
    version: int
    position: int
    leaf: bytes
    headers: Mapping[str, str]
    record: Record


class Unreadable(ValueError):  # noqa: N818 -- named for what it says of the message
    """What arrived is no record of a log, or contradicts itself."""


def stream_of(message: Message) -> str:
    """Return the stream that a message belongs to, by its key, whatever else is in it. Total.

    What a relay never writes gets a name of its own, so that it parks nobody else's stream.
    """
    if message.key is None:
        return f"?{message.partition}"
    return message.key.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def received(message: Message) -> Received:
    """Return ``message`` as a record with its place.

    Raises:
        Unreadable: It is no record; its key is not its stream; or its headers do not agree.
    """
    stream = stream_of(message)
    if message.value is None:
        raise Unreadable("a record without a value")
    try:
        record = decode(message.value)
        headers = {name: value.decode() for name, value in message.headers}
        position, sequence = int(headers[POSITION]), int(headers[SEQUENCE])
    except KeyError as missing:
        raise Unreadable(f"no header {missing.args[0]}") from missing
    except ValueError as error:
        raise Unreadable(f"no record: {type(error).__name__}") from error
    if record.stream != stream:
        raise Unreadable("the key is not the record's stream")
    in_bounds = 1 <= sequence <= VERSION_MAX and sequence <= position <= INTEGER_MAX
    if sequence != record.version or not in_bounds:
        raise Unreadable("the headers do not agree with the record")
    return Received(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        stream=stream,
        version=sequence,
        position=position,
        leaf=message.value,
        headers=headers,
        record=record,
    )


def reason_of(error: BaseException) -> str:
    """Return why something could not be applied, for an operator; at most ``REASON_MAX`` long.

    Of an error about data, only where and what kind: its text quotes the data.
    """
    match error:
        case ValidationError():
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            what = "; ".join(f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in faults)
        case asyncpg.PostgresError():
            what = str(error.sqlstate)
        case ValueError() if not isinstance(error, Unreadable | NewerVersionError):
            what = ""
        case _:
            what = str(error)
    return f"{type(error).__name__}: {what}".removesuffix(": ").replace("\x00", "")[:REASON_MAX]

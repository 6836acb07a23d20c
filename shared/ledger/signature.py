"""One signature line of a note. C2SP signed-note, "Signatures"."""

from dataclasses import dataclass
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.lines import base64_of, from_base64

KEY_ID_BYTES: Final = 4
NAME_BYTES_MAX: Final = 255
_DASH: Final = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Signature:
    """What a key says of a text.

    Attributes:
        name: Of the key.
        key_id: Four bytes that, with the name, tell keys apart; they prove nothing.
        value: What the algorithm of the key made; at least one byte.
    """

    name: str
    key_id: bytes
    value: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != KEY_ID_BYTES or not self.value:
            raise MalformedError(f"the signature of {self.name} is cut short")

    @property
    def line(self) -> str:
        """The line, without its newline."""
        return f"{_DASH}{self.name} {base64_of(self.key_id + self.value)}"


def signature_from(line: str) -> Signature:
    """Return the signature in ``line``, which has no newline.

    Raises:
        MalformedError: It is no signature line.
    """
    if not line.startswith(_DASH):
        raise MalformedError("a line after the text that is no signature")
    name, space, value = line.removeprefix(_DASH).partition(" ")
    if not space:
        raise MalformedError("a signature line without a signature")
    data = from_base64(value, "a signature")
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def check_name(name: str) -> None:
    """Refuse a name that no key may have.

    Raises:
        MalformedError: Empty, too long, or with a space, a plus or a control character.
    """
    forbidden = any(mark.isspace() or mark < " " or mark == "+" for mark in name)
    if not name or forbidden or len(name.encode()) > NAME_BYTES_MAX:
        raise MalformedError("no name of a key")

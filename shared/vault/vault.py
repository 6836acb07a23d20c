"""Sealing and revealing: AES-256-GCM under a key for each subject, wrapped by a master key."""

import hmac
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.contracts.base import Event, sealed_fields
from shared.ids import NONCE_BYTES, SALT_BYTES, new_id, new_key, new_nonce, new_salt
from shared.vault.commitment import canonical, commitment
from shared.vault.shelf import SealedValue, Shelf, WrappedKey

E = TypeVar("E", bound=Event)

MASTER_KEY_BYTES = 32
SEALED_BYTES_MAX = 65_535
KEYS_REMEMBERED_MAX = 1_000
_fields_of = cache(sealed_fields)
_KEY_CONTEXT = b"asf-key-v1\x00"
_FINGERPRINT_CONTEXT = b"asf-fingerprint-v1\x00"


class UnsealableError(ValueError):
    """The text cannot be sealed: too large, NUL, half a character, or not in NFC."""


class BrokenSeal(Exception):  # noqa: N818 -- an alarm: somebody changed what is stored
    """What is stored is not what the log committed to, or it was encrypted with other keys."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """An event as the log may hold it, and what the vault keeps of it.

    Attributes:
        event: With the commitment in the place of each text.
        values: To be stored together with the event or not at all (L11).
    """

    event: Event
    values: tuple[SealedValue, ...]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A sealed text with the salt that lets anybody hold it against its commitment.

    Attributes:
        salt: 32 bytes.
    """

    version: int
    field: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, ready for use.

    Attributes:
        fingerprinting: A second key, derived from the first; gone with it.
    """

    wrapped: WrappedKey
    cipher: AESGCM
    fingerprinting: bytes


class Vault:
    """Splits an event into what is open and what is sealed, and merges them again.

    Args:
        shelf: Where keys and values lie.
        master_key: 32 bytes from configuration.
    """

    def __init__(self, shelf: Shelf, *, master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key is {MASTER_KEY_BYTES} bytes")
        self._shelf = shelf
        self._master = AESGCM(master_key)
        self._keys: OrderedDict[str, _Key] = OrderedDict()

    async def seal(self, stream: str, version: int, event: Event) -> Sealing:
        """Return ``event`` with commitments in the place of its texts, and the texts encrypted.

        A subject's first text makes its key, durably, before this returns. Fresh salts always:
        sealing the same event twice gives two different commitments.

        Raises:
            UnsealableError: A text that cannot be sealed.
        """
        texts: dict[str, str] = {
            field: text
            for field in _fields_of(type(event))
            if (text := getattr(event, field)) is not None
        }
        if not texts:
            return Sealing(event, ())
        for text in texts.values():
            _check(text)
        key = await self._key_of(_subject(event))
        name = type(event).__name__
        commitments: dict[str, str] = {}
        values: list[SealedValue] = []
        for field, text in texts.items():
            salt, nonce = new_salt(), new_nonce()
            commitments[field] = commitment(name, field, salt, text)
            place = _place(stream, version, field)
            sealed = nonce + key.cipher.encrypt(nonce, salt + canonical(text), place)
            values.append(SealedValue(stream, version, field, key.wrapped, sealed))
        return Sealing(event.model_copy(update=commitments), tuple(values))

    async def reveal(self, stream: str, version: int, event: E) -> E | None:
        """Return ``event`` with its texts; ``None`` when they have been erased.

        All sealed fields of an event are about one subject, so they are erased together. An event
        without texts comes back as it is. The caller answers for whose eyes they are.

        Raises:
            BrokenSeal: See the class.
        """
        return (await self._reveal(stream, {version: event}))[version]

    async def reveal_all(self, stream: str, events: Sequence[E]) -> tuple[E | None, ...]:
        """Return a whole stream, oldest first, with its texts; ``None`` for each one erased.

        One round trip at most.

        Raises:
            BrokenSeal: See the class.
        """
        revealed = await self._reveal(stream, dict(enumerate(events, start=1)))
        return tuple(revealed[version] for version in range(1, len(events) + 1))

    async def disclose(
        self, stream: str, events: Mapping[int, Event], *, may: Callable[[type[Event], str], bool]
    ) -> tuple[Disclosed, ...]:
        """Return the texts of ``events`` with their salts, by version and field; none that is erased.

        A salt opens a commitment for ever, so it leaves the house for those only who may have it.
        One round trip at most.

        Args:
            stream: Whose events.
            events: By version; sealed fields hold their commitments.
            may: Whether whoever asks may see a field of a type of event.

        Raises:
            BrokenSeal: See the class.
        """
        wanted = {
            (version, field): (type(event).__name__, committed)
            for version, event in events.items()
            for field, committed in _committed(event).items()
            if may(type(event), field)
        }
        if not wanted:
            return ()
        versions = sorted({version for version, _ in wanted})
        found = [
            Disclosed(value.version, value.field, *self._opened(value, *wanted[place]))
            for value in await self._shelf.values(stream, versions)
            if (place := (value.version, value.field)) in wanted
        ]
        return tuple(sorted(found, key=lambda each: (each.version, each.field)))

    async def cipher_of(self, subject: str) -> AESGCM:
        """Return the cipher of ``subject``, for what is sealed outside the log, e.g. files.

        A subject without a key gets one, durably, before this returns. Asks the shelf each time:
        what was erased meanwhile does not open any more, and nothing new is sealed with its key.
        """
        return (await self._kept_key_of(subject)).cipher

    async def fingerprint(self, subject: str, text: str) -> str:
        """Return a keyed hash of ``text``, 64 hexadecimal digits.

        The same text has the same one within a subject, and another one elsewhere; without the
        key nobody can try texts until one fits.

        Raises:
            UnsealableError: The text cannot be sealed either.
        """
        _check(text)
        key = await self._kept_key_of(subject)
        return hmac.digest(key.fingerprinting, canonical(text), "sha256").hex()

    def forget(self, subject: str) -> None:
        """Drop the remembered key of ``subject``: it has been erased."""
        self._keys.pop(subject, None)

    async def _reveal(self, stream: str, events: Mapping[int, E]) -> dict[int, E | None]:
        """Return the events with their texts, by version."""
        wanted = {version: _committed(event) for version, event in events.items()}
        versions = [version for version, fields in wanted.items() if fields]
        found: dict[int, dict[str, SealedValue]] = {version: {} for version in versions}
        for value in await self._shelf.values(stream, versions) if versions else ():
            found[value.version][value.field] = value
        revealed: dict[int, E | None] = {}
        for version, event in events.items():
            commitments = wanted[version]
            sealed = found.get(version, {})
            if commitments.keys() <= sealed.keys():
                name = type(event).__name__
                texts = {
                    field: self._opened(sealed[field], name, commitments[field])[1]
                    for field in commitments
                }
                revealed[version] = event.model_copy(update=texts)
            else:
                revealed[version] = None
        return revealed

    def _opened(self, value: SealedValue, event_type: str, committed: str) -> tuple[bytes, str]:
        """Return salt and text in ``value``, which the log committed to with ``committed``."""
        place = _place(value.stream, value.version, value.field)
        try:
            cipher = self._unwrap(value.key).cipher
            nonce, body = value.sealed[:NONCE_BYTES], value.sealed[NONCE_BYTES:]
            opened = cipher.decrypt(nonce, body, place)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal(f"{value.stream} {value.version} {value.field}") from error
        salt, text = opened[:SALT_BYTES], orjson.loads(opened[SALT_BYTES:])
        if commitment(event_type, value.field, salt, text) != committed:
            raise BrokenSeal(f"{value.stream} {value.version} {value.field}")
        return salt, str(text)

    async def _key_of(self, subject: str) -> _Key:
        """Return the key of ``subject`` from memory, erased or not, or else as it is kept."""
        known = self._keys.get(subject)
        if known is not None:
            self._keys.move_to_end(subject)
            return known
        return await self._kept_key_of(subject)

    async def _kept_key_of(self, subject: str) -> _Key:
        """Return the key of ``subject`` from the shelf, or made now: never one that was erased."""
        nonce = new_nonce()
        wrapped = nonce + self._master.encrypt(nonce, new_key(), _KEY_CONTEXT + subject.encode())
        return self._unwrap(await self._shelf.key_of(WrappedKey(new_id(), subject, wrapped)))

    def _unwrap(self, wrapped: WrappedKey) -> _Key:
        """Return the key in ``wrapped``, and remember it."""
        known = self._keys.get(wrapped.subject)
        if known is not None and known.wrapped.id == wrapped.id:
            self._keys.move_to_end(wrapped.subject)
            return known
        nonce, body = wrapped.wrapped[:NONCE_BYTES], wrapped.wrapped[NONCE_BYTES:]
        context = _KEY_CONTEXT + wrapped.subject.encode()
        try:
            plain = self._master.decrypt(nonce, body, context)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal(f"the key of {wrapped.subject} is under another master key") from error
        fingerprinting = hmac.digest(plain, _FINGERPRINT_CONTEXT, "sha256")
        key = self._keys[wrapped.subject] = _Key(wrapped, AESGCM(plain), fingerprinting)
        self._keys.move_to_end(wrapped.subject)
        if len(self._keys) > KEYS_REMEMBERED_MAX:
            self._keys.popitem(last=False)
        return key


def _subject(event: Event) -> str:
    """Return whose the sealed fields of ``event`` are."""
    assert event.sealed_subject, f"{type(event).__name__} does not say whose its sealed fields are"
    return str(getattr(event, event.sealed_subject))


def _committed(event: Event) -> dict[str, str]:
    """Return the commitments in an event that was read from a log, by field."""
    return {
        field: value
        for field in _fields_of(type(event))
        if (value := getattr(event, field)) is not None
    }


def _place(stream: str, version: int, field: str) -> bytes:
    """Return where a value belongs; it cannot be opened as that of another place."""
    return f"{stream}\x00{version}\x00{field}".encode()


def _check(text: str) -> None:
    """Refuse a text that has no single canonical form, or is too large."""
    if "\x00" in text or not unicodedata.is_normalized("NFC", text):
        raise UnsealableError("text holds NUL or is not in NFC")
    try:
        size = len(canonical(text))
    except TypeError as error:
        raise UnsealableError("text holds half a character") from error
    if size > SEALED_BYTES_MAX:
        raise UnsealableError(f"{size} bytes are more than {SEALED_BYTES_MAX}")

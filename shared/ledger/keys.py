"""Who signs and who is believed. C2SP signed-note, "Verifier keys", and tlog-cosignature."""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.ledger.cosignature import cosigned_message, timestamp_and_signature, with_timestamp
from shared.ledger.errors import MalformedError
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.lines import base64_of, from_base64
from shared.ledger.signature import KEY_ID_BYTES, Signature, check_name

PUBLIC_KEY_BYTES: Final = 32
SEED_BYTES: Final = 32


class Algorithm(IntEnum):
    """What a key signs, by its byte in C2SP signed-note, "Signature types"."""

    ED25519 = 0x01
    """The text itself: how a log signs its checkpoint."""
    COSIGNATURE = 0x04
    """The text of a checkpoint and a time: how a witness signs."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key, by which a signature is believed."""

    name: str
    algorithm: Algorithm
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise MalformedError(f"a public key of {len(self.public_key)} bytes")

    @property
    def key_id(self) -> bytes:
        """What tells it from other keys of the same name."""
        about = self.name.encode() + b"\n" + bytes((self.algorithm,)) + self.public_key
        return sha256(about).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text, to be handed to whoever verifies."""
        material = base64_of(bytes((self.algorithm,)) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def made(self, signature: Signature) -> bool:
        """Return whether ``signature`` claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verifies(self, text: str, signature: Signature) -> bool:
        """Return whether this key signed ``text`` so. Total."""
        try:
            message, value = self._signed(text, signature.value)
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(value, message)
        except (InvalidSignature, MalformedError, ValueError):
            return False
        return self.made(signature)

    def _signed(self, text: str, value: bytes) -> tuple[bytes, bytes]:
        """Return the bytes that were signed, and the bare Ed25519 signature."""
        if self.algorithm is Algorithm.ED25519:
            return text.encode(), value
        timestamp, signature = timestamp_and_signature(value)
        return cosigned_message(text, timestamp), signature


def verifier_key(vkey: str) -> VerifierKey:
    """Return the key that ``vkey`` writes.

    Raises:
        MalformedError: It writes none, one of an algorithm not known here, or with a false id.
    """
    name, _, rest = vkey.partition("+")
    key_id, _, material = rest.partition("+")
    data = from_base64(material, "a verifier key")
    if not data or data[0] not in set(Algorithm):
        raise MalformedError("a verifier key of an unknown algorithm")
    key = VerifierKey(name, Algorithm(data[0]), data[1:])
    if key_id != key.key_id.hex():
        raise MalformedError(f"the verifier key of {name} has the id of another")
    return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key of a log. C2SP signed-note, Ed25519: it signs a text as it is.

    Attributes:
        name: The log's origin.
    """

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Algorithm.ED25519, _public(self.private))

    def sign(self, text: str) -> Signature:
        """Return the signature of ``text``. Deterministic: the same text, the same signature."""
        return Signature(self.name, self.verifier.key_id, self.private.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class CosigningKey:
    """The key of a witness. C2SP tlog-cosignature, Ed25519.

    The message does not name the witness: a key serves one name, and signs nothing else.
    """

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Algorithm.COSIGNATURE, _public(self.private))

    def cosign(self, text: str, timestamp: int) -> Signature:
        """Return the cosignature of a checkpoint's ``text``, seen at ``timestamp``.

        Args:
            text: All of it, extension lines included.
            timestamp: Seconds since 1970, UTC; never 0.
        """
        if not 0 < timestamp <= SIZE_MAX:
            raise ValueError("a cosignature needs its time")
        signature = self.private.sign(cosigned_message(text, timestamp))
        return Signature(self.name, self.verifier.key_id, with_timestamp(timestamp, signature))


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """Return the private key made of ``seed``: 32 secret bytes, RFC 8032's private key.

    Raises:
        MalformedError: It has another length.
    """
    if len(seed) != SEED_BYTES:
        raise MalformedError(f"a seed of {len(seed)} bytes")
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()

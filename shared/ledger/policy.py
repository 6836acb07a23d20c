"""Whom one believes: which logs, which witnesses, and how many of them. C2SP tlog-policy.

A policy is a text that whoever verifies keeps for themselves. It never comes from the log.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.ledger.checkpoint import Checkpoint, parse_checkpoint
from shared.ledger.cosignature import timestamp_and_signature
from shared.ledger.errors import MalformedError, UntrustedError
from shared.ledger.keys import Algorithm, VerifierKey
from shared.ledger.note import Note, parse_note, signers

NONE: Final = "none"
"""The quorum of a policy that asks for no witness."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some witnesses, or groups of them, and how many of them must agree.

    Attributes:
        need: At least 1, at most all.
        members: Names; each name is a member of one group at most.
    """

    need: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.need <= len(self.members):
            raise MalformedError(f"a group that needs {self.need} of {len(self.members)}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that was found to be as the policy demands.

    Attributes:
        log_keys: Who signed for the log; during a change of keys there may be two.
        seen_at: When each known witness saw it, seconds since 1970; its latest if it says several.
    """

    checkpoint: Checkpoint
    note: Note
    log_keys: tuple[VerifierKey, ...]
    seen_at: Mapping[VerifierKey, int]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom one believes.

    Attributes:
        logs: Their keys, each named as its log's origin; an old and a new key may share a name.
        witnesses: By the name that groups and quorum know them by.
        groups: By name; a group's members stand before it.
        quorum: The witness or group that must have cosigned; ``NONE`` asks for nobody.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str

    def __post_init__(self) -> None:
        _check_keys(self.logs, Algorithm.ED25519)
        _check_keys(tuple(self.witnesses.values()), Algorithm.COSIGNATURE)
        _check_names(self)

    def open(self, data: bytes) -> Opened:
        """Return the checkpoint that the note ``data`` writes, when it is as this policy demands.

        Raises:
            MalformedError: It is no note, or its text is no checkpoint.
            DisprovedError: A known key's signature is false.
            UntrustedError: No known key of its own log signed it, or too few witnesses did.
        """
        note = parse_note(data)
        signed = signers(note, (*self.logs, *self.witnesses.values()))
        checkpoint = parse_checkpoint(note.text)
        log_keys = tuple(
            dict.fromkeys(
                key for key, _ in signed if key in self.logs and key.name == checkpoint.origin
            )
        )
        if not log_keys:
            raise UntrustedError(f"no known key of {checkpoint.origin} signed its checkpoint")
        seen_at: dict[VerifierKey, int] = {}
        for key, signature in signed:
            if key.algorithm is Algorithm.COSIGNATURE:
                timestamp, _ = timestamp_and_signature(signature.value)
                seen_at[key] = max(timestamp, seen_at.get(key, 0))
        if not self._agreed(self.quorum, seen_at):
            raise UntrustedError(f"too few witnesses saw {checkpoint.origin} at {checkpoint.size}")
        return Opened(checkpoint, note, log_keys, MappingProxyType(seen_at))

    def _agreed(self, name: str, seen_at: Collection[VerifierKey]) -> bool:
        """Return whether the witness or group ``name`` has cosigned."""
        if name == NONE:
            return True
        if name in self.witnesses:
            return self.witnesses[name] in seen_at
        group = self.groups[name]
        return sum(self._agreed(member, seen_at) for member in group.members) >= group.need


def policy_of(
    logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = (), *, need: int = 0
) -> Policy:
    """Return the policy that believes ``logs``, cosigned by ``need`` of ``witnesses``.

    Raises:
        MalformedError: A key twice, a key for the other use, or more needed than there are.
    """
    named = {f"w{number}": key for number, key in enumerate(witnesses, 1)}
    if need == 0:
        return Policy(tuple(logs), named, {}, NONE)
    return Policy(tuple(logs), named, {"quorum": Group(need, tuple(named))}, "quorum")


def _check_keys(keys: Sequence[VerifierKey], algorithm: Algorithm) -> None:
    """Refuse one public key twice, whatever its names, and a key for another use."""
    if len({key.public_key for key in keys}) != len(keys):
        raise MalformedError("a policy that names one public key twice")
    if any(key.algorithm is not algorithm for key in keys):
        raise MalformedError(f"a policy with a key that is not of type {algorithm:#04x} there")


def _check_names(policy: Policy) -> None:
    """Refuse a name for two things, an unknown one, and one that counts in two groups."""
    names, used = set(policy.witnesses), set[str]()
    for name, group in policy.groups.items():
        members = set(group.members)
        if name in names or not members <= names or used & members:
            raise MalformedError(f"group {name}: a name twice, or before it stands for anything")
        if len(members) != len(group.members):
            raise MalformedError(f"group {name}: a member twice")
        names.add(name)
        used |= members
    if NONE in names or policy.quorum not in names | {NONE}:
        raise MalformedError("a quorum that is nobody, or a name that means nobody")

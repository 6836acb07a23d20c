"""Whom whoever verifies believes: logs, witnesses, and how many of them. C2SP tlog-policy."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from verify.forms import text_from
from verify.note import LOG, WITNESS, Key, key_from
from verify.refused import MalformedError

_NONE: Final = "none"
_BLANKS: Final = re.compile(r"[ \t]+")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(slots=True)
class Policy:
    """What the lines of a policy say.

    Attributes:
        witnesses: By the name in the policy.
        groups: By name: how many of which members.
        quorum: A witness, a group or ``none``; ``""`` until it has been said.
    """

    logs: list[Key] = field(default_factory=list[Key])
    witnesses: dict[str, Key] = field(default_factory=dict[str, Key])
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[int, tuple[str, ...]]]
    )
    quorum: str = ""

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs that are believed, each once, in the order of the policy."""
        return tuple(dict.fromkeys(key.name for key in self.logs))

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key."""
        return (*self.logs, *self.witnesses.values())

    def agreed(self, seen: Collection[Key], name: str | None = None) -> bool:
        """Return whether the witnesses in ``seen`` are enough for the quorum, or for ``name``."""
        name = self.quorum if name is None else name
        if name == _NONE:
            return True
        if name in self.witnesses:
            return self.witnesses[name] in seen
        need, members = self.groups[name]
        return sum(self.agreed(seen, member) for member in members) >= need


def policy_from(data: bytes) -> Policy:
    """Return the policy that ``data`` writes.

    Raises:
        MalformedError: It writes none; the message says which line.
    """
    policy = Policy()
    for number, line in enumerate(text_from(data.replace(b"\t", b" "), "a policy").split("\n"), 1):
        words = _BLANKS.split(line.strip(" "))
        if not words[0] or words[0].startswith("#"):
            continue
        try:
            _take(words, policy)
        except MalformedError as error:
            raise MalformedError(f"line {number} of the policy: {error.why}") from error
    if not policy.quorum:
        raise MalformedError("a policy without a quorum")
    publics = [key.public for key in policy.keys]
    if len(set(publics)) != len(publics):
        raise MalformedError("a policy that names one key twice")
    return policy


def _take(words: list[str], policy: Policy) -> None:
    known = {_NONE, *policy.witnesses, *policy.groups}
    match words:
        case ["log", vkey] | ["log", vkey, _]:
            policy.logs.append(_key_of_kind(vkey, LOG))
        case ["witness", name, vkey] | ["witness", name, vkey, _] if name not in known:
            policy.witnesses[name] = _key_of_kind(vkey, WITNESS)
        case ["group", name, need, *members] if name not in known:
            policy.groups[name] = (_needed(need, members, policy), tuple(members))
        case ["quorum", name] if name in known and not policy.quorum:
            policy.quorum = name
        case _:
            raise MalformedError("no log, witness, group or quorum, or a name twice or too early")


def _key_of_kind(vkey: str, kind: int) -> Key:
    key = key_from(vkey)
    if key.kind != kind:
        raise MalformedError(f"the key of {key.name} is for something else")
    return key


def _needed(need: str, members: list[str], policy: Policy) -> int:
    """Return how many of ``members`` must agree."""
    taken = {member for _, others in policy.groups.values() for member in others}
    if len(set(members)) != len(members) or taken.intersection(members):
        raise MalformedError("a member twice")
    if not set(members) <= {*policy.witnesses, *policy.groups}:
        raise MalformedError("a member that stands below, or nowhere")
    if need not in {"any", "all"} and not _NUMBER.fullmatch(need):
        raise MalformedError(f"how many is {need[:40]!r}?")
    count = {"any": 1, "all": len(members)}.get(need) or int(need if need.isdigit() else 0)
    if not 1 <= count <= len(members):
        raise MalformedError(f"{count} of {len(members)} members")
    return count

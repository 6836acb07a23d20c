"""A policy as a text. C2SP tlog-policy, "Policy file syntax and structure"."""

import re
from dataclasses import dataclass, field
from typing import Final

from shared.ledger.errors import MalformedError
from shared.ledger.keys import VerifierKey, verifier_key
from shared.ledger.lines import text_from
from shared.ledger.policy import Group, Policy

POLICY_BYTES_MAX: Final = 1_000_000
_BLANKS: Final = re.compile(r"[ \t]+")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(slots=True)
class _Read:
    """What the lines have said so far."""

    logs: list[VerifierKey] = field(default_factory=list[VerifierKey])
    witnesses: dict[str, VerifierKey] = field(default_factory=dict[str, VerifierKey])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    quorums: list[str] = field(default_factory=list[str])


def parse_policy(data: bytes) -> Policy:
    """Return the policy that ``data`` writes. Names are UTF-8, which the specification advises.

    Raises:
        MalformedError: It writes none; the message names the line.
    """
    text = text_from(data.replace(b"\t", b" "), "a policy", bytes_max=POLICY_BYTES_MAX)
    read = _Read()
    for number, line in enumerate(text.split("\n"), 1):
        words = _BLANKS.split(line.strip(" "))
        if words[0] and not words[0].startswith("#"):
            try:
                _take(words, read)
            except MalformedError as error:
                raise MalformedError(f"line {number}: {error}") from error
    if len(read.quorums) != 1:
        raise MalformedError(f"a policy with {len(read.quorums)} quorums")
    return Policy(tuple(read.logs), read.witnesses, read.groups, read.quorums[0])


def policy_text(policy: Policy) -> str:
    """Return ``policy`` as a text that ``parse_policy`` reads."""
    lines = [
        *(f"log {key.vkey}" for key in policy.logs),
        *(f"witness {name} {key.vkey}" for name, key in policy.witnesses.items()),
        *(
            f"group {name} {group.need} {' '.join(group.members)}"
            for name, group in policy.groups.items()
        ),
        f"quorum {policy.quorum}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _take(words: list[str], read: _Read) -> None:
    """Take one line. An address at its end is for others, and passed over."""
    match words:
        case ["log", vkey] | ["log", vkey, _]:
            read.logs.append(verifier_key(vkey))
        case ["witness", name, vkey] | ["witness", name, vkey, _]:
            _check_new(name, read)
            read.witnesses[name] = verifier_key(vkey)
        case ["group", name, need, *members]:
            _check_new(name, read)
            if not set(members) <= read.witnesses.keys() | read.groups.keys():
                raise MalformedError(f"group {name} with a member that stands below it")
            read.groups[name] = Group(_needed(need, len(members)), tuple(members))
        case ["quorum", name]:
            if name not in {"none", *read.witnesses, *read.groups}:
                raise MalformedError(f"quorum {name} is nobody, or stands below")
            read.quorums.append(name)
        case _:
            raise MalformedError("no log, witness, group or quorum")


def _check_new(name: str, read: _Read) -> None:
    """Refuse a name that stands for something already."""
    if name in {"none", *read.witnesses, *read.groups}:
        raise MalformedError(f"{name} is defined twice")


def _needed(need: str, members: int) -> int:
    """Return how many of ``members`` the word ``need`` asks for."""
    match need:
        case "any":
            return 1
        case "all":
            return members
        case _ if _NUMBER.fullmatch(need):
            return int(need)
        case _:
            raise MalformedError(f"how many is {need}?")

"""``sigill-verify evidence``: it believes what is shown, and nothing of what is only said."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from services.audit.witness.evidence import (
    Evidence,
    Fork,
    OtherHeads,
    OtherRoot,
    Unsigned,
    document,
)
from shared.ledger import (
    Note,
    Policy,
    parse_checkpoint,
    policy_of,
    policy_text,
    sign_checkpoint,
)
from shared.ledger.tree import consistency_proof
from tests.ledger.samples import LOG_KEY, NEXT_LOG_KEY, ORIGIN, STRANGER, checkpoint, hashes
from tests.verify.house import Place

TREE, OTHER = hashes(20), hashes(20, salt=1)
BELIEVED = policy_of([LOG_KEY.verifier])
Spoil: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
AT = datetime(2019, 6, 17, 8, tzinfo=UTC)


def signed(tree: list[bytes], *lines: str) -> Note:
    """Return what the log signed over ``tree``."""
    return sign_checkpoint(checkpoint(tree, *lines), LOG_KEY)


def root(tree: list[bytes]) -> bytes:
    """Return the root of ``tree``."""
    return checkpoint(tree).root


def grown(tree: list[bytes], old: int) -> tuple[bytes, ...]:
    """Return the proof that ``tree`` grew from ``old``."""
    return consistency_proof(tree, old)


FORKS = {
    "of one size": Fork(signed(OTHER), signed(TREE), root(TREE), ()),
    "of a smaller size": Fork(signed(OTHER[:9]), signed(TREE), root(TREE[:9]), grown(TREE, 9)),
    "of a complete subtree": Fork(
        signed(OTHER[:16]), signed(TREE), root(TREE[:16]), grown(TREE, 16)
    ),
}
NONE = {
    "no fork": Fork(signed(TREE[:9]), signed(TREE), root(TREE[:9]), grown(TREE, 9)),
    "no proof": Fork(signed(OTHER[:9]), signed(TREE), root(OTHER[:8]), grown(TREE, 9)),
    "no proof at one size": Fork(signed(OTHER), signed(TREE), root(OTHER[:8]), ()),
    "the same at one size": Fork(signed(TREE), signed(TREE), root(TREE), ()),
}
OTHERS: dict[str, Evidence] = {
    "root": OtherRoot(signed(OTHER), root(TREE), None, (), None),
    "heads": OtherHeads(signed(TREE, "false"), checkpoint(TREE, "true").text),
    "signature": Unsigned(b"<html>"),
}


def notes_of(fork: Fork) -> tuple[Note, Note]:
    """Return the two notes of ``fork``."""
    return fork.first, fork.second


def file_of(evidence: Evidence) -> bytes:
    """Return the file of ``evidence``."""
    return document(evidence, log="asf/review", origin=ORIGIN, found_at=AT)


def asked(place: Place, data: bytes, policy: Policy = BELIEVED) -> tuple[int, dict[str, Any]]:
    """Return exit code and report about ``data``."""
    place.put("policy", policy_text(policy).encode())
    place.put("evidence", data)
    return place.asked("evidence", place.folder / "evidence", "--policy", place.folder / "policy")


@pytest.mark.parametrize("name", FORKS)
def test_a_fork_is_proved_by_the_log_itself(place: Place, name: str) -> None:
    """Section 7: 0; the two checkpoints are named."""
    code, report = asked(place, file_of(FORKS[name]))
    assert (code, report["result"], report["proved"]) == (0, "ok", "fork"), report
    sizes = [each["size"] for each in report["checkpoints"]]
    assert sizes == [parse_checkpoint(each.text).size for each in notes_of(FORKS[name])]


@pytest.mark.parametrize("name", NONE)
def test_an_accusation_that_proves_nothing_is_refused(place: Place, name: str) -> None:
    """Section 7: 1; a witness is not believed more than a log."""
    code, report = asked(place, file_of(NONE[name]))
    assert (code, report["result"]) == (1, "tampered")


@pytest.mark.parametrize("name", FORKS)
def test_what_no_trusted_key_signed_accuses_nobody(place: Place, name: str) -> None:
    """Section 7: 3; whoever made the file may have made the notes too."""
    code, _ = asked(place, file_of(FORKS[name]), policy_of([STRANGER.verifier]))
    assert code == 3


@pytest.mark.parametrize("name", OTHERS)
def test_what_rests_on_the_witness_is_not_called_proved(place: Place, name: str) -> None:
    """Section 7: 2; the other kinds show what the witness has, and a log cannot be held to that."""
    assert asked(place, file_of(OTHERS[name]))[0] == 2


def without(name: str) -> Spoil:
    """Return what leaves a field out."""
    return lambda said: {key: value for key, value in said.items() if key != name}


def with_(**fields: Any) -> Spoil:
    """Return what puts other values in."""
    return lambda said: said | fields


@pytest.mark.parametrize(
    "spoil",
    [
        *map(without, ("first", "second", "root", "hashes")),
        *(with_(hashes=wrong) for wrong in ([1], ["AAAA"], None, [])),
        *(with_(root=wrong) for wrong in (b64encode(b"short").decode(), 7)),
        *(with_(first=wrong) for wrong in ("", "a note", 7)),
    ],
    ids=range(13),
)
def test_another_form_is_refused(place: Place, spoil: Spoil) -> None:
    """Section 7: 2."""
    said = spoil(json.loads(file_of(FORKS["of a smaller size"])))
    data = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert asked(place, data)[0] == 2


def test_two_logs_are_no_fork(place: Place) -> None:
    """Section 7: 1; each may have its own root."""
    other = replace(NEXT_LOG_KEY, name="example.org/asf/other")
    note = sign_checkpoint(replace(checkpoint(OTHER), origin=other.name), other)
    evidence = Fork(note, signed(TREE), root(TREE), ())
    believed = policy_of([LOG_KEY.verifier, other.verifier])
    assert asked(place, file_of(evidence), believed)[0] == 1

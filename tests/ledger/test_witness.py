"""C2SP tlog-witness, "add-checkpoint": what is asked, and each answer that is no."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    EMPTY_ROOT,
    AddCheckpoint,
    Checkpoint,
    MalformedError,
    No,
    Note,
    WitnessRefusal,
    check_next,
    parse_add_checkpoint,
    sign_checkpoint,
    signature_lines,
    signatures_from,
    signed_checkpoint,
)
from shared.ledger.signature import Signature
from shared.ledger.tree import consistency_proof
from tests.ledger.samples import (
    LOG_KEY,
    NEXT_LOG_KEY,
    ORIGIN,
    POLICY,
    SEEN_AT,
    STRANGER,
    WITNESS,
    checkpoint,
    hashes,
)

KEYS = [LOG_KEY.verifier, NEXT_LOG_KEY.verifier]
TREE = hashes(9)
LAST = checkpoint(TREE[:4])


def wish(new: Checkpoint, old_size: int, *proof: bytes) -> AddCheckpoint:
    """Return the wish that ``new`` be cosigned."""
    return AddCheckpoint(old_size, proof, sign_checkpoint(new, LOG_KEY).encode())


GOOD = wish(checkpoint(TREE), 4, *consistency_proof(TREE, 4))


def refused(asked: AddCheckpoint, last: Checkpoint | None = LAST) -> WitnessRefusal:
    """Return why ``asked`` is refused."""
    with pytest.raises(WitnessRefusal) as no:
        check_next(asked, signed_checkpoint(asked, KEYS)[0], last)
    return no.value


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_log_that_grew_is_cosigned(one: int, other: int) -> None:
    """C2SP tlog-witness: the first time, from any size on, and at the same size again."""
    old, new = sorted((one, other))
    tree = hashes(new)
    proof = consistency_proof(tree, old) if old else ()
    asked = wish(checkpoint(tree), old, *proof)

    said, note = signed_checkpoint(asked, KEYS)
    check_next(asked, said, checkpoint(tree[:old]))
    if old == 0:
        check_next(asked, said, None)
    assert said == checkpoint(tree)
    assert note.encode() == asked.checkpoint


def test_a_wish_is_read_back() -> None:
    """C2SP tlog-witness: old size, proof lines, an empty line, the checkpoint."""
    assert parse_add_checkpoint(GOOD.encode()) == GOOD
    assert GOOD.encode().startswith(b"old 4\n")
    first = wish(checkpoint(TREE), 0)
    assert parse_add_checkpoint(first.encode()) == first
    assert first.encode() == b"old 0\n\n" + first.checkpoint


HASH = "A" * 43 + "="
NO_WISHES = [
    *("", "old 4\n", f"old 4\n{HASH}\n", "new 4\n\nx", "\nold 4\n\nx", "old 4\r\n\r\nx"),
    *(f"old {size}\n\nx" for size in ("", "04", "-1", "+4", " 4", "4 ", "9223372036854775808")),
    *(f"old 4\n{line}\n\nx" for line in ("AAAA", HASH[:-1], f" {HASH}", "?")),
    "\n".join(("old 4", *[HASH] * 64, "", "x")),
]


@pytest.mark.parametrize("body", NO_WISHES, ids=range(len(NO_WISHES)))
def test_what_is_no_wish_is_refused(body: str) -> None:
    """C2SP tlog-witness, 400: not more than 63 proof lines, and one form for everything."""
    assert parse_add_checkpoint(f"old 4\n{HASH}\n\nx".encode()).proof == (bytes(32),)
    with pytest.raises(MalformedError):
        parse_add_checkpoint(body.encode())


def test_a_log_that_is_not_known_is_not_cosigned() -> None:
    """C2SP tlog-witness: 404."""
    with pytest.raises(WitnessRefusal) as no:
        signed_checkpoint(GOOD, [])
    assert no.value.why is No.UNKNOWN_LOG
    assert no.value.why.value == 404


def test_what_its_log_did_not_sign_is_not_cosigned() -> None:
    """C2SP tlog-witness: 403, for no known signature as for a false one."""
    text = checkpoint(TREE).text
    false = Signature(ORIGIN, LOG_KEY.verifier.key_id, STRANGER.sign(text).value)
    for signatures in ((STRANGER.sign(text),), (NEXT_LOG_KEY.sign(text), false)):
        with pytest.raises(WitnessRefusal) as no:
            signed_checkpoint(replace(GOOD, checkpoint=Note(text, signatures).encode()), KEYS)
        assert no.value.why is No.UNTRUSTED
    with pytest.raises(WitnessRefusal) as no:
        signed_checkpoint(replace(GOOD, checkpoint=b"no note"), KEYS)
    assert no.value.why is No.MALFORMED


def test_a_proof_from_another_size_gets_the_size_to_start_from() -> None:
    """C2SP tlog-witness: 409, and the size that was cosigned last as the body."""
    for old, last in ((4, checkpoint(TREE[:5])), (4, None), (0, LAST)):
        no = refused(replace(GOOD, old_size=old), last)
        assert no.why is No.STALE
        assert str(no) == f"{last.size if last else 0}\n"


def test_an_old_size_above_the_new_is_refused() -> None:
    """C2SP tlog-witness: 400; whatever was cosigned."""
    assert refused(wish(checkpoint(TREE[:3]), 4)).why is No.MALFORMED
    assert refused(wish(checkpoint(TREE[:3]), 4), None).why is No.MALFORMED


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        (wish(checkpoint(TREE), 4), LAST),
        (replace(GOOD, proof=GOOD.proof[:-1]), LAST),
        (replace(GOOD, proof=(*GOOD.proof, TREE[0])), LAST),
        (replace(GOOD, proof=(TREE[0], *GOOD.proof[1:])), LAST),
        (wish(checkpoint(hashes(9, salt=1)), 4, *GOOD.proof), LAST),
        (GOOD, checkpoint(hashes(4, salt=1))),
        (wish(checkpoint(hashes(4, salt=1)), 4), LAST),
        (wish(LAST, 4, TREE[0]), LAST),
        (wish(checkpoint(TREE), 0, TREE[0]), None),
        (wish(Checkpoint(ORIGIN, 0, TREE[0]), 0), None),
        (wish(Checkpoint(ORIGIN, 0, TREE[0]), 0), Checkpoint(ORIGIN, 0, EMPTY_ROOT)),
    ],
    ids=range(11),
)
def test_a_history_that_does_not_hold_is_evidence(
    asked: AddCheckpoint, last: Checkpoint | None
) -> None:
    """C2SP tlog-witness: 422 for proof, root at one size, proof from nothing, empty with a root."""
    assert refused(asked, last).why is No.INCONSISTENT


def test_the_answer_is_added_to_the_checkpoint() -> None:
    """C2SP tlog-witness, 200: signature lines, which the log puts behind its own."""
    said, note = signed_checkpoint(GOOD, KEYS)
    answer = signature_lines([WITNESS.cosign(said.text, SEEN_AT)])
    seen = POLICY.open(note.signed_also(signatures_from(answer)).encode())

    assert answer.startswith("\N{EM DASH} example.org/audit ")
    assert seen.seen_at == {WITNESS.verifier: SEEN_AT}
    for cut in ("", answer[:-1], answer + "more"):
        with pytest.raises(MalformedError):
            signatures_from(cut)


def test_extension_lines_are_not_judged() -> None:
    """C2SP tlog-witness: the protocol is about the tree; who seals in lines checks them apart."""
    again = wish(checkpoint(TREE[:4], "another line"), 4)

    check_next(again, signed_checkpoint(again, KEYS)[0], LAST)

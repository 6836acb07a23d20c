"""C2SP tlog-checkpoint and tlog-cosignature: what a log says of itself, and who saw it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    DisprovedError,
    MalformedError,
    check_growth,
    check_signable,
    parse_checkpoint,
    sign_checkpoint,
    signers,
)
from shared.ledger.cosignature import (
    cosigned_message,
    timestamp_and_signature,
    with_timestamp,
)
from shared.ledger.hashes import SIZE_MAX
from shared.ledger.signature import Signature
from shared.ledger.tree import consistency_proof
from tests.ledger.samples import LOG_KEY, NEXT_LOG_KEY, ORIGIN, SEEN_AT, WITNESS, checkpoint, hashes

PUBLISHED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""Source: c2sp.org/tlog-checkpoint, its example."""
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
CHECKPOINTS = st.builds(
    Checkpoint,
    LINES,
    st.integers(0, SIZE_MAX),
    st.binary(min_size=32, max_size=32),
    st.lists(LINES, max_size=3).map(tuple),
)


def test_the_published_checkpoint_is_read() -> None:
    """C2SP tlog-checkpoint: origin, size, root."""
    said = parse_checkpoint(PUBLISHED)

    assert (said.origin, said.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert said.root.hex().startswith("0ac5186a91863e8e1d90c808014aa89b")
    assert said.text == PUBLISHED


@given(CHECKPOINTS)
def test_every_checkpoint_is_read_back(said: Checkpoint) -> None:
    """C2SP tlog-checkpoint: one text for each checkpoint, extension lines included."""
    assert parse_checkpoint(said.text) == said


SIZES = ("", "+1", "-1", "01", " 1", "1 ", "1e3", "0x1", "9223372036854775808", "\u0662")
ROOTS = (
    "",
    "AAAA",
    f"{'A' * 43}",
    f"{'A' * 42}B=",
    f"{'A' * 42}_=",
    f" {'A' * 43}=",
    f"{'A' * 44}",
)
NO_CHECKPOINTS = [
    *(f"an origin\n{size}\n{'A' * 43}=\n" for size in SIZES),
    *(f"an origin\n1\n{root}\n" for root in ROOTS),
    *("", "\n", PUBLISHED[:-1], f"{PUBLISHED}\n", f"\n{PUBLISHED}", f"{PUBLISHED}more"),
    f"{PUBLISHED}more\n\nmore\n",
    PUBLISHED.replace("\n", "\r\n"),
    PUBLISHED.partition("\n")[2],
]


@pytest.mark.parametrize("text", NO_CHECKPOINTS, ids=repr)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """C2SP tlog-checkpoint, "Note text"; Section 7: one form for each number and hash."""
    assert parse_checkpoint(f"an origin\n1\n{'A' * 43}=\n").root == bytes(32)
    with pytest.raises(MalformedError):
        parse_checkpoint(text)


@pytest.mark.parametrize("size", [-1, SIZE_MAX + 1])
def test_a_log_has_a_size_that_can_be_counted(size: int) -> None:
    """C2SP tlog-checkpoint: what could not be read back is not made."""
    with pytest.raises(MalformedError):
        Checkpoint(ORIGIN, size, EMPTY_ROOT)


def test_a_log_signs_under_its_origin_with_two_keys_while_one_replaces_the_other() -> None:
    """Section 7: key rotation is a second signature line."""
    said = checkpoint(hashes(5))
    note = sign_checkpoint(said, LOG_KEY, NEXT_LOG_KEY)

    assert len(signers(note, [LOG_KEY.verifier, NEXT_LOG_KEY.verifier])) == 2
    with pytest.raises(ValueError, match="origin"):
        sign_checkpoint(Checkpoint("another", 0, EMPTY_ROOT), LOG_KEY)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_log_grows_and_never_shrinks(old: int, new: int) -> None:
    """Section 7: a head is consistent with the one before it, or a signer and a witness refuse."""
    tree = hashes(max(old, new))
    before, after = checkpoint(tree[:old]), checkpoint(tree[:new])
    proof = consistency_proof(tree[:new], old) if 0 < old <= new else ()

    if old <= new:
        check_growth(before, after, proof)
        check_signable(before, after, proof)
    else:
        with pytest.raises(DisprovedError):
            check_growth(before, after, proof)


def test_another_history_another_log_and_an_empty_log_with_a_root_are_refused() -> None:
    """Section 7: fork, rollback and regrowth, and what a witness refuses beside them."""
    tree, forked = hashes(6), hashes(6, salt=1)
    before, after = checkpoint(tree[:4]), checkpoint(tree)
    proof = consistency_proof(tree, 4)
    other = Checkpoint("example.org/asf/intake", after.size, after.root)
    regrown = checkpoint([*tree[:3], *forked[3:]])

    for new in (other, checkpoint(forked), regrown, checkpoint(forked[:4])):
        with pytest.raises((DisprovedError, MalformedError)):
            check_growth(before, new, proof if new.size == 6 else ())
    with pytest.raises(DisprovedError):
        check_growth(Checkpoint(ORIGIN, 0, tree[0]), after, ())
    with pytest.raises(DisprovedError):
        check_growth(Checkpoint(ORIGIN, 0, EMPTY_ROOT), Checkpoint(ORIGIN, 0, tree[0]), ())
    with pytest.raises(MalformedError):
        check_growth(Checkpoint(ORIGIN, 0, EMPTY_ROOT), after, proof)
    with pytest.raises(MalformedError):
        check_growth(before, after, proof[1:])


def test_a_signer_signs_one_text_for_one_size() -> None:
    """Section 7: never two heads for one size, in root or extension lines; the same one again may."""
    tree = hashes(6)
    said = checkpoint(tree, "sealed so")

    check_signable(None, said, ())
    check_signable(said, said, ())
    with pytest.raises(DisprovedError):
        check_signable(said, checkpoint(tree, "sealed otherwise"), ())
    with pytest.raises(DisprovedError):
        check_signable(said, checkpoint(tree), ())
    check_growth(said, checkpoint(tree), ())


def test_a_cosignature_is_over_the_whole_text_and_its_time() -> None:
    """C2SP tlog-cosignature, "Ed25519 signed message": header, time, all lines."""
    text = checkpoint(hashes(3), "an extension").text
    signature = WITNESS.cosign(text, SEEN_AT)
    key = WITNESS.verifier

    assert cosigned_message(text, SEEN_AT).decode() == f"cosignature/v1\ntime {SEEN_AT}\n{text}"
    assert timestamp_and_signature(signature.value)[0] == SEEN_AT
    assert key.verifies(text, signature)
    assert not key.verifies(text.replace("an ext", "no ext"), signature)
    later = (SEEN_AT + 1).to_bytes(8, "big") + signature.value[8:]
    assert not key.verifies(text, Signature(key.name, key.key_id, later))
    assert not key.verifies(text, Signature(key.name, key.key_id, signature.value[:8]))
    never = 2**63
    signed = WITNESS.private.sign(cosigned_message(text, never))
    beyond = Signature(key.name, key.key_id, with_timestamp(never, signed))
    assert not key.verifies(text, beyond)
    assert not key.verifies(text, Signature("another", key.key_id, signature.value))


def test_a_cosignature_has_a_time() -> None:
    """C2SP tlog-witness, tlog-cosignature: the timestamp is never 0, and never above 2**63 - 1."""
    for never in (0, 2**63):
        with pytest.raises(ValueError, match="time"):
            WITNESS.cosign(PUBLISHED, never)

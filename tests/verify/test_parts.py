"""The verifier's own tree, notes and policies: published vectors, and no verdict but the house's."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from shared.ledger import (
    LedgerError,
    parse_heads_proof,
    parse_policy,
    parse_record_proof,
    policy_text,
    prove_case,
    verify_case,
    verify_consistency,
    verify_inclusion,
    verify_record,
)
from shared.ledger.bundle import criteria_document
from shared.ledger.heads_proof import heads_between
from shared.ledger.proof import RecordProof
from shared.ledger.tree import consistency_proof, inclusion_proof, root_of
from tests.ledger import published, rfc6962
from tests.ledger.published import Consistency, Inclusion, flipped
from tests.ledger.samples import POLICY, checkpoint, cosigned, hashes
from tests.ledger.test_heads import LOG as HEADS_LOG
from tests.ledger.test_heads import TREE, sealed
from tests.verify.house import policy
from verify.checkpoint import Checkpoint, opened
from verify.heads import (
    Head,
    HeadsProof,
    Shown,
    case_key,
    check_whole,
    heads_of,
    heads_proof_from,
    stream_key,
)
from verify.policy import policy_from
from verify.proof import check_record, record_proof_from
from verify.published import PUBLISHED
from verify.record import Record, check_chain
from verify.refused import RefusedError, TamperedError
from verify.tree import check_consistency, check_inclusion

RULES_IN = ("decision", "issuance", "review")
PROBLEMS = (Path(__file__).parents[2] / "docs" / "problems.md").read_text()
BELIEVED = policy_from(policy_text(POLICY).encode())


def holds(check: Callable[[], object]) -> bool:
    """Return whether ``check`` refuses nothing, in either implementation's words."""
    try:
        check()
    except (RefusedError, LedgerError):
        return False
    return True


def includes(probe: Inclusion) -> tuple[bool, bool]:
    """Return the verdicts of both implementations."""
    known = {"size": probe.size, "root": probe.root, "proof": probe.proof}
    return (
        holds(lambda: check_inclusion(probe.leaf, probe.index, **known)),  # type: ignore[arg-type]
        holds(lambda: verify_inclusion(probe.leaf, probe.index, **known)),  # type: ignore[arg-type]
    )


def extends(probe: Consistency) -> tuple[bool, bool]:
    """Return the verdicts of both implementations."""
    words = (probe.old, probe.old_root, probe.new, probe.new_root)
    return (
        holds(lambda: check_consistency(*words, proof=probe.proof)),
        holds(lambda: verify_consistency(*words, proof=probe.proof)),
    )


@pytest.mark.parametrize("probe", published.INCLUDED, ids=repr)
def test_published_inclusion_proofs(probe: Inclusion) -> None:
    """RFC 9162 2.1.3.2: those that hold, and every one that must be refused."""
    assert includes(probe) == (True, True)
    for wrong in published.not_included(probe):
        assert includes(wrong) == (False, False), wrong


@pytest.mark.parametrize("probe", published.CONSISTENT, ids=repr)
def test_published_consistency_proofs(probe: Consistency) -> None:
    """RFC 9162 2.1.4.2: those that hold, and every one that must be refused."""
    assert extends(probe) == (True, True)
    for wrong in published.not_consistent(probe) if probe.proof else ():
        assert extends(wrong) == (False, False), wrong


@pytest.mark.parametrize("probe", published.ODD_SIZES, ids=repr)
def test_nothing_is_proved_from_nothing_or_backwards(probe: Consistency) -> None:
    """RFC 9162 2.1.4.2; Section 7: never from size 0."""
    assert extends(probe) == (False, False)


@given(st.integers(1, 70), st.data())
def test_both_implementations_say_the_same(size: int, data: st.DataObject) -> None:
    """Every index and old size, true and with a hash dropped, added, or changed."""
    tree = hashes(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, growth = inclusion_proof(tree, index), consistency_proof(tree, old)
    included = Inclusion(index, size, root_of(tree), tree[index], path)
    grown = Consistency(old, size, root_of(tree[:old]), root_of(tree), growth)
    assert includes(included) == extends(grown) == (True, True)
    for wrong in published.not_included(included):
        assert len(set(includes(wrong))) == 1, wrong
    for other in published.not_consistent(grown) if growth else ():
        assert len(set(extends(other))) == 1, other


def record_file() -> bytes:
    """Return a proof file of a small log."""
    tree = hashes(5)
    return RecordProof(3, inclusion_proof(tree, 3), cosigned(checkpoint(tree))).encode()


def both_say_of_record(data: bytes) -> tuple[bool, bool]:
    """Return whether each implementation accepts the proof file ``data``."""
    leaf = b"leaf 3 of 0"

    def ours() -> None:
        proof = record_proof_from(data)
        check_record(leaf, proof, opened(proof.note, BELIEVED))

    return holds(ours), holds(lambda: verify_record(leaf, parse_record_proof(data), POLICY))


def both_say_of_heads(data: bytes) -> tuple[bool, bool]:
    """Return whether each implementation accepts the heads proof ``data`` of case A."""

    def ours() -> None:
        proof = heads_proof_from(data)
        heads_of("A", proof, opened(proof.note, BELIEVED))

    return holds(ours), holds(lambda: verify_case("A", parse_heads_proof(data), POLICY))


HEADS_FILE = prove_case(TREE, "A", sealed(HEADS_LOG, TREE)).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [(record_file(), both_say_of_record), (HEADS_FILE, both_say_of_heads)],
    ids=["record", "heads"],
)
def test_files_are_accepted_by_both_or_by_none(
    data: bytes, said: Callable[[bytes], tuple[bool, bool]]
) -> None:
    """Section 7: each byte with a bit the other way, and cut anywhere."""
    assert said(data) == (True, True)
    for at in range(len(data)):
        assert said(flipped(data, 8 * at + at % 8)) == (False, False), at
        assert said(data[:at]) == (False, False), at


@pytest.mark.parametrize("case", "ABCDE")
def test_no_head_of_a_case_can_be_left_out(case: str) -> None:
    """ADR-0018: every run of the heads is judged alike by both, and shows the whole case or nothing."""
    whole = prove_case(TREE, case, sealed(HEADS_LOG, TREE))
    tree = TREE.seal()
    low, high = case_key(case), case_key(case) + b"\xff" * 33
    checkpoint_ = opened(whole.checkpoint, BELIEVED)
    verdicts = set[bool]()
    for start, end in combinations_with_replacement(range(len(whole.shown) + 1), 2):
        run = replace(whole, first=whole.first + start, shown=whole.shown[start:end])
        data = run.encode()
        ours = holds(lambda: heads_of(case, heads_proof_from(data), checkpoint_))  # noqa: B023 -- used at once
        theirs = holds(lambda: heads_between(run, tree, low, high))  # noqa: B023 -- used at once
        assert ours == theirs, (start, end)
        verdicts.add(ours)
    assert verdicts == {True, False}


def test_heads_in_another_order_are_refused() -> None:
    """ADR-0018: a log that hides a head elsewhere in its tree is found when it shows the tree."""
    proof = heads_proof_from(HEADS_FILE)
    heads = proof.heads[::-1]
    leaves = [head.hash for head in heads]
    said = Checkpoint("x", 1, bytes(32), (len(leaves), rfc6962.mth(leaves)), "", ())
    lie = tuple(replace(head, proof=rfc6962.path(at, leaves)) for at, head in enumerate(heads))
    with pytest.raises(TamperedError, match="order"):
        heads_of("A", HeadsProof(0, lie, b""), said)


HELD = (Shown("s-1", 1, 5, b"a" * 32), Shown("s-1", 3, 9, b"b" * 32), Shown("s-2", 1, 7, b"c" * 32))
COUNTED = tuple(
    Head(case_key("A"), stream_key("A", stream), count, version, leaf, bytes(32), ())
    for stream, count, version, leaf in (("s-1", 2, 3, b"b" * 32), ("s-2", 1, 1, b"c" * 32))
)


@pytest.mark.parametrize(
    ("shown", "position"),
    [
        (HELD[:2], None),
        (HELD[1:], 9),
        (HELD[:1], 5),
        ((*HELD, HELD[0]), 5),
        ((HELD[0], HELD[1]._replace(leaf=b"d" * 32), HELD[2]), 9),
        ((*HELD, Shown("s-3", 1, 11, b"e" * 32)), 11),
        ((*HELD, Shown("s-1", 2, 6, b"e" * 32)), 9),
    ],
)
def test_a_case_is_exactly_what_its_heads_count(
    shown: tuple[Shown, ...], position: int | None
) -> None:
    """ADR-0018: a stream, head or tail missing; one twice, another one, too many."""
    check_whole("A", COUNTED, HELD)
    with pytest.raises(TamperedError) as refused:
        check_whole("A", COUNTED, shown)
    assert refused.value.position == position


def chained(version: int, previous: str | None, *, leaf: bytes = b"a" * 32) -> Record:
    """Return a record of some stream."""
    text: tuple[str, str] = ("asf/x", "T")
    return Record(
        *(text[0], 1, text[1], 1, "s-1", version, leaf, previous),
        *("c", "", {}, "1", None, {}),
    )


FIRST = chained(1, None)


@pytest.mark.parametrize(
    ("records", "follows"),
    [
        ((FIRST, chained(2, FIRST.leaf.hex())), True),
        ((FIRST, chained(3, "ab" * 32)), True),
        ((chained(7, "ab" * 32),), True),
        ((FIRST, chained(2, "ab" * 32)), False),
        ((FIRST, chained(2, None)), False),
        ((chained(1, "ab" * 32),), False),
        ((chained(2, "ab" * 32), FIRST), False),
        ((FIRST, FIRST), False),
    ],
)
def test_records_follow_one_another(records: tuple[Record, ...], follows: bool) -> None:
    """L2: the first has no predecessor, each next names it; of what is between others nothing."""
    assert holds(lambda: check_chain(records)) == follows


WELL = policy_text(policy(["asf/review", "asf/intake"], need=2))
LOG_LINE, WITNESS_LINE, OTHER_LINE = (WELL.splitlines()[at] for at in (0, 2, 3))


@pytest.mark.parametrize(
    "text",
    [
        WELL,
        f"# ours\n\n {LOG_LINE} https://example.org/\t\nquorum none\n",
        f"{LOG_LINE}\n{WITNESS_LINE}\nquorum w1\n",
        f"{LOG_LINE}\n{WITNESS_LINE}\n{OTHER_LINE}\ngroup g any w1 w2\nquorum g\n",
        f"{LOG_LINE}\n{WITNESS_LINE}\n{OTHER_LINE}\ngroup g all w1 w2\ngroup h 1 g\nquorum h\n",
        "",
        "quorum none\n",
        f"{LOG_LINE}\n",
        f"{LOG_LINE}\nquorum none\nquorum none\n",
        f"{LOG_LINE}\nquorum w1\n{WITNESS_LINE}\n",
        f"{LOG_LINE}\n{LOG_LINE}\nquorum none\n",
        f"{LOG_LINE.replace('log', 'witness w1')}\nquorum none\n",
        f"{WITNESS_LINE.replace('witness w1', 'log')}\nquorum none\n",
        f"{WITNESS_LINE}\n{OTHER_LINE.replace('w2', 'w1')}\nquorum none\n",
        f"{WITNESS_LINE}\ngroup g 2 w1\nquorum g\n",
        f"{WITNESS_LINE}\ngroup g 0 w1\nquorum g\n",
        f"{WITNESS_LINE}\ngroup g 1 w1 w1\nquorum g\n",
        f"{WITNESS_LINE}\ngroup g 1 w1\ngroup h 1 w1\nquorum g\n",
        f"{WITNESS_LINE}\ngroup none 1 w1\nquorum none\n",
        f"{WITNESS_LINE}\ngroup g 1\nquorum g\n",
        f"{LOG_LINE}\nbelieve everyone\nquorum none\n",
        f"{LOG_LINE[:-4]}\nquorum none\n",
        f"{LOG_LINE.replace('+', '+0', 1)}\nquorum none\n",
        LOG_LINE.replace(LOG_LINE.split("+")[1], "00000000") + "\nquorum none\n",
    ],
)
def test_policies_are_read_alike(text: str) -> None:
    """C2SP tlog-policy: what one implementation reads or refuses, so does the other."""
    data = text.encode()
    assert holds(lambda: policy_from(data)) == holds(lambda: parse_policy(data))


def test_the_criteria_are_those_of_the_house() -> None:
    """SCH-5: what the verifier calls published is what decisions are taken by."""
    for name, digest in PUBLISHED.items():
        assert sha256(criteria_document(name)).hexdigest() == digest


def test_the_page_says_what_the_verifier_knows() -> None:
    """docs/bundle.md: hashes, exit codes, and every rule by its code, so that others can check."""
    page = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text()
    rules = [Path(verify.__file__).parent / f"{name}.py" for name in RULES_IN]
    named = {
        name for path in rules for name in re.findall(r'"([a-z]+(?:_[a-z]+)+)"', path.read_text())
    }
    codes = named & set(re.findall(r"`([a-z_]+)`", PROBLEMS))
    assert len(codes) > 25
    assert not {name for name in codes if f"`{name}`" not in page}
    assert not {digest for digest in PUBLISHED.values() if digest not in page}

"""House ADR-0018: what was left out of a case shows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    EMPTY_ROOT,
    DisprovedError,
    Head,
    HeadsProof,
    HeadsTree,
    LedgerError,
    MalformedError,
    Part,
    Seal,
    UntrustedError,
    check_complete,
    parse_heads_proof,
    policy_of,
    prove_case,
    prove_stream,
    seal_in,
    verify_case,
    verify_stream,
)
from shared.ledger.growing import Growing
from shared.ledger.heads import case_key, stream_key
from shared.ledger.heads_proof import heads_between
from shared.ledger.heads_tree import Shown
from tests.ledger import rfc6962
from tests.ledger.published import flipped
from tests.ledger.samples import POLICY, STRANGER, checkpoint, cosigned, hashes

Record = tuple[str, str]
"""Case and stream of one record of the log."""
RECORDS = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(("review-1", "case-1", "round-1"))),
    max_size=40,
)


def parts_of(records: Sequence[Record]) -> list[tuple[str, Part]]:
    """Return case and place of each record, in log order."""
    versions: dict[str, int] = {}
    placed: list[tuple[str, Part]] = []
    for (case, stream), leaf in zip(records, hashes(len(records)), strict=True):
        versions[stream] = versions.get(stream, 0) + 1
        placed.append((case, Part(stream, versions[stream], leaf)))
    return placed


def tree_of(records: Sequence[Record]) -> HeadsTree:
    """Return the heads of a log of ``records``."""
    tree = HeadsTree()
    for case, part in parts_of(records):
        tree.learn(case, part.stream, part.version, part.leaf)
    return tree


def sealed(records: Sequence[Record], tree: HeadsTree) -> bytes:
    """Return the cosigned checkpoint of that log, which seals its heads."""
    return cosigned(checkpoint(hashes(len(records)), tree.seal().line))


def heads_of(records: Sequence[Record]) -> list[Head]:
    """Return all heads of that log by its definition, in the order of their keys."""
    placed = sorted(parts_of(records), key=lambda each: (each[0], each[1].stream))
    heads: list[Head] = []
    for (case, stream), group in groupby(placed, key=lambda each: (each[0], each[1].stream)):
        parts = [part for _, part in group]
        last = max(parts, key=lambda part: part.version)
        keys = case_key(case), stream_key(case, stream)
        heads.append(Head(*keys, len(parts), last.version, last.leaf))
    return sorted(heads, key=lambda head: head.key)


@given(RECORDS, st.lists(st.integers(0, 40), max_size=5))
def test_the_seal_is_over_all_heads_however_often_it_was_made(
    records: list[Record], stops: list[int]
) -> None:
    """ADR-0018: a tree of RFC 6962 over the heads in the order of their keys."""
    tree = HeadsTree()
    for at, (case, part) in enumerate(parts_of(records)):
        if at in stops:
            assert tree.seal() == tree_of(records[:at]).seal()
        tree.learn(case, part.stream, part.version, part.leaf)

    heads = heads_of(records)
    assert tree.seal() == Seal(len(heads), rfc6962.mth([head.hash for head in heads]))


@pytest.mark.parametrize("number", range(1, 10))
def test_each_head_can_move_on_alone(number: int) -> None:
    """ADR-0018: in a tree of any shape, the last one without a sibling too."""
    records: list[Record] = [("A", f"review-{each}") for each in range(number)]
    tree = tree_of(records)
    for each in range(number):
        tree.seal()
        records.append(("A", f"review-{each}"))
        case, part = parts_of(records)[-1]
        tree.learn(case, part.stream, part.version, part.leaf)

        assert tree.seal().root == rfc6962.mth([head.hash for head in heads_of(records)])


@given(RECORDS)
def test_a_case_is_complete_or_it_shows(records: list[Record]) -> None:
    """ADR-0018: head, middle, tail and whole stream; each record left out alone, for each case."""
    tree = tree_of(records)
    note = sealed(records, tree)
    for case in "ABCDEF":
        proof = parse_heads_proof(prove_case(tree, case, note).encode())
        heads, opened = verify_case(case, proof, POLICY)
        parts = [part for its, part in parts_of(records) if its == case]

        assert opened.checkpoint.size == len(records)
        assert list(heads) == [h for h in heads_of(records) if h.case == case_key(case)]
        check_complete(case, heads, parts)
        for left_out in parts:
            with pytest.raises(DisprovedError):
                check_complete(case, heads, [part for part in parts if part is not left_out])
        for stream in {part.stream for part in parts}:
            with pytest.raises(DisprovedError):
                check_complete(case, heads, [part for part in parts if part.stream != stream])


@given(RECORDS)
def test_a_stream_has_its_head_or_is_proved_not_to_be_there(records: list[Record]) -> None:
    """ADR-0018: absence is two neighbours with nothing between."""
    tree = tree_of(records)
    note = sealed(records, tree)
    heads = {head.key: head for head in heads_of(records)}
    for case in "ABC":
        for stream in ("review-1", "appeal-1"):
            proof = parse_heads_proof(prove_stream(tree, case, stream, note).encode())
            head, _ = verify_stream(case, stream, proof, POLICY)

            assert head == heads.get(case_key(case) + stream_key(case, stream))
            assert len(proof.shown) <= 3


LOG: list[Record] = [
    *(("A", "review-1"), ("B", "review-2"), ("A", "case-1"), ("C", "case-2")),
    *(("A", "review-1"), ("D", "review-3"), ("A", "round-1"), ("B", "round-1"), ("A", "round-1")),
]
TREE = tree_of(LOG)
NOTE = sealed(LOG, TREE)
SEAL = TREE.seal()


def between(proof: HeadsProof, case: str) -> tuple[Head, ...]:
    """Return what ``proof`` shows of ``case``."""
    return heads_between(proof, SEAL, case_key(case), case_key(case) + b"\xff" * 33)


def shown_or_refused(proof: HeadsProof, case: str) -> tuple[Head, ...] | None:
    """Return what ``proof`` shows of ``case``; None when it is refused."""
    try:
        return between(proof, case)
    except LedgerError:
        return None


@pytest.mark.parametrize("case", "ABCDE")
def test_no_head_of_a_case_can_be_left_out(case: str) -> None:
    """ADR-0018: every run of the heads shows the whole case or is refused."""
    proof = prove_case(TREE, case, NOTE)
    whole = between(proof, case)
    for start, end in combinations(range(len(proof.shown) + 1), 2):
        run = replace(proof, first=proof.first + start, shown=proof.shown[start:end])

        assert shown_or_refused(run, case) in {whole, None}
    assert shown_or_refused(replace(proof, shown=()), case) is None


def test_heads_are_shown_in_order_and_without_holes() -> None:
    """ADR-0018: turned round, one cut out, one twice, or moved by one."""
    proof = prove_case(TREE, "A", NOTE)
    first, second, *rest = proof.shown
    for shown in ((second, first, *rest), (first, *rest), (first, first, second, *rest)):
        assert shown_or_refused(replace(proof, shown=tuple(shown)), "A") is None
    assert shown_or_refused(replace(proof, first=proof.first + 1), "A") is None


def test_a_seal_over_heads_in_another_order_is_refused() -> None:
    """ADR-0018: a log that hides a head elsewhere in the tree is found when it shows the tree."""
    heads = heads_of(LOG[:2])[::-1]
    tree = [head.hash for head in heads]
    shown = tuple(Shown(head, rfc6962.path(at, tree)) for at, head in enumerate(heads))
    lie = Seal(len(heads), rfc6962.mth(tree))

    with pytest.raises(DisprovedError, match="order"):
        heads_between(HeadsProof(0, shown, NOTE), lie, case_key("A"), case_key("A") + b"\xff" * 33)


def test_no_byte_of_the_file_may_differ() -> None:
    """Section 7: keys, counts, versions, hashes, checkpoint: each byte, one bit."""
    data = small_file()
    verify_case("A", parse_heads_proof(data), POLICY)
    for place in range(len(data)):
        changed = flipped(data, 8 * place + (place * 5) % 8)
        with pytest.raises(LedgerError):
            verify_case("A", parse_heads_proof(changed), POLICY)


def test_a_file_that_is_cut_anywhere_is_refused() -> None:
    """Section 7: truncation."""
    data = small_file()
    for end in range(len(data)):
        with pytest.raises(LedgerError):
            verify_case("A", parse_heads_proof(data[:end]), POLICY)


def small_file() -> bytes:
    """Return the proof of one case with a neighbour, which is all there is."""
    tree = tree_of(LOG[:2])
    return prove_case(tree, "A", sealed(LOG[:2], tree)).encode()


def test_a_record_too_many_or_another_one_is_refused() -> None:
    """ADR-0018: what the case does not have is no more lawful than what is missing."""
    heads = between(prove_case(TREE, "A", NOTE), "A")
    parts = [part for case, part in parts_of(LOG) if case == "A"]
    more = Part("review-1", 3, hashes(1)[0])
    stream = Part("appeal-1", 1, hashes(1)[0])
    other = [replace(parts[-1], leaf=hashes(1, salt=5)[0])]

    for wrong in ([*parts, more], [*parts, stream], [*parts[:-1], *other]):
        with pytest.raises(DisprovedError):
            check_complete("A", heads, wrong)
    check_complete("E", (), ())


def test_neighbours_tell_nothing_of_other_cases() -> None:
    """ADR-0018: a proof names neither another case nor a stream, which may name an organisation."""
    text = prove_case(TREE, "A", NOTE).encode()

    for word in (b"review-", b"round-", b"case-"):
        assert word not in text
    assert stream_key("A", "round-1") != stream_key("B", "round-1")


def test_a_checkpoint_without_a_seal_proves_no_case() -> None:
    """ADR-0018: and one by a stranger proves nothing either."""
    bare = cosigned(checkpoint(hashes(len(LOG))))
    with pytest.raises(MalformedError, match="seals no heads"):
        verify_case("A", prove_case(TREE, "A", bare), POLICY)
    with pytest.raises(UntrustedError):
        verify_case("A", prove_case(TREE, "A", NOTE), policy_of([STRANGER.verifier]))
    lying = cosigned(checkpoint([], Seal(0, hashes(1)[0]).line))
    with pytest.raises(DisprovedError):
        verify_case("A", HeadsProof(0, (), lying), POLICY)


def test_a_seal_is_one_line_in_one_form() -> None:
    """ADR-0018: other extension lines are other people's."""
    line = SEAL.line

    assert seal_in(["other line", line]) == SEAL
    assert seal_in(["other line", "asf-heads-v2 1 x"]) is None
    assert HeadsTree().seal() == Seal(0, EMPTY_ROOT)
    for wrong in (
        [line, line],
        [line, Seal(0, EMPTY_ROOT).line],
        [f"{line} more"],
        [line.replace(" ", "  ", 1)],
        [line.replace("v1 ", "v1 0")],
        [line[:-1]],
        ["asf-heads-v1"],
    ):
        with pytest.raises(MalformedError):
            seal_in(wrong)


FILE = prove_case(TREE, "A", NOTE).encode().decode()


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("asf-heads-proof-v1", "asf-heads-proof-v2"),
        ("asf-head-v1", "asf-head-v2"),
        ("first ", "index "),
        ("first ", "first 0"),
        ("shown ", "shown 9"),
        ("shown ", ""),
        ("\n\nasf-head-v1", "\nasf-head-v1"),
        ("\nasf-head-v1", "\nasf-head-v1 "),
        ("1 1\n", "01 1\n"),
        ("1 1\n", "1  1\n"),
        ("1 1\n", "0 1\n"),
        (case_key("A").hex(), case_key("A").hex().upper()),
        (case_key("A").hex(), case_key("A").hex()[:-2]),
        (case_key("A").hex(), "not hexadecimal"),
    ],
    ids=range(14),
)
def test_what_is_no_proof_of_heads_is_refused(part: str, instead: str) -> None:
    """ADR-0018: one form for each proof."""
    assert part in FILE
    with pytest.raises(MalformedError):
        parse_heads_proof(FILE.replace(part, instead, 1).encode())


def test_a_record_that_is_nested_without_end_is_refused_as_none() -> None:
    """House: whoever seals says that the log cannot be signed for, and does not end on it."""
    deep = b'{"a":' + b"[" * 6_000 + b"]" * 6_000 + b"}"
    with pytest.raises(DisprovedError, match="what stands at 1 is no record"):
        Growing().take([deep])

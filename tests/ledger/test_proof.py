"""C2SP tlog-proof: one file that proves one record, offline."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger import (
    DisprovedError,
    LedgerError,
    MalformedError,
    RecordProof,
    UntrustedError,
    parse_record_proof,
    policy_of,
    verify_record,
)
from shared.ledger.tree import inclusion_proof
from tests.ledger.published import flipped
from tests.ledger.samples import (
    LOG_KEY,
    POLICY,
    SIZES,
    STRANGER,
    checkpoint,
    cosigned,
    hashes,
    leaves,
)


def proof_of(index: int, size: int) -> RecordProof:
    """Return the proof of leaf ``index`` in a log of ``size`` records."""
    tree = hashes(size)
    return RecordProof(index, inclusion_proof(tree, index), cosigned(checkpoint(tree)))


@given(SIZES, st.data())
def test_a_record_is_proved_by_one_file(size: int, data: st.DataObject) -> None:
    """C2SP tlog-proof: index, hashes and the signed checkpoint, read back and verified."""
    index = data.draw(st.integers(0, size - 1), label="index")
    extra = data.draw(st.none() | st.binary(max_size=20), label="extra")
    proof = replace(proof_of(index, size), extra=extra)

    assert parse_record_proof(proof.encode()) == proof
    opened = verify_record(leaves(size)[index], proof, POLICY)
    assert (opened.checkpoint.origin, opened.checkpoint.size) == (LOG_KEY.name, size)


def test_the_file_looks_as_specified() -> None:
    """C2SP tlog-proof, "Format": line by line."""
    proof = proof_of(2, 3)
    lines = proof.encode().decode().split("\n")

    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert len(lines[2]) == 44
    assert lines[3:6] == ["", LOG_KEY.name, "3"]
    assert replace(proof, extra=b"?").encode().split(b"\n")[1] == b"extra Pw=="


def test_no_byte_of_the_file_may_differ() -> None:
    """Section 7: header, index, hashes, checkpoint, signatures: each byte, one bit."""
    leaf, data = leaves(5)[3], proof_of(3, 5).encode()
    for place in range(len(data)):
        changed = flipped(data, 8 * place + (place * 5) % 8)
        with pytest.raises(LedgerError):
            verify_record(leaf, parse_record_proof(changed), POLICY)


def test_a_file_that_is_cut_anywhere_is_refused() -> None:
    """Section 7: also when it is cut between two signatures, since the witness is asked for."""
    leaf, data = leaves(5)[3], proof_of(3, 5).encode()
    for end in range(len(data)):
        with pytest.raises(LedgerError):
            verify_record(leaf, parse_record_proof(data[:end]), POLICY)


def test_another_record_place_or_log_is_refused() -> None:
    """Section 7: what each kind of failure is called."""
    record, proof = leaves(5), proof_of(3, 5)

    with pytest.raises(DisprovedError):
        verify_record(record[2], proof, POLICY)
    with pytest.raises(DisprovedError):
        verify_record(record[3] + b" ", proof, POLICY)
    with pytest.raises(DisprovedError):
        verify_record(record[3], replace(proof, index=2), POLICY)
    with pytest.raises(MalformedError):
        verify_record(record[3], replace(proof, index=5), POLICY)
    with pytest.raises(MalformedError):
        verify_record(record[3], replace(proof, hashes=proof.hashes[:-1]), POLICY)
    with pytest.raises(UntrustedError):
        verify_record(record[3], proof, policy_of([STRANGER.verifier]))


HEADER = "c2sp.org/tlog-proof@v1"
HASH = "A" * 43 + "="
NO_PROOFS = [
    "",
    f"{HEADER}\n",
    f"{HEADER}\nindex 0\n",
    f"{HEADER}\n\ncheckpoint",
    f"c2sp.org/tlog-proof@v2\nindex 0\n{HASH}\n\ncheckpoint",
    f"{HEADER}\nindex 0\nextra Pw==\n{HASH}\n\ncheckpoint",
    *(f"{HEADER}\nextra {extra}\nindex 0\n\ncheckpoint" for extra in ("Pw", "Px==", "?", " Pw==")),
    *(f"{HEADER}\nindex {index}\n\ncheckpoint" for index in ("", "01", "-1", "+1", "1 ", "x")),
    *(f"{HEADER}\nindex 0\n{part}\n\ncheckpoint" for part in ("AAAA", HASH[:-1], f"{HASH} ", "?")),
    "\n".join((HEADER, "index 0", *[HASH] * 64, "", "checkpoint")),
    f"{HEADER}\r\nindex 0\r\n\r\ncheckpoint",
]


@pytest.mark.parametrize("text", NO_PROOFS, ids=range(len(NO_PROOFS)))
def test_what_is_no_proof_is_refused(text: str) -> None:
    """C2SP tlog-proof, "Format"."""
    assert parse_record_proof(f"{HEADER}\nindex 0\n{HASH}\n\ncheckpoint".encode()).hashes
    with pytest.raises(MalformedError):
        parse_record_proof(text.encode())

"""Section 7: what we prove, PyPI ``sigstore`` accepts; the verifier of Python's own signatures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.tree import inclusion_proof, root_of
from tests.ledger.foreign.answers import Foreign
from tests.ledger.published import flipped
from tests.ledger.samples import (
    LOG_KEY,
    SIZES,
    WITNESS,
    checkpoint,
    cosigned,
    hashes,
    leaves,
)
from tests.ledger.test_heads import TREE

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@given(SIZES, st.data())
def test_sigstore_accepts_our_inclusion_proofs(
    sigstore: Foreign, size: int, data: st.DataObject
) -> None:
    """Section 7: random proofs of whole records; one bit the other way is refused."""
    index = data.draw(st.integers(0, size - 1), label="index")
    record, tree = leaves(size), hashes(size)
    proof, note = inclusion_proof(tree, index), cosigned(checkpoint(tree)).decode()
    known = {"index": index, "size": size, "root": root_of(tree), "note": note}

    assert sigstore.accepts("included", **known, leaf=record[index], proof=proof)
    assert not sigstore.accepts("included", **known, leaf=record[index] + b" ", proof=proof)
    assert not sigstore.accepts("included", **known, leaf=record[index], proof=(*proof, tree[0]))
    bit = data.draw(st.integers(0, 255), label="bit")
    for place, part in enumerate(proof):
        wrong = (*proof[:place], flipped(part, bit), *proof[place + 1 :])
        assert not sigstore.accepts("included", **known, leaf=record[index], proof=wrong)


def test_sigstore_reads_our_checkpoints(sigstore: Foreign) -> None:
    """C2SP tlog-checkpoint: origin, size, root, the seal of the heads, who signed."""
    said = checkpoint(hashes(9), TREE.seal().line)
    answer = sigstore.ask("checkpoint", note=cosigned(said).decode())

    assert (answer["origin"], answer["size"]) == (said.origin, said.size)
    assert answer["root"] == said.root.hex()
    assert answer["extensions"] == [TREE.seal().line]
    assert answer["names"] == [LOG_KEY.name, WITNESS.name]

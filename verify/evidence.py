"""A fork, proved by what the log itself signed. docs/ledger.md, "What speaks against a log"."""

from verify.checkpoint import Checkpoint, opened
from verify.forms import hash_from, object_from
from verify.policy import Policy
from verify.refused import MalformedError, TamperedError
from verify.tree import check_consistency


def check_fork(data: bytes, policy: Policy) -> tuple[Checkpoint, Checkpoint]:
    """Return the two checkpoints in the evidence ``data`` that cannot both be true.

    Raises: MalformedError, UntrustedError; TamperedError: both may be true.
    """
    said = object_from(data, "evidence")
    try:
        notes = said["first"].encode(), said["second"].encode()
        root, hashes = hash_from(said["root"]), list(map(hash_from, said["hashes"]))
    except (KeyError, AttributeError, TypeError) as error:
        raise MalformedError("no evidence of a fork") from error
    first, second = (opened(note, policy, alone=True) for note in notes)
    check_consistency(first.size, root, second.size, second.root, proof=hashes)
    if first.origin != second.origin or root == first.root:
        raise TamperedError("no fork: both may be true")
    return first, second

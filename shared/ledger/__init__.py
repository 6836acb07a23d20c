"""How a log proves itself: the tree over its records, tiles, checkpoints, proofs, witnesses.

Pure: what is imported here reads and writes nothing. Formats are those of RFC 6962/9162 and C2SP,
so that verifying needs none of this; docs/ledger.md says them. Read in this order: ``tree``,
``tiles``, ``note``, ``checkpoint``, ``policy``, ``proof``, ``witness``, ``heads``. What reads and
writes is imported by its own name: ``store`` (PostgreSQL), ``signer`` (a folder), ``fsck``.
"""

from shared.ledger.checkpoint import (
    Checkpoint,
    check_growth,
    check_signable,
    parse_checkpoint,
    sign_checkpoint,
)
from shared.ledger.entries import bundle_bytes, leaves_in
from shared.ledger.errors import DisprovedError, LedgerError, MalformedError, UntrustedError
from shared.ledger.hashes import EMPTY_ROOT, leaf_hash
from shared.ledger.heads import Head, Seal, seal_in
from shared.ledger.heads_proof import (
    HeadsProof,
    Part,
    check_complete,
    parse_heads_proof,
    prove_case,
    prove_stream,
    verify_case,
    verify_stream,
)
from shared.ledger.heads_tree import HeadsTree
from shared.ledger.keys import (
    Algorithm,
    CosigningKey,
    SigningKey,
    VerifierKey,
    private_key,
    verifier_key,
)
from shared.ledger.note import (
    Note,
    parse_note,
    sign_note,
    signature_lines,
    signatures_from,
    signers,
)
from shared.ledger.policy import Opened, Policy, policy_of
from shared.ledger.policy_text import parse_policy, policy_text
from shared.ledger.proof import RecordProof, parse_record_proof, verify_record
from shared.ledger.reading import Plan, consistency_plan, inclusion_plan, leaf_plan, root_plan
from shared.ledger.signature import Signature
from shared.ledger.tiles import Bundle, Tile, bundle_of, from_path, new_tiles, tile_of
from shared.ledger.tiling import Edge, Growth, edge_from, edge_tiles
from shared.ledger.tree import Frontier
from shared.ledger.verify import verify_consistency, verify_inclusion
from shared.ledger.witness import (
    AddCheckpoint,
    No,
    WitnessRefusal,
    check_next,
    parse_add_checkpoint,
    signed_checkpoint,
)

__all__ = [
    "EMPTY_ROOT",
    "AddCheckpoint",
    "Algorithm",
    "Bundle",
    "Checkpoint",
    "CosigningKey",
    "DisprovedError",
    "Edge",
    "Frontier",
    "Growth",
    "Head",
    "HeadsProof",
    "HeadsTree",
    "LedgerError",
    "MalformedError",
    "No",
    "Note",
    "Opened",
    "Part",
    "Plan",
    "Policy",
    "RecordProof",
    "Seal",
    "Signature",
    "SigningKey",
    "Tile",
    "UntrustedError",
    "VerifierKey",
    "WitnessRefusal",
    "bundle_bytes",
    "bundle_of",
    "check_complete",
    "check_growth",
    "check_next",
    "check_signable",
    "consistency_plan",
    "edge_from",
    "edge_tiles",
    "from_path",
    "inclusion_plan",
    "leaf_hash",
    "leaf_plan",
    "leaves_in",
    "new_tiles",
    "parse_add_checkpoint",
    "parse_checkpoint",
    "parse_heads_proof",
    "parse_note",
    "parse_policy",
    "parse_record_proof",
    "policy_of",
    "policy_text",
    "private_key",
    "prove_case",
    "prove_stream",
    "root_plan",
    "seal_in",
    "sign_checkpoint",
    "sign_note",
    "signature_lines",
    "signatures_from",
    "signed_checkpoint",
    "signers",
    "tile_of",
    "verifier_key",
    "verify_case",
    "verify_consistency",
    "verify_inclusion",
    "verify_record",
    "verify_stream",
]

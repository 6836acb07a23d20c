"""Section 7: the signer remembers what it signed, on disk, and signs nothing else for that size."""

import multiprocessing
from itertools import pairwise
from pathlib import Path

import pytest

from shared.ledger import Checkpoint, DisprovedError, LedgerError, MalformedError, parse_note
from shared.ledger.signer import (
    KEY,
    SIGNED,
    SignerBusyError,
    SignerForgotError,
    known_keys,
    locked,
    signed_note,
    signer_in,
)
from shared.ledger.tree import consistency_proof
from tests.ledger.samples import ORIGIN, checkpoint, hashes

TREE = hashes(20)


def sign(folder: Path, size: int, *extensions: str, old: int = 0, salt: int = 0) -> bytes:
    """Have the signer in ``folder`` sign the tree at ``size``, with the proof from ``old``."""
    tree = hashes(20, salt)[:size]
    proof = consistency_proof(tree, old) if old else ()
    return (
        signer_in(folder, ORIGIN, begun=False).sign(checkpoint(tree, *extensions), proof).encode()
    )


def test_what_is_signed_is_remembered(tmp_path: Path) -> None:
    """Section 7: on disk, byte for byte; who comes later knows it."""
    for old, new in pairwise((0, 3, 4, 20)):
        note = sign(tmp_path, new, old=old)
        assert signed_note(tmp_path) == note
        last = signer_in(tmp_path, ORIGIN, begun=True).last()
        assert last is not None
        assert (last[0].size, last[1].encode()) == (new, note)


def test_the_same_is_signed_again_the_same(tmp_path: Path) -> None:
    """Section 7: a crash between signing and publishing changes nothing."""
    assert sign(tmp_path, 7) == sign(tmp_path, 7, old=7)


@pytest.mark.parametrize(
    ("size", "extensions", "old", "salt"),
    [(6, (), 0, 0), (9, (), 7, 1), (7, (), 7, 1), (7, ("x",), 7, 0)],
    ids=["shrunk", "another history", "another root", "another text"],
)
def test_what_did_not_grow_from_it_is_refused(
    tmp_path: Path, size: int, extensions: tuple[str, ...], old: int, salt: int
) -> None:
    """Section 7: nothing is signed, and the memory stays."""
    note = sign(tmp_path, 7)
    with pytest.raises((DisprovedError, MalformedError)):
        sign(tmp_path, size, *extensions, old=old, salt=salt)
    assert signed_note(tmp_path) == note


def test_without_a_proof_nothing_is_signed(tmp_path: Path) -> None:
    """Section 7: growth is proved, not said."""
    sign(tmp_path, 7)
    with pytest.raises(MalformedError):
        sign(tmp_path, 9)


def test_another_log_is_not_signed_for(tmp_path: Path) -> None:
    """C2SP tlog-checkpoint: one key, one origin."""
    sign(tmp_path, 7)
    with pytest.raises(LedgerError):
        signer_in(tmp_path, "example.org/asf/other", begun=True).sign(
            Checkpoint("example.org/asf/other", 0, hashes(1)[0]), ()
        )


def test_a_memory_that_was_changed_is_no_memory(tmp_path: Path) -> None:
    """Section 7: it is a signed note itself."""
    note = sign(tmp_path, 7)
    (tmp_path / SIGNED).write_bytes(note.replace(b"\n7\n", b"\n6\n"))
    with pytest.raises(DisprovedError):
        sign(tmp_path, 9, old=7)


@pytest.mark.parametrize("missing", [KEY, SIGNED])
def test_a_ledger_with_a_past_is_not_begun_anew(tmp_path: Path, missing: str) -> None:
    """Section 7: whoever lost the memory must find it again, not start another."""
    sign(tmp_path, 7)
    (tmp_path / missing).unlink()
    with pytest.raises(SignerForgotError):
        signer_in(tmp_path, ORIGIN, begun=True)
    with pytest.raises(SignerForgotError):
        signer_in(tmp_path / "elsewhere", ORIGIN, begun=True)
    assert not (tmp_path / "elsewhere").exists()


def test_secrets_are_for_the_owners_eyes(tmp_path: Path) -> None:
    """House: the key; what verifiers need is for everybody."""
    sign(tmp_path / "new", 1)
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / KEY).stat().st_mode & 0o077 == 0
    (key,) = known_keys(tmp_path / "new")
    (signature,) = parse_note(signed_note(tmp_path / "new") or b"").signatures
    assert key.made(signature)


def hold(
    folder: Path,
    held: "multiprocessing.synchronize.Event",
    end: "multiprocessing.synchronize.Event",
) -> None:
    """Be another process that is signing."""
    with locked(folder):
        held.set()
        end.wait(20)


def test_two_processes_do_not_sign_at_once(tmp_path: Path) -> None:
    """Section 7: reading the memory, signing and remembering are one."""
    sign(tmp_path, 3)
    spawning = multiprocessing.get_context("spawn")
    held, end = spawning.Event(), spawning.Event()
    process = spawning.Process(target=hold, args=(tmp_path, held, end))
    process.start()
    assert held.wait(20)
    with pytest.raises(SignerBusyError):
        sign(tmp_path, 5, old=3)
    end.set()
    process.join(20)
    sign(tmp_path, 5, old=3)

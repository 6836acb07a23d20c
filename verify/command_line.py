"""``sigill-verify``: what is asked, and how it ended.

0: it verifies. 1: somebody changed, added or left out something. 2: it has not the form that its
specification gives, or the call made no sense. 3: no trusted key, or too few witnesses.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

from verify import report
from verify.bundle import Wanted, check_bundle
from verify.checkpoint import opened
from verify.container import MANIFEST, check_zip, checked_manifest, read
from verify.evidence import check_fork
from verify.forms import HASH_BYTES, from_hex
from verify.heads import Shown, check_whole, heads_of, heads_proof_from
from verify.policy import Policy, policy_from
from verify.proof import check_growth, check_record, growth_proof_from, record_proof_from
from verify.published import PUBLISHED
from verify.record import record_from
from verify.refused import MalformedError, RefusedError, TamperedError, at
from verify.sealed import check_disclosed

OK: Final = 0


def main(words: Sequence[str] | None = None) -> int:
    """Verify what ``words`` (else the command line) ask; write a report; return the exit code."""
    asked = _parser().parse_args(words)
    try:
        found, code = {"result": "ok", **asked.check(asked)}, OK
    except RefusedError as error:
        found, code = report.of_refused(error), error.exit_code
    text = json.dumps(found) + "\n" if asked.json else report.plain(found)
    (sys.stdout if code == OK or asked.json else sys.stderr).write(text)
    return code


def run() -> NoReturn:
    """End the process with what ``main`` returns: some starters throw a returned code away."""
    sys.exit(main())


def _checkpoint(asked: argparse.Namespace) -> Mapping[str, Any]:
    return {"checkpoint": report.of_checkpoint(opened(_bytes(asked.note), _policy(asked)))}


def _record(asked: argparse.Namespace) -> Mapping[str, Any]:
    proof = record_proof_from(_bytes(asked.proof))
    checkpoint = opened(proof.note, _policy(asked))
    with at(checkpoint.log, proof.index + 1):
        check_record(_bytes(asked.record), proof, checkpoint)
    found = report.of_checkpoint(checkpoint)
    return {"log": checkpoint.log, "position": proof.index + 1, "checkpoint": found}


def _consistency(asked: argparse.Namespace) -> Mapping[str, Any]:
    policy, proof = _policy(asked), growth_proof_from(_bytes(asked.proof))
    saved, new = opened(_bytes(asked.saved), policy, alone=True), opened(proof.note, policy)
    with at(new.log):
        check_growth(saved, proof, new)
    return {"from": saved.size, "checkpoint": report.of_checkpoint(new)}


def _evidence(asked: argparse.Namespace) -> Mapping[str, Any]:
    shown = check_fork(_bytes(asked.file), _policy(asked))
    return {"proved": "fork", "checkpoints": list(map(report.of_checkpoint, shown))}


def _case(asked: argparse.Namespace) -> Mapping[str, Any]:
    proof = heads_proof_from(_bytes(asked.heads))
    checkpoint = opened(proof.note, _policy(asked))
    with at(checkpoint.log):
        heads = heads_of(asked.case, proof, checkpoint)
        if asked.records:
            check_whole(asked.case, heads, [_shown(path, asked.case) for path in asked.records])
    return {
        "case": asked.case,
        "records": sum(head.records for head in heads),
        "streams": len(heads),
        "checked_records": len(asked.records),
        "checkpoint": report.of_checkpoint(checkpoint),
    }


def _shown(path: Path, case: str) -> Shown:
    """Return the record in a file; its position is its place in its stream: no other is known."""
    record = record_from(_bytes(path), 0)
    if record.case != case:
        raise TamperedError(f"{path} is a record of another case")
    return Shown(record.stream, record.version, 0, record.leaf)


def _disclosed(asked: argparse.Namespace) -> Mapping[str, Any]:
    try:
        value = _bytes(asked.value).decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a value that is not UTF-8") from error
    check_disclosed(record_from(_bytes(asked.record), 0), asked.field, asked.salt, value)
    return {"field": asked.field}


def _bundle(asked: argparse.Namespace) -> Mapping[str, Any]:
    files, zipped = read(asked.bundle)
    case = checked_manifest(files)
    if zipped is not None:
        check_zip(zipped, files)
    wanted = Wanted(
        policy=_policy(asked),
        published={**PUBLISHED, **dict(map(_published, asked.published))},
        without=frozenset(asked.without),
        saved=[(str(path), _bytes(path)) for path in asked.saved],
    )
    whole = check_bundle(case, files, wanted)
    return report.of_bundle(whole, sha256(files[MANIFEST]).hexdigest())


def _published(word: str) -> tuple[str, str]:
    name, _, digest = word.partition("=")
    return name, from_hex(digest, size=HASH_BYTES).hex()


def _policy(asked: argparse.Namespace) -> Policy:
    return policy_from(_bytes(asked.policy))


def _bytes(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        MalformedError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedError(f"{path} cannot be read: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sigill-verify",
        description="Verify, offline, what a log proves. Ends with 0 when it verifies, 1 when"
        " something was changed, added or left out, 2 when it is malformed, 3 when no trusted key"
        " says so. A policy (C2SP tlog-policy) names whom you trust: never take it from the log.",
    )
    asked = parser.add_subparsers(required=True, metavar="WHAT")

    def command(name: str, check: Any, about: str, *, policy: bool = True) -> Any:
        each = asked.add_parser(name, help=about, description=about)
        each.set_defaults(check=check)
        each.add_argument("--json", action="store_true", help="report as JSON")
        if policy:
            each.add_argument("--policy", type=Path, required=True, help="whom you trust")
        return each

    each = command("checkpoint", _checkpoint, "a log at one size, signed and cosigned")
    each.add_argument("note", type=Path)
    each = command("record", _record, "that a record is in a log (c2sp.org/tlog-proof@v1)")
    each.add_argument("record", type=Path)
    each.add_argument("proof", type=Path)
    each = command("consistency", _consistency, "that a log grew from a checkpoint that you saved")
    each.add_argument("saved", type=Path)
    each.add_argument("proof", type=Path)
    each = command("evidence", _evidence, "that a log signed two histories")
    each.add_argument("file", type=Path)
    each = command(
        "case", _case, "what a case consists of in a log, and that these records are all"
    )
    each.add_argument("case")
    each.add_argument("heads", type=Path)
    each.add_argument("records", type=Path, nargs="*")
    each = command("disclosed", _disclosed, "that a record committed to a value", policy=False)
    each.add_argument("record", type=Path)
    each.add_argument("field")
    each.add_argument("salt", help="64 hexadecimal digits")
    each.add_argument("value", type=Path, help="a file with the text and nothing more")
    each = command("bundle", _bundle, "a whole case, and its decision by the published rules")
    each.add_argument("bundle", type=Path, help="a folder or a zip")
    each.add_argument("--saved", type=Path, action="append", default=[], metavar="NOTE")
    each.add_argument("--without", action="append", default=[], metavar="ORIGIN")
    each.add_argument("--published", action="append", default=[], metavar="NAME=SHA256")
    return parser

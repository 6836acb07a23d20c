"""A whole case: its records, that they are all, what was disclosed of them, and how it was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verify import decision, issuance
from verify.checkpoint import Checkpoint, check_grown, opened
from verify.container import DISCLOSED, MANIFEST, README, numbered, placed, told
from verify.forms import object_from
from verify.heads import Shown, check_whole, heads_of, heads_proof_from
from verify.policy import Policy
from verify.proof import check_growth, check_record, growth_proof_from, record_proof_from
from verify.published import (
    Constants,
    Criteria,
    check_published,
    constants_from,
    criteria_from,
)
from verify.record import Record, check_chain, record_from
from verify.refused import MalformedError, TamperedError, UntrustedError, at
from verify.sealed import check_disclosed, check_sealed, disclosed_from


@dataclass(frozen=True, slots=True)
class LogShown:
    """What was found of the case in one log."""

    checkpoint: Checkpoint
    records: tuple[Record, ...]
    streams: int


@dataclass(frozen=True, slots=True)
class Whole:
    """A bundle that verifies.

    Attributes:
        not_shown: Logs of the policy that it says nothing of, as whoever verifies allowed.
        disclosed: How many sealed values are shown, each as committed.
        decisions: Replayed; ``None`` when the log of review is not shown.
        certificates: Their numbers; ``None`` as above, or when that log is not shown.
    """

    case: str
    logs: tuple[LogShown, ...]
    not_shown: tuple[str, ...]
    disclosed: int
    decisions: tuple[decision.Replayed, ...] | None
    certificates: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What whoever verifies believes, and asks for.

    Attributes:
        published: SHA-256 of the criteria documents, by name.
        without: Origins of the policy that the bundle need not show.
        saved: Notes that were kept from before, each with its name in messages.
    """

    policy: Policy
    published: Mapping[str, str]
    without: frozenset[str] = frozenset()
    saved: Sequence[tuple[str, bytes]] = ()


def check_bundle(case: str, files: Mapping[str, bytes], wanted: Wanted) -> Whole:
    """Return what the bundle of ``case`` shows, when all of it verifies.

    Args:
        case: From the manifest.
        files: As the manifest names them: see ``container``.
        wanted: What whoever verifies believes and asks for.

    Raises:
        TamperedError: Something was changed, added or left out; says where.
        MalformedError: Something has not the form that docs/bundle.md gives.
        UntrustedError: No trusted key or too few witnesses, or criteria that nobody published.
    """
    _check_paths(files)
    numbers = numbered(files)
    shown = tuple(
        _log_shown(log, case, _OfLog(numbers, files, log), wanted.policy) for log in _logs_in(files)
    )
    origins = {each.checkpoint.origin for each in shown}
    not_shown = tuple(each for each in wanted.policy.origins if each not in origins)
    for origin in not_shown:
        if origin not in wanted.without:
            raise TamperedError("the bundle does not show what this log has of it", log=origin)
    for name, data in wanted.saved:
        _check_saved(name, data, shown, files, wanted.policy)
    records = [record for each in shown for record in each.records]
    _check_schemas(records, files)
    disclosed = _check_disclosed(records, files)
    decisions, certificates = _replayed(shown, files, wanted.published)
    return Whole(case, shown, not_shown, disclosed, decisions, certificates)


def _check_paths(files: Mapping[str, bytes]) -> None:
    for path in files:
        if not told(path)[1] and path not in {MANIFEST, README, DISCLOSED}:
            raise MalformedError(f"no bundle has {path!r}")
    if README not in files or DISCLOSED not in files:
        raise MalformedError(f"a bundle without its {README} or {DISCLOSED}")


def _logs_in(files: Mapping[str, bytes]) -> list[str]:
    """Return every log that any file is about, ascending."""
    return sorted({log for log, _ in map(placed, files) if log is not None})


@dataclass(frozen=True, slots=True)
class _OfLog:
    """The files about one log."""

    numbers: Mapping[tuple[str, str], dict[int, bytes]]
    files: Mapping[str, bytes]
    log: str

    def of(self, kind: str) -> Mapping[int, bytes]:
        """Return the files of one kind, by number, ascending."""
        return self.numbers.get((kind, self.log), {})

    @property
    def heads(self) -> bytes:
        """The proof of heads; empty when there is none."""
        return self.files.get(f"heads/{self.log}.heads", b"")


def _log_shown(log: str, case: str, files: _OfLog, policy: Policy) -> LogShown:
    """Return what ``log`` has of ``case``: every record, proved to be there and to be all."""
    with at(log):
        notes = files.of("checkpoints")
        if not notes:
            raise TamperedError(f"no checkpoint of {log} is here")
        newest = max(notes)
        checkpoint = opened(notes[newest], policy)
        if checkpoint.log != log or checkpoint.size != newest:
            raise TamperedError(f"the checkpoint of {log} is that of another log or size")
        records = _records_of(log, case, files, notes[newest], checkpoint)
        proof = heads_proof_from(files.heads)
        _require_same(proof.note, notes[newest])
        heads = heads_of(case, proof, checkpoint)
        check_chain(records)
        parts = [Shown(each.stream, each.version, each.position, each.leaf) for each in records]
        check_whole(case, heads, parts)
        _check_older(notes, files.of("consistency"), policy, checkpoint)
    return LogShown(checkpoint, records, len(heads))


def _records_of(
    log: str, case: str, files: _OfLog, note: bytes, checkpoint: Checkpoint
) -> tuple[Record, ...]:
    leaves, proofs = files.of("records"), files.of("proofs")
    if spare := proofs.keys() - leaves.keys():
        raise TamperedError("a proof without its record", position=min(spare))
    records: list[Record] = []
    for position, data in leaves.items():
        with at(log, position):
            record = record_from(data, position)
            if (record.log, record.case) != (log, case):
                raise TamperedError("a record of another log or case")
            if position not in proofs:
                raise TamperedError("a record without its proof")
            proof = record_proof_from(proofs[position])
            _require_same(proof.note, note)
            if proof.index != position - 1:
                raise TamperedError(f"a proof of leaf {proof.index}")
            check_record(data, proof, checkpoint)
            records.append(record)
    return tuple(records)


def _require_same(note: bytes, checkpoint: bytes) -> None:
    """Refuse a proof against another checkpoint: all of a log is proved at one."""
    if note != checkpoint:
        raise TamperedError("a proof with another checkpoint than the bundle's")


def _check_older(
    notes: Mapping[int, bytes], proofs: Mapping[int, bytes], policy: Policy, newest: Checkpoint
) -> None:
    """Refuse an older checkpoint of the bundle from which the newest did not grow."""
    if set(proofs) != set(notes) - {newest.size}:
        raise TamperedError("checkpoints without their proof of consistency, or one too many")
    for size, data in proofs.items():
        old, proof = opened(notes[size], policy), growth_proof_from(data)
        _require_same(proof.note, notes[newest.size])
        if old.size != size:
            raise TamperedError(f"the checkpoint at {size} is one at {old.size}")
        check_growth(old, proof, newest)


def _check_saved(
    name: str,
    data: bytes,
    shown: Sequence[LogShown],
    files: Mapping[str, bytes],
    policy: Policy,
) -> None:
    """Refuse a bundle whose log did not grow from the checkpoint that was saved."""
    saved = opened(data, policy, alone=True)
    newest = next((s.checkpoint for s in shown if s.checkpoint.origin == saved.origin), None)
    if newest is None:
        raise UntrustedError(f"{name}: the bundle does not show {saved.origin}", log=saved.origin)
    with at(newest.log):
        if saved.size in {0, newest.size}:
            check_grown(saved, newest, ())
            return
        proof = files.get(f"consistency/{newest.log}/{saved.size}.growth")
        if proof is None:
            raise MalformedError(f"{name}: ask for a bundle with the proof from {saved.size}")
        check_growth(saved, growth_proof_from(proof), newest)


def _check_schemas(records: Sequence[Record], files: Mapping[str, bytes]) -> None:
    """Refuse what stands in clear though its type's schema says that it is sealed."""
    named = {f"schemas/{record.type}.v{record.schema}.json" for record in records}
    _require_exactly("schemas", named, files)
    schemas = {name: object_from(files[name], name, canonical=False) for name in named}
    for record in records:
        name = f"schemas/{record.type}.v{record.schema}.json"
        if schemas[name].get("$id") != f"urn:sigill:event:{record.type}:v{record.schema}":
            raise TamperedError(f"{name} is the schema of something else")
        check_sealed(record, schemas[name])


def _check_disclosed(records: Sequence[Record], files: Mapping[str, bytes]) -> int:
    """Return how many sealed values are shown, each as its record committed to it."""
    known = {(record.log, record.position): record for record in records}
    values = disclosed_from(files[DISCLOSED], DISCLOSED)
    for each in values:
        record = known.get((each.log, each.position))
        if record is None:
            raise TamperedError(f"{DISCLOSED} shows a value of a record that is not here")
        check_disclosed(record, each.field, each.salt, each.value)
    return len(values)


def _replayed(
    shown: Sequence[LogShown], files: Mapping[str, bytes], published: Mapping[str, str]
) -> tuple[tuple[decision.Replayed, ...] | None, tuple[str, ...] | None]:
    """Return the decisions and certificates of the case, all by the published rules."""
    records = [record for each in shown for record in each.records]
    schemes = {record.scheme for record in records} - {None}
    named = {f"scheme-{each}" for each in schemes} | {f"policy-{each.policy}" for each in records}
    _require_exactly("criteria", {f"criteria/{name}.json" for name in named}, files)
    criteria, constants = dict[str, Criteria](), dict[str, Constants]()
    for name in sorted(named):
        data, (kind, _, version) = files[f"criteria/{name}.json"], name.partition("-")
        check_published(name, data, published)
        if kind == "scheme":
            criteria[version] = criteria_from(data)
        else:
            constants[version] = constants_from(data)
    by_log = {each.checkpoint.log: each.records for each in shown}
    if decision.LOG not in by_log:
        return None, None
    decisions = decision.replayed(by_log[decision.LOG], criteria, constants)
    approved = [each.decision_id for each in decisions if each.outcome == "approved"]
    if issuance.LOG not in by_log:
        return decisions, None
    return decisions, issuance.check_issued(by_log[issuance.LOG], approved, constants)


def _require_exactly(folder: str, named: set[str], files: Mapping[str, bytes]) -> None:
    """Refuse a document of ``folder`` that is missing, or that no record names."""
    here = {path for path in files if path.startswith(f"{folder}/")}
    if here != named:
        raise TamperedError(f"missing or not named by any record: {min(here ^ named)}")

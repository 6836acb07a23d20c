"""A case as one parcel that proves itself: records, proofs, checkpoints, what was disclosed. Pure.

docs/bundle.md, House: ADR-0020. Whoever gathers what goes in (the audit service) reads tiles and
vault; here it becomes files, and the files a zip, the same bytes for the same case every time. The
other side is ``verify``, which shares no code with this.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Final

import orjson

from shared.contracts.catalogue import EVENTS
from shared.contracts.documents import schema_text
from shared.contracts.policy import POLICY_V1
from shared.contracts.record import Record, decode
from shared.contracts.scheme import SCHEMES
from shared.ledger.bundle_readme import README
from shared.ledger.errors import MalformedError
from shared.ledger.heads_proof import HeadsProof
from shared.ledger.proof import RecordProof
from shared.ledger.witness import AddCheckpoint

FORMAT: Final = "sigill-bundle-v1"
MANIFEST: Final = "manifest.json"
POLICIES: Final = MappingProxyType({POLICY_V1.version: POLICY_V1})
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can say: a bundle's date is that of its checkpoints."""
_PLAIN_FILE: Final = 0o100644 << 16
_UNIX: Final = 3


@dataclass(frozen=True, slots=True)
class Older:
    """An earlier checkpoint that somebody may have kept, and the proof that the log grew from it.

    Attributes:
        note: Byte for byte.
    """

    note: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CaseInLog:
    """What one log has of the case; a log that has nothing of it says so too.

    Attributes:
        log: As its records name it, e.g. ``asf/review``.
        size: Of the checkpoint.
        records: Exact bytes, by position.
        proofs: The inclusion proof of each, by position.
        heads: Of the case; with the checkpoint that everything here is proved at.
        older: By size.
    """

    log: str
    size: int
    records: Mapping[int, bytes]
    proofs: Mapping[int, tuple[bytes, ...]]
    heads: HeadsProof
    older: Mapping[int, Older] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A sealed text that whoever asked may see, with the salt that lets it be checked.

    Attributes:
        salt: 32 bytes.
    """

    log: str
    position: int
    field: str
    salt: bytes
    value: str


def bundle_files(
    case: str, logs: Iterable[CaseInLog], disclosed: Iterable[Disclosed] = ()
) -> dict[str, bytes]:
    """Return the files of the bundle of ``case``, by path; the manifest names all others.

    Args:
        case: Its id, as written in the records.
        logs: Every log of the house, also those that have nothing of the case.
        disclosed: As far as the caller may see them.

    Raises:
        MalformedError: A record without its proof, or of a type or criteria that are not known.
    """
    files = {"README.md": README.encode(), "disclosed.json": _disclosed(disclosed)}
    records: list[Record] = []
    for each in logs:
        files |= _files_of(each)
        records += map(decode, each.records.values())
    files |= _documents(records)
    told = {
        path: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        for path, data in files.items()
    }
    return files | {MANIFEST: _canonical({"format": FORMAT, "case": case, "files": told})}


def bundle_zip(files: Mapping[str, bytes]) -> bytes:
    """Return ``files`` as a zip: stored, in the order of their paths, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _EARLIEST)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, data)
    return buffer.getvalue()


def criteria_document(name: str) -> bytes:
    """Return the document published as ``name``: ``scheme-v1``, ``policy-1``; RFC 8785.

    Raises:
        MalformedError: There is no such version.
    """
    kind, _, version = name.partition("-")
    found = {"scheme": SCHEMES, "policy": POLICIES}[kind].get(version)
    if found is None:
        raise MalformedError(f"there is no {name}")
    return _canonical(found.model_dump(mode="json"))


def _files_of(each: CaseInLog) -> dict[str, bytes]:
    """Return the files about one log."""
    if each.records.keys() != each.proofs.keys():
        raise MalformedError(f"{each.log}: records and proofs are not of the same positions")
    note = each.heads.checkpoint
    files = {
        f"checkpoints/{each.log}/{each.size}.note": note,
        f"heads/{each.log}.heads": each.heads.encode(),
    }
    for position, leaf in each.records.items():
        proof = RecordProof(position - 1, each.proofs[position], note)
        files[f"records/{each.log}/{position}.json"] = leaf
        files[f"proofs/{each.log}/{position}.tlog-proof"] = proof.encode()
    for size, older in each.older.items():
        growth = AddCheckpoint(size, older.hashes, note)
        files[f"checkpoints/{each.log}/{size}.note"] = older.note
        files[f"consistency/{each.log}/{size}.growth"] = growth.encode()
    return files


def _documents(records: Sequence[Record]) -> dict[str, bytes]:
    """Return the schemas and the criteria that ``records`` name, as they are published."""
    names = {f"policy-{record.policy}" for record in records}
    names |= {f"scheme-{record.scheme}" for record in records if record.scheme is not None}
    files = {f"criteria/{name}.json": criteria_document(name) for name in names}
    for kind, version in {(record.type, record.schema) for record in records}:
        try:
            text = schema_text(EVENTS[kind], version)
        except LookupError as error:
            raise MalformedError(f"no schema of {kind} version {version} is at hand") from error
        files[f"schemas/{kind}.v{version}.json"] = text.encode()
    return files


def _disclosed(disclosed: Iterable[Disclosed]) -> bytes:
    """Return the document of what is disclosed, in the order of log, position and field."""
    ordered = sorted(disclosed, key=lambda each: (each.log, each.position, each.field))
    values = [
        {
            "log": each.log,
            "position": each.position,
            "field": each.field,
            "salt": each.salt.hex(),
            "value": each.value,
        }
        for each in ordered
    ]
    return _canonical({"values": values})


def _canonical(value: object) -> bytes:
    """RFC 8785: return the canonical JSON of ``value``."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

"""The files of a bundle, from a directory or a zip, and the manifest over them. docs/bundle.md."""

import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from verify.forms import object_from
from verify.refused import MalformedError, TamperedError, at

FORMAT: Final = "sigill-bundle-v1"
MANIFEST: Final = "manifest.json"
README: Final = "README.md"
DISCLOSED: Final = "disclosed.json"
_LOG: Final = r"(?P<log>[a-z0-9-]+(?:/[a-z0-9-]+)*)"
_NUMBER: Final = r"(?P<number>0|[1-9][0-9]{0,18})"
_WORD: Final = r"[A-Za-z0-9][A-Za-z0-9.-]*"
PLACES: Final = {
    kind: re.compile(f"{kind}/{rest}")
    for kind, rest in (
        ("records", rf"{_LOG}/{_NUMBER}\.json"),
        ("proofs", rf"{_LOG}/{_NUMBER}\.tlog-proof"),
        ("checkpoints", rf"{_LOG}/{_NUMBER}\.note"),
        ("consistency", rf"{_LOG}/{_NUMBER}\.growth"),
        ("heads", rf"{_LOG}\.heads"),
        ("schemas", rf"(?P<name>{_WORD}\.v[1-9][0-9]*)\.json"),
        ("criteria", rf"(?P<name>(?:scheme|policy)-{_WORD})\.json"),
    )
}
"""What else may be in a bundle, by its first folder."""
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_DAY: Final = 0x21  # 1980-01-01, the first that a zip can say
_UNIX, _MODE = 3, 0o100644 << 16


def read(path: Path) -> tuple[Mapping[str, bytes], bytes | None]:
    """Return every file of the bundle at ``path``, and the bytes of the zip where it is one.

    Raises:
        MalformedError: It is no bundle, or what stands there is no plain file.
    """
    if path.is_dir():
        return dict(_files_in(path)), None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MalformedError(f"{path} cannot be read") from error
    return files_of_zip(data), data


def checked_manifest(files: Mapping[str, bytes]) -> str:
    """Return which case the bundle is of, when its files are those that its manifest names.

    Raises:
        MalformedError: There is no manifest in its one form.
        TamperedError: A file differs, is missing, or is not named. Says which record, if it is one.
    """
    body = object_from(files.get(MANIFEST, b""), MANIFEST)
    named, case = body.get("files"), body.get("case")
    if set(body) != {"case", "files", "format"} or body["format"] != FORMAT:
        raise MalformedError(f"{MANIFEST} is not that of a {FORMAT}")
    if not isinstance(named, dict) or not isinstance(case, str):
        raise MalformedError(f"{MANIFEST} names no case or no files")
    listed = cast("dict[str, Any]", named)
    for path in sorted({*files, *listed} - {MANIFEST}, key=in_order):
        with at(*placed(path)):
            if path not in files:
                raise TamperedError(f"{path} is missing")
            if path not in listed:
                raise TamperedError(f"{path} is not in the manifest")
            data = files[path]
            if listed[path] != {"bytes": len(data), "sha256": sha256(data).hexdigest()}:
                raise TamperedError(f"{path} is not what the manifest names")
    return case


def check_zip(data: bytes, files: Mapping[str, bytes]) -> None:
    """Return when ``data`` is the one zip that ``files`` make.

    Raises:
        MalformedError: It is another: something stands in it that is in none of them.
    """
    if data != zip_of(files):
        raise MalformedError("a zip with more in it than its files, or in another form")


def told(path: str) -> tuple[str, Mapping[str, str]]:
    """Return the first folder of ``path``, and what its name says: nothing where no file is called so."""
    kind = path.partition("/")[0]
    match = PLACES[kind].fullmatch(path) if kind in PLACES else None
    return kind, match.groupdict() if match else {}


def placed(path: str) -> tuple[str | None, int | None]:
    """Return the log and the position that the file at ``path`` is about; each may be ``None``."""
    kind, found = told(path)
    about_record = kind in {"records", "proofs"} and "number" in found
    return found.get("log"), int(found["number"]) if about_record else None


def numbered(files: Mapping[str, bytes]) -> Mapping[tuple[str, str], dict[int, bytes]]:
    """Return the files that a log and a number name, by kind and log; each by number, ascending."""
    found: dict[tuple[str, str], dict[int, bytes]] = {}
    for path, data in files.items():
        kind, says = told(path)
        if "number" in says:
            found.setdefault((kind, says["log"]), {})[int(says["number"])] = data
    return {place: dict(sorted(each.items())) for place, each in found.items()}


def in_order(path: str) -> tuple[bool, str, int, str]:
    """Return what files are sorted by: records before all else, log by log, by position."""
    log, position = placed(path)
    return (position is None, log or "", position or 0, path)


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of ``files``: stored, by path, the same date for all, nothing besides."""
    local, central, offset = list[bytes](), list[bytes](), 0
    for path, data in sorted(files.items()):
        name = path.encode("ascii", "replace")
        sizes = (zlib.crc32(data), len(data), len(data), len(name), 0)
        parts = (_LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, _DAY, *sizes), name, data)
        local += parts
        entry = (b"PK\x01\x02", _UNIX << 8 | 20, 20, 0, 0, 0, _DAY, *sizes, 0, 0, 0, _MODE, offset)
        central += (_CENTRAL.pack(*entry), name)
        offset += sum(map(len, parts))
    size = sum(map(len, central))
    end = _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), size, offset, 0)
    return b"".join([*local, *central, end])


def _files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            if not name.isascii():
                raise MalformedError(f"no bundle has {name!a}")
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise MalformedError(f"{path.relative_to(folder)} is no plain file")
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def files_of_zip(data: bytes) -> Mapping[str, bytes]:
    """Return the files that the directory of a zip names; see ``check_zip`` for the rest of it."""
    try:
        mark, _, _, _, count, size, start, rest = _END.unpack(data[-_END.size :])
        found, place, total = dict[str, bytes](), start, 0
        for _ in range(count):
            entry = _CENTRAL.unpack_from(data, place)
            place += _CENTRAL.size
            name = data[place : place + entry[10]].decode("ascii")
            place += entry[10]
            begin = entry[16] + _LOCAL.size + len(name)
            total += entry[9]
            if entry[0] != b"PK\x01\x02" or entry[4] or name in found or total > len(data):
                raise MalformedError("a zip whose files are not stored as they are")
            found[name] = data[begin : begin + entry[9]]
    except (struct.error, UnicodeDecodeError) as error:
        raise MalformedError("no bundle: neither a folder nor a zip") from error
    if mark != b"PK\x05\x06" or rest or place != start + size:
        raise MalformedError("no bundle: neither a folder nor a zip")
    return found

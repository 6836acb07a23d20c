"""Which logs are watched, by which keys, and where they are: from configuration, never from a log."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services.audit.settings import Settings
from shared.contracts.catalogue import SERVICES
from shared.ledger.checkpoint import Checkpoint
from shared.ledger.errors import MalformedError
from shared.ledger.keys import VerifierKey, verifier_key
from shared.ledger.note import Note
from shared.telemetry import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a log signed, and perhaps a witness too.

    Attributes:
        note: The checkpoint with its signatures.
    """

    checkpoint: Checkpoint
    note: Note


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose checkpoints are believed when one of ``keys`` signed them.

    Attributes:
        log: As its records name it, e.g. ``asf/review``.
        url: Of the service that serves it; ``""``: nobody is asked.
        keys: All of one name, which is the origin of the log.
    """

    log: str
    url: str
    keys: tuple[VerifierKey, ...]

    @property
    def origin(self) -> str:
        """The first line of its checkpoints."""
        return self.keys[0].name


def known_logs(settings: Settings) -> tuple[KnownLog, ...]:
    """Return the logs whose keys are there, in the order of the process. Reads the files of keys."""
    return tuple(filter(None, (known_log(settings, service) for service in SERVICES)))


def known_log(settings: Settings, service: str) -> KnownLog | None:
    """Return the log of ``service``; ``None`` while its keys are not there.

    Asked again each time: a key that a log will sign with next is written down beforehand.
    """
    place = settings.log_keys.get(service)
    if place is None:
        return None
    try:
        keys = keys_in(place)
    except (OSError, MalformedError) as error:
        _log.warning("audit.witness_no_keys", log=f"asf/{service}", why=str(error))
        return None
    return KnownLog(f"asf/{service}", settings.ledger_url(service), keys) if keys else None


def keys_in(place: Path) -> tuple[VerifierKey, ...]:
    """Return the keys of a file: one a line; none where there is no file yet.

    Raises:
        OSError: It cannot be read.
        MalformedError: A line is no key, or the keys are of several logs.
    """
    if not place.exists():
        return ()
    keys = tuple(map(verifier_key, place.read_text().splitlines()))
    if len({key.name for key in keys}) > 1:
        raise MalformedError("keys of several logs in one file")
    return keys


def origin_hash(origin: str) -> str:
    """C2SP tlog-mirror: return what stands for ``origin`` in an address and in a file's name."""
    return sha256(origin.encode()).hexdigest()

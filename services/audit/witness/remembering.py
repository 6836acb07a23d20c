"""Whether the witness remembers what it cosigned. One that forgot cosigns no more, and says so.

House: ADR-0022. What was cosigned is in the database too, but by that alone nothing is cosigned on:
whoever can write there could have made it say anything.
"""

from collections.abc import Mapping
from functools import partial

import httpx2

from services.audit.settings import Settings
from services.audit.witness.asking import ASK_TIMEOUT_S, Asking
from services.audit.witness.known import known_log
from services.audit.witness.witnessing import Witness, witness_over
from shared.contracts.catalogue import SERVICES
from shared.ledger.errors import LedgerError
from shared.ledger.signer import SignerBusyError, SignerForgotError
from shared.process import Parts
from shared.telemetry import get_logger
from shared.web import Check

FORGOT_DO = "put the witness's folder back: docs/operations.md, The witness"

_log = get_logger(__name__)


def memories(parts: Parts[Settings]) -> Mapping[str, Check]:
    """Return what readiness asks of the witness: for each log, whether it can be cosigned on."""
    witness = witness_over(parts, Asking(httpx2.AsyncClient(timeout=ASK_TIMEOUT_S)))
    return {f"witness asf/{each}": partial(remembers, witness, each) for each in SERVICES}


async def remembers(witness: Witness, service: str) -> bool:
    """Return whether what was cosigned of the log of ``service`` is remembered; so is nothing at all."""
    log = known_log(witness.parts.settings, service)
    if log is None:
        return True
    try:
        await witness.remembered(log)
    except SignerBusyError:
        return True
    except LedgerError as error:
        say_refused(log.log, error)
        return False
    return True


def say_refused(log: str, error: LedgerError) -> None:
    """Say why nothing of ``log`` is cosigned, and what to do about it."""
    do = FORGOT_DO if isinstance(error, SignerForgotError) else "docs/operations.md, The witness"
    _log.error("audit.witness_refused", log=log, why=str(error), do=do)

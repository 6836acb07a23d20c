"""HTTP in: what anyone may ask about certificates, and what holders may ask of their own."""

from services.certificates.api.holders import HOLDER_OPERATIONS
from services.certificates.api.public import PUBLIC_OPERATIONS
from shared.auth import Operations
from shared.web import ACCESS_LOG_READERS, DISCLOSURE_OPERATIONS, LEDGER_OPERATIONS

OPERATIONS: Operations = {
    **PUBLIC_OPERATIONS,
    **HOLDER_OPERATIONS,
    "list_access_log": ACCESS_LOG_READERS,
    **LEDGER_OPERATIONS,
    **DISCLOSURE_OPERATIONS,
}

__all__ = ["OPERATIONS"]

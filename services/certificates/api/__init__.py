"""HTTP in: what anyone may ask about certificates, and what holders may ask of their own."""

from services.certificates.api.holders import HOLDER_OPERATIONS
from services.certificates.api.public import PUBLIC_OPERATIONS
from shared.auth import Operations

OPERATIONS: Operations = {**PUBLIC_OPERATIONS, **HOLDER_OPERATIONS}

__all__ = ["OPERATIONS"]

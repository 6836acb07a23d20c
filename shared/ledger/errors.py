"""The three ways in which what somebody shows us does not hold."""


class LedgerError(Exception):
    """A text, a tile or a proof that cannot be relied on; the message says why, in one line."""


class MalformedError(LedgerError, ValueError):
    """It is not of the form that its specification gives, or asks for what cannot be."""


class DisprovedError(LedgerError):
    """It is well formed and false: hashes or signatures do not agree. Somebody changed something."""


class UntrustedError(LedgerError):
    """It may be true, but no trusted key says so, or too few witnesses do."""

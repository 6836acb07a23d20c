"""Who is calling, in which role, for which organisation; and what each role may ask for.

Everything a token says about a person is a pseudonym, roles, and the number of a firm.
"""

from shared.auth.authenticator import Authenticator, IssuerUnreachable, TokenRefused
from shared.auth.keys import PublishedKeys
from shared.auth.principal import PUBLIC, Operations, Principal
from shared.auth.service_token import ServiceToken

__all__ = [
    "PUBLIC",
    "Authenticator",
    "IssuerUnreachable",
    "Operations",
    "Principal",
    "PublishedKeys",
    "ServiceToken",
    "TokenRefused",
]

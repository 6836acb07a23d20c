"""The codes of the edge itself, each with its sentence. A code is public API, never renamed.

The codes of rules stand where the rules are; ``problems`` names them on each route.
"""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "body_encoded": "The body is compressed or in another character set; send plain UTF-8.",
    "body_not_json": "The body must be JSON: Content-Type application/json.",
    "body_too_large": "The body is larger than this service accepts.",
    "body_too_slow": "The body did not arrive in time.",
    "header_malformed": "A header is malformed.",
    "header_repeated": "A header that may stand once stands several times.",
    "headers_too_large": "The headers are larger than this service accepts.",
    "idempotency_key_malformed": "Idempotency-Key holds 1 to 255 visible ASCII characters.",
    "idempotency_key_missing": "Name a key of your own in Idempotency-Key; repeat it on retries.",
    "idempotency_key_reused": "This Idempotency-Key was used for another request.",
    "if_match_malformed": "If-Match holds one strong entity tag as this service gave it.",
    "if_match_required": "Name the version you saw in If-Match.",
    "if_none_match_malformed": "If-None-Match holds entity tags or *.",
    "issuer_unreachable": "Tokens cannot be checked right now; try again.",
    "json_duplicate_key": "A JSON object names the same key twice.",
    "json_malformed": "The body is not well-formed JSON.",
    "json_not_a_number": "JSON knows neither NaN nor Infinity.",
    "json_number_too_large": "A JSON number is larger than every reader keeps exactly.",
    "json_too_deep": "The JSON is nested too deeply.",
    "json_too_many_keys": "The JSON has too many or too long keys.",
    "log_busy": "Too many commands are waiting; try again.",
    "method_not_allowed": "This address does not know the method.",
    "not_found": "There is nothing at this address.",
    "on_behalf_of_malformed": "On-Behalf-Of holds the pseudonym of a person.",
    "on_behalf_of_not_allowed": "Only services act on behalf of somebody.",
    "outcome_unknown": "Whether the command was carried out is not known; repeat it as it was.",
    "path_malformed": "The address holds characters that no address of this service has.",
    "position_not_reached": "The list has not come as far as you wait for; try again.",
    "query_malformed": "The query is not well-formed UTF-8 text.",
    "record_refused": "The log does not take this record.",
    "request_malformed": "The request does not have the form that this operation expects.",
    "request_refused": "The request cannot be served.",
    "role_may_not_act": "None of your roles may do this.",
    "stream_moved": "Someone else was first: read again.",
    "temporarily_unavailable": "A part that this needs is away; try again.",
    "text_malformed": "A text holds NUL or half a character.",
    "token_expired": "The token has expired; sign in again.",
    "token_for_another_service": "The token is for another service.",
    "token_invalid": "The token proves nothing.",
    "token_missing": "Send an access token: Authorization: Bearer ...",
    "token_without_role": "The token names no role of this house.",
    "unexpected": "Something went wrong here. It is not your fault, and it has been noted.",
    "unsupported_upgrade": "This service speaks plain HTTP only.",
    "wait_for_position_malformed": "Wait-For-Position holds a position: digits.",
}

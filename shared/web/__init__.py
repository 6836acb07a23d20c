"""The HTTP edge: what every service does the same way, so that one is known when all are.

Docs: ``docs/conventions.md``, sections 1 and 2. A router is written against these names.
"""

from shared.web.access_entries import (
    ACCESS_LOG_OVERSIGHT,
    ACCESS_LOG_READERS,
    access_log_routes,
)
from shared.web.app import bare_app, create_app
from shared.web.body import Body, Day, Digits, Line, Moment, Text, check_period
from shared.web.disclosures import DISCLOSURE_OPERATIONS, disclosure_routes
from shared.web.edge import Caller, Edge, Reader, check_total
from shared.web.health import Check, add_health
from shared.web.language import Language, language
from shared.web.ledger import LEDGER_OPERATIONS, ledger_routes
from shared.web.links import made
from shared.web.meanings import Meaning, Meanings
from shared.web.openapi import problems
from shared.web.paging import Page, link_next, page
from shared.web.position import wait_for
from shared.web.preconditions import Seen, if_match, if_none_match, show, tell
from shared.web.problem import Problem, render_problems
from shared.web.strict import Limits, Upload

__all__ = [
    "ACCESS_LOG_OVERSIGHT",
    "ACCESS_LOG_READERS",
    "DISCLOSURE_OPERATIONS",
    "LEDGER_OPERATIONS",
    "Body",
    "Caller",
    "Check",
    "Day",
    "Digits",
    "Edge",
    "Language",
    "Limits",
    "Line",
    "Meaning",
    "Meanings",
    "Moment",
    "Page",
    "Problem",
    "Reader",
    "Seen",
    "Text",
    "Upload",
    "access_log_routes",
    "add_health",
    "bare_app",
    "check_period",
    "check_total",
    "create_app",
    "disclosure_routes",
    "if_match",
    "if_none_match",
    "language",
    "ledger_routes",
    "link_next",
    "made",
    "page",
    "problems",
    "render_problems",
    "show",
    "tell",
    "wait_for",
]

"""The roles in which people act. Swedish names stand in the glossary."""

from enum import StrEnum


class Role(StrEnum):
    """One fixed role; a person may hold several, but not on two sides of one case."""

    APPLICANT = "applicant"
    SIGNATORY = "signatory"
    COWORKER = "coworker"
    PROJECT_LEADER = "project_leader"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"
    REVIEWER = "reviewer"
    CERTIFIER = "certifier"
    AUDITOR = "auditor"
    APPEAL_PANEL = "appeal_panel"
    STEERING_GROUP = "steering_group"
    REGISTRAR = "registrar"
    BUYER = "buyer"
    OPERATOR = "operator"
    SERVICE = "service"
    """One service that asks another, on behalf of whoever the event names."""

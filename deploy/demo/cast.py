"""The invented firms of the pilot round, and what they answer. Every number is nobody's."""

from dataclasses import dataclass
from typing import Any, Final

SWEDISH: Final = "sv"


@dataclass
class Firm:
    """An invented work-integrating social enterprise.

    Attributes:
        label: First part of its people's labels at the issuer, e.g. ``alfa``.
        number: With a valid check digit, and given to nobody.
        application_id: Once it has shown interest.
        review_id: Once its review is open.
        certificate: Its number, once it is certified.
    """

    label: str
    number: str
    language: str = SWEDISH
    application_id: str = ""
    review_id: str = ""
    certificate: str = ""

    @property
    def name(self) -> str:
        """Return the firm's name."""
        return f"{self.label.capitalize()} ekonomisk förening"

    @property
    def applicant(self) -> str:
        """Return the label of its contact person."""
        return f"{self.label}-applicant"

    @property
    def signatory(self) -> str:
        """Return the label of whoever may bind it."""
        return f"{self.label}-signatory"

    @property
    def application(self) -> str:
        """Return the address of its application at intake."""
        return f"/v1/applications/{self.application_id}"


def pilot_firms() -> tuple[Firm, ...]:
    """Return Alfa, Beta, Gamma and Delta, before anything has happened."""
    return (
        Firm("alfa", "769999-0011"),
        Firm("beta", "769999-0029"),
        Firm("gamma", "769999-0037", language="en"),
        Firm("delta", "802999-0010", language="en"),
    )


def answers_to(section: dict[str, Any], firm: Firm) -> dict[str, Any]:
    """Return a sound firm's answers to every question of one section of the survey."""
    return {question["code"]: _answer(question, firm) for question in section["questions"]}


def _answer(question: dict[str, Any], firm: Firm) -> bool | int | str:
    """Return the answer to one question, by its kind."""
    match question["kind"]:
        case "yes_no":
            return True
        case "number":
            minimum: int = question["minimum"]
            return minimum + 10
        case "organisation_number":
            return firm.number
        case _:
            code: str = question["options"][0]["code"]
            return code

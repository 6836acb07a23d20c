"""What anyone may read: what is required, what is asked."""

from fastapi import APIRouter

from shared.contracts.requirements import REQUIREMENTS_V1, Requirements
from shared.contracts.survey import SURVEYS, Survey
from shared.decider import Refusal, RefusalKind
from shared.web import problems


def routes() -> APIRouter:
    """Return the routes that need no token and read no event."""
    router = APIRouter(prefix="/v1", tags=["offer"])

    @router.get("/requirements", responses=problems())
    async def read_requirements() -> Requirements:
        """Read what taking part requires, in Swedish and in English: the version in force."""
        return REQUIREMENTS_V1

    @router.get("/surveys/{survey}", responses=problems("survey_not_found"))
    async def read_questionnaire(survey: str) -> Survey:
        """Read one version of the web survey: sections, questions, help, in both languages."""
        if (found := SURVEYS.get(survey)) is None:
            raise Refusal(RefusalKind.NOT_FOUND, "survey_not_found", "There is no such survey.")
        return found

    return router

"""FastAPI with nothing around it: validates the body, answers, and remembers nothing.

``python -m bench.posting.bare <port>``
"""

import sys
from uuid import UUID, uuid5

import uvicorn
from fastapi import FastAPI

from bench.posting.forms import PATH, LetterBody, Planned

NAMES = UUID("7e1a0000-0000-4000-8000-000000000002")
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})


@app.post(PATH, status_code=201)
async def plan_letter(body: LetterBody) -> Planned:
    """Answer as if the letter were planned."""
    return Planned(letter_id=uuid5(NAMES, body.facts[0].value), version=1, position=1)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_config=None)

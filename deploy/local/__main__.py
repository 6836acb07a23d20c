"""Run the commands of the local stack: ``python -m deploy.local <command>``."""

from deploy.local.cli import app

app(prog_name="python -m deploy.local")

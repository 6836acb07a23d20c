"""How a service becomes processes: one description, one function that runs any role of it.

``services/<name>/main.py`` describes a ``Service`` and calls ``run``. Everything here is the same
for all services: opening parts, supervising loops, health, stopping.
"""

from shared.process.command_line import run
from shared.process.service import Background, Parts, Service
from shared.process.settings import ServiceSettings

__all__ = ["Background", "Parts", "Service", "ServiceSettings", "run"]

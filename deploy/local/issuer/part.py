"""The development issuer, as a part of the stack."""

import signal

from deploy.local.part import answers_with_ok
from deploy.local.ports import is_open
from deploy.local.processes import Launch, module
from deploy.local.settings import CHECKOUT, LOOPBACK, StackSettings


class Issuer:
    """Says who is calling, in which role, for which organisation."""

    name = "issuer"
    required = True
    light = True
    stop_signal = signal.SIGTERM

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings

    def address(self) -> str:
        """Return the issuer, as it stands in ``iss``."""
        return f"http://{LOOPBACK}:{self._settings.issuer_port}"

    def prepare(self) -> None:
        """Do nothing: the key is made by the process that signs with it."""

    def launch(self) -> Launch:
        """Return the command line."""
        clock, others = self._settings.clock_file, self._settings.people
        return Launch(
            argv=module("deploy.local.issuer"),
            cwd=CHECKOUT,
            env={
                "ISSUER_URL": self.address(),
                "ISSUER_PORT": str(self._settings.issuer_port),
                "ISSUER_FOLDER": str(self._settings.data / "issuer"),
                "ISSUER_CLIENT_SECRET": self._settings.client_secret.get_secret_value(),
                **({"ISSUER_PEOPLE": str(others.absolute())} if others else {}),
                **({"SIGILL_CLOCK": str(clock)} if clock else {}),
            },
            ports={"SIGILL_ISSUER_PORT": self._settings.issuer_port},
        )

    def answers(self) -> bool:
        """Return whether it describes itself."""
        return is_open(self._settings.issuer_port) and answers_with_ok(
            f"{self.address()}/.well-known/openid-configuration"
        )

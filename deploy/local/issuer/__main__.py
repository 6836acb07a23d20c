"""Serve the development issuer: ``python -m deploy.local.issuer``."""

import uvicorn

from deploy.local.issuer.app import application
from deploy.local.issuer.clients import clients
from deploy.local.issuer.keys import signing_keys
from deploy.local.issuer.server import Server
from deploy.local.issuer.settings import IssuerSettings
from deploy.local.people import people, people_in
from deploy.local.settings import LOOPBACK
from shared.clock import now


def main() -> None:
    """Serve until SIGTERM, on the loopback address only."""
    settings = IssuerSettings.model_validate({})
    keys = signing_keys(settings.folder)
    server = Server(
        issuer=settings.url,
        clients=clients(settings.client_secret.get_secret_value()),
        keys=keys,
        now=now,
    )
    everybody = people() if settings.people is None else people_in(settings.people)
    app = application(server, people=everybody, keys=keys, now=now)
    uvicorn.run(app, host=LOOPBACK, port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

"""The roles of a service that does nothing but say how it was told to run."""

import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import asyncpg

from deploy.local.part import wait_for
from deploy.local.settings import inherited_environment


def run(service: str) -> None:
    """Do what the word on the command line says."""
    role = sys.argv[1]
    prefix = service.upper()
    if role == "migrate":
        wait_for(_make_database(service, inherited_environment()[f"{prefix}_DATABASE_ADMIN_DSN"]))
        return
    port = "HEALTH_PORT" if role == "streams" else "HTTP_PORT"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with HTTPServer(
        ("127.0.0.1", int(inherited_environment()[f"{prefix}_{port}"])), _Told
    ) as server:
        server.serve_forever()


class _Told(BaseHTTPRequestHandler):
    """Answers every request with the environment."""

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps(inherited_environment()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def _make_database(service: str, dsn: str) -> None:
    """Make the database of the service, unless it is there."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{service}"')
    except asyncpg.DuplicateDatabaseError:
        sys.stdout.write("here already\n")
    finally:
        await connection.close()

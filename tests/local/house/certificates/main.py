"""Run one role of the service."""

from tests.local.house.roles import run

if __name__ == "__main__":
    run("certificates")

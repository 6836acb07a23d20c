"""``python -m verify``."""

from verify.command_line import run

if __name__ == "__main__":
    run()

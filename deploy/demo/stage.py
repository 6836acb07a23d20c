"""What every act of the play needs: the world, the clock, and a voice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from deploy.demo.client import Person, Reply, UnexpectedAnswerError, World, done
from shared.clock import set_clock
from shared.contracts.swedish_time import STOCKHOLM


@dataclass
class Stage:
    """Where the play is played.

    Attributes:
        clock: The file that moves every process's clock.
        say: Told what happens, a line at a time.
        refusals: Codes that were expected and came, in order.
    """

    world: World
    clock: Path
    say: Callable[[str], None]
    refusals: list[str] = field(default_factory=list)

    def at(self, local: str) -> None:
        """Move the clock to ``local``, e.g. ``2019-06-19 10:00``, Swedish time."""
        when = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM)
        set_clock(self.clock, when)
        self.say(f"[bold]{local}[/bold]")

    def person(self, label: str) -> Person:
        """Return somebody with a browser of their own."""
        return self.world.person(label)

    def refused(self, reply: Reply, code: str, who: str) -> None:
        """Say that a rule said no, as it must.

        Raises:
            UnexpectedAnswerError: It did not, or for another reason.
        """
        if reply.code != code:
            raise UnexpectedAnswerError(f"expected {code}, got {reply.status}: {reply.body}")
        self.refusals.append(code)
        self.say(f"  {who}: [yellow]refused[/yellow], {code}")

    def happened(self, reply: Reply, what: str) -> Reply:
        """Say what happened, and return the answer.

        Raises:
            UnexpectedAnswerError: It did not happen.
        """
        done(reply)
        self.say(f"  {what}")
        return reply

"""PM-20: an order goes to every service through whatever runs its commands."""

from pathlib import Path
from uuid import UUID

import pytest

from deploy.erasing import main
from deploy.local.settings import SERVICES
from shared.process.erasure_orders import FILES_LEFT

SUBJECT, DECIDER, ORDER = (UUID(int=number) for number in (30, 40, 60))
WORDS = (str(SUBJECT), "--basis", "person_request", "--decided-by", str(DECIDER))
SAID = f"erase {SUBJECT} --basis person_request --decided-by {DECIDER} --order {ORDER}"


def carried_out(place: Path, *more: str, refuses: str = "no --apply") -> tuple[int, list[str]]:
    """Carry out an order through a shell that notes what it is told; return code and notes."""
    place.write_text("")
    script = f'echo "{{service}} $*" >> {place}; shift 8; test "{{service}} $1" != "{refuses}"'
    code = main([*WORDS, "--order", str(ORDER), "--through", f"sh -c '{script}' sh", *more])
    return code, place.read_text().splitlines()


def test_all_are_asked_before_any_erases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """ERA-2: twice the same words to each service, and only the second time in earnest."""
    asked = [f"{service} {SAID}" for service in SERVICES]
    assert carried_out(tmp_path / "notes") == (0, asked)
    said = capsys.readouterr().out
    assert said == f"order {ORDER}\ncarry it out with --order {ORDER} --apply\n"
    erased = [f"{each} --apply" for each in asked]
    assert carried_out(tmp_path / "notes", "--apply") == (0, [*asked, *erased])
    said = capsys.readouterr().out
    assert said.startswith(
        f"order {ORDER}; if this is broken off, repeat it with --order {ORDER}\n"
    )
    assert said.endswith(f"\ndone in {', '.join(SERVICES)}\n")


def test_the_first_that_says_no_is_the_last_that_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """PM-20: before anything is erased, or half way; and it is said what became of it."""
    third = SERVICES[2]
    asked = [f"{service} {SAID}" for service in SERVICES]
    assert carried_out(tmp_path / "notes", "--apply", refuses=f"{third} ") == (1, asked[:3])
    assert (
        f"{third} did not say yes: nothing was erased now, in no service" in capsys.readouterr().out
    )
    erased = [f"{each} --apply" for each in asked[:3]]
    code, notes = carried_out(tmp_path / "notes", "--apply", refuses=f"{third} --apply")
    assert (code, notes) == (1, [*asked, *erased])
    assert f"{third} has not erased, nor any after it" in capsys.readouterr().out


def test_an_id_of_nobody_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    """PM-20: nothing is there and nothing ever was: whoever mistyped it learns so. A repeat is told apart."""
    through = f"sh -c 'echo {{service}}: holds nothing sealed about {SUBJECT}; {{more}}' sh"
    for more, told in (
        ("true", "nor ever erased any: is the id mistyped?"),
        ("echo entered for erasure before", "any more: it was erased before"),
    ):
        for apply in ((), ("--apply",)):
            words = through.replace("{more}", more)
            assert main([*WORDS, "--order", str(ORDER), "--through", words, *apply]) == 0
            said = capsys.readouterr().out
            assert said.endswith(f"{told}\n")
            assert "done in" not in said


def test_files_that_are_left_are_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    """ADR-0024: every service erases, and the order ends with 1, so that it is repeated."""
    through = f"sh -c 'echo {{service}}: {FILES_LEFT}' sh"
    assert main([*WORDS, "--order", str(ORDER), "--through", through, "--apply"]) == 1
    said = capsys.readouterr().out
    assert said.count(FILES_LEFT) == 2 * len(SERVICES)
    assert said.endswith("done, but for files, as said above; repeat the same order later\n")

"""Issue 4, section 4: the image holds what a process needs, and nothing that builds.

No engine makes it here. So what its Dockerfile copies is copied, and what it installs is installed:
by the same locks, as wheels only, into an environment that has never seen a test or a tool.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import CHECKOUT, SERVICES
from deploy.local.stack import Stack
from shared import clock
from tests.deploy.reading import ours, run
from tests.stack import emptied

pytestmark = pytest.mark.integration

DOCKERFILE = CHECKOUT / "deploy" / "Dockerfile"
KEYCLOAK = CHECKOUT / "deploy" / "keycloak" / "Dockerfile"
EVERYTHING = """
import importlib, pkgutil
for root in ("shared", "services"):
    for found in pkgutil.walk_packages([root], f"{root}."):
        importlib.import_module(found.name)
"""
_UV = str(Path(sys.executable).parent / "uv")
_LIMIT_S = 120
_ASK_S = 0.5


def stages() -> list[str]:
    """Return the text of each stage, its continued lines made one."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return re.split(r"^(?=FROM )", "\n".join(lines), flags=re.MULTILINE)[1:]


def copied(stage: str) -> Iterator[tuple[str, str]]:
    """Yield what a stage copies from the context, and where to."""
    for line in re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE):
        *sources, target = line.split()
        yield from ((source, target) for source in sources)


def ignored(path: Path) -> bool:
    """Return whether ``.dockerignore`` keeps ``path`` out: the last line that fits decides."""
    names = [str(each) for each in (path, *path.parents)]
    out = False
    for line in (CHECKOUT / ".dockerignore").read_text().splitlines():
        pattern = (
            re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        )
        if line and not line.startswith("#") and any(re.fullmatch(pattern, name) for name in names):
            out = not line.startswith("!")
    return out


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the libraries of the image, and nothing else."""
    place = tmp_path_factory.mktemp("libraries")
    locks = [CHECKOUT / source for source, _ in copied(stages()[0])]
    assert sorted(lock.stem for lock in locks) == sorted(SERVICES)
    found = place / "bin" / "python"
    make = [_UV, "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, str(place)]
    fill = [_UV, "pip", "install", "--quiet", "--only-binary", ":all:", "--require-hashes"]
    for lock in locks:
        fill += ["-r", str(lock)]
    for words in (make, [*fill, "--python", str(found)]):
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_LIMIT_S)  # noqa: S603 -- our own words
        assert done.returncode == 0, done.stderr
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the last stage copies."""
    place = tmp_path_factory.mktemp("image")
    for source, target in copied(stages()[-1]):
        for path in (CHECKOUT / source, *(CHECKOUT / source).rglob("*")):
            within = path.relative_to(CHECKOUT)
            if path.is_file() and not ignored(within):
                there = place / (within if target != "./" else path.name)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there)
    return place


@pytest.mark.parametrize("file", [DOCKERFILE, KEYCLOAK], ids=lambda file: file.parent.name)
def test_hadolint_has_nothing_to_say(file: Path) -> None:
    """Section 4: not even in matters of style."""
    done = run("hadolint", "--failure-threshold", "style", str(file))
    assert (done.returncode, done.stdout) == (0, "")


def test_nothing_that_builds_is_left() -> None:
    """Section 4: the last stage installs nothing, and is nobody with rights."""
    first, last = stages()
    assert "--require-hashes" in first
    assert "--only-binary=:all:" in first
    assert not re.search(r"apt-get|pip install|uv |curl|wget", last)
    assert "pip uninstall --yes --quiet pip setuptools wheel" in last
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["10001:10001"]
    assert (
        re.findall(r"^FROM (\S+)", "\n".join(stages()), re.MULTILINE)
        == ["python:3.11.14-slim-bookworm"] * 2
    )


def test_every_module_finds_what_it_needs(root: Path, python: Path) -> None:
    """A library or a file that only the development environment has is missed here."""
    done = subprocess.run(  # noqa: S603 -- our own words
        [str(python), "-W", "error::ImportWarning", "-c", EVERYTHING],
        cwd=root,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert not (root / "shared" / "testing").exists()
    assert not (root / "tests").exists()


def at_home(stack: Stack, folder: Path, told: Mapping[str, str]) -> dict[str, str]:
    """Return what a container is told, its addresses and folders being those of the local stack."""
    admin = stack.postgres_admin_dsn
    here = {
        "@postgres:5432": "@" + admin.rpartition("@")[2].partition("/")[0],
        "kafka:9092": stack.kafka_bootstrap,
        "/var/lib/sigill": str(folder),
        "0.0.0.0": "127.0.0.1",  # noqa: S104 -- inside the container
        "http://issuer.localhost:18100/realms/sigill": stack.issuer_url,
    }
    found: dict[str, str] = {}
    for name, value in told.items():
        found[name] = admin if name.endswith("_DATABASE_ADMIN_DSN") else value
        for there, instead in here.items():
            found[name] = found[name].replace(there, instead)
    return found


def holds(ask: Sequence[str], env: Mapping[str, str]) -> bool:
    """Return whether the health check of a container holds now."""
    return subprocess.run(ask, env=env, check=False, capture_output=True).returncode == 0  # noqa: S603 -- our own words


def healthy(process: "subprocess.Popen[bytes]", ask: Sequence[str], env: Mapping[str, str]) -> bool:
    """Return whether the health check of a container holds within its time, of a process that lives."""
    for _ in range(int(_LIMIT_S / _ASK_S)):
        if holds(ask, env) or process.poll() is not None:
            return process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ASK_S)
    return False


def test_a_service_runs_from_it(root: Path, python: Path, stack: Stack, tmp_path: Path) -> None:
    """Section 4: ``migrate``, then two roles, by the containers' own words and health checks.

    A health check holds while its process is ready, and neither before it has begun nor after it has ended.
    """
    with emptied(stack, clock.now(), traces=False), ExitStack() as ending:
        for name in ("certificates-migrate", "certificates-api", "certificates-streams"):
            each = ours()[name]
            http, health = map(str, free_ports(2))
            env = {
                "PATH": "/usr/bin:/bin",
                **at_home(stack, tmp_path, each["environment"]),
                "CERTIFICATES_HTTP_PORT": http,
                "CERTIFICATES_HEALTH_PORT": health,
                "ASKED_PORT": http if name.endswith("-api") else health,
            }
            ask = [str(python), *each["healthcheck"].get("test", ())[2:]]
            assert name.endswith("-migrate") or not holds(ask, env)
            place = tmp_path / f"{name}.log"
            log = ending.enter_context(place.open("wb"))
            words = [str(python), "-m", *each["command"]]
            process = subprocess.Popen(words, cwd=root, env=env, stdout=log, stderr=log)  # noqa: S603 -- our own words
            ending.enter_context(process)
            if name.endswith("-migrate"):
                assert process.wait(_LIMIT_S) == 0, place.read_text()[-2_000:]
                continue
            ending.callback(process.terminate)
            assert healthy(process, ask, env), place.read_text()[-2_000:]
            process.terminate()
            process.wait(_LIMIT_S)
            assert not holds(ask, env)

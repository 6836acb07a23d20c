"""Read what ``deploy/`` holds with the programs of ``environment``; each file is read once."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from deploy.fresh_env import filled
from deploy.local.settings import CHECKOUT
from tests.deploy.environment import programs

COMPOSE = CHECKOUT / "docker-compose.yml"
EXAMPLE = CHECKOUT / ".env.example"
KUBERNETES = CHECKOUT / "deploy" / "kubernetes"
_FROM_YAML = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)"
_LIMIT_S = 60


def run(*words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run one of the programs with ``words``, and nothing of our own environment."""
    program, *rest = words
    return subprocess.run(  # noqa: S603 -- our own words
        [str(programs() / program), *rest],
        input=stdin,
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(programs())},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT_S,
    )


def said(*words: str, stdin: str = "") -> str:
    """Return what a program says that ends well."""
    done = run(*words, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compose(env: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Ask Docker Compose about the house, told what stands in ``env``, with all profiles."""
    with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
        file.write(env)
        file.flush()
        asked = ("--file", str(COMPOSE), "--env-file", file.name, "--profile", "*", "config")
        return run("docker-compose", *asked, *words)


@cache
def house() -> Mapping[str, Any]:
    """Return the house as Docker Compose understands it, its ``.env`` made as ``make env`` does."""
    done = compose(filled(EXAMPLE.read_text()), "--format", "json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def containers() -> Mapping[str, Any]:
    """Return each container of ``house``, by name."""
    return dict(house()["services"])


def ours() -> Mapping[str, Any]:
    """Return the containers of our own image that are a service in a role, by name."""
    return {name: each for name, each in containers().items() if each["image"].startswith("sigill:")
            and each.get("command", [""])[0].startswith("services.")}  # fmt: skip


def yaml(text: str) -> Sequence[Any]:
    """Return the documents in ``text``."""
    return list(json.loads(said("python", "-c", _FROM_YAML, stdin=text)))


def yaml_file(*names: str) -> Any:
    """Return the one document in the file ``names`` below ``deploy/``."""
    (document,) = yaml((CHECKOUT / "deploy").joinpath(*names).read_text())
    return document


@cache
def kustomized(folder: str) -> str:
    """Return what Kustomize makes of ``folder``, as YAML."""
    return said("kubectl", "kustomize", str(KUBERNETES / folder))


@cache
def manifests(folder: str) -> Sequence[Mapping[str, Any]]:
    """Return what Kustomize makes of ``folder``, each object by itself."""
    return tuple(yaml(kustomized(folder)))

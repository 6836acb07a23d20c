"""Section 3: the verifier needs the standard library and ``cryptography``, and nothing of the house."""

import ast
import json
import shutil
import subprocess
import sys
import zipapp
from importlib.util import find_spec
from pathlib import Path

import pytest

from shared.ledger import policy_text
from tests.verify.house import made, policy
from tests.verify.synthetic import CASE, log_of

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "verify").glob("*.py"))
LOGS = [log_of("asf/intake", 9), log_of("asf/review", 20)]
CRYPTOGRAPHY = ("cryptography", "cffi", "pycparser", "_cffi_backend")


@pytest.mark.parametrize("path", SOURCES, ids=lambda each: each.name)
def test_it_imports_nothing_else(path: Path) -> None:
    """An allow-list: Python's own modules, ``cryptography``, and itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            assert top in {"verify", "cryptography"} or top in sys.stdlib_module_names, name


def test_it_is_small() -> None:
    """Whoever must trust it reads all of it in an hour."""
    code = [line for path in SOURCES for line in path.read_text().splitlines() if line.strip()]
    assert len(code) < 2_000
    assert all(len(path.read_text().splitlines()) <= 300 for path in SOURCES)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the verifier as one file, ``cryptography``, a bundle and a policy."""
    folder = tmp_path_factory.mktemp("bare")
    own = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "verify", folder / "app/verify", ignore=own)
    zipapp.create_archive(
        folder / "app", folder / "sigill-verify.pyz", main="verify.command_line:run"
    )
    for name in CRYPTOGRAPHY:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / "site").mkdir(exist_ok=True)
        (folder / "site" / source.name).symlink_to(source)
    for path, data in made(CASE, LOGS).items():
        (folder / "bundle" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "bundle" / path).write_bytes(data)
    believed = policy_text(policy([each.name for each in LOGS]))
    (folder / "policy").write_text(believed)
    return folder


RUN = """
import runpy, sys
site, program, *words = sys.argv[1:]
sys.path[:] = [each for each in sys.path if "site-packages" not in each] + [site]
sys.argv = [program, *words]
try:
    runpy.run_path(program, run_name="__main__")
finally:
    own = {name.partition(".")[0] for name in sys.modules}
    foreign = own & {"shared", "services", "pydantic", "orjson", "asyncpg", "pytest"}
    assert not foreign, foreign
"""


def run(bare: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Return how the one file ends where nothing else is installed, and nothing can be reached."""
    return subprocess.run(  # noqa: S603 -- our own program
        [
            sys.executable,
            "-I",
            "-S",
            "-B",
            "-c",
            RUN,
            "site",
            "sigill-verify.pyz",
            *map(str, words),
        ],
        cwd=bare,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_runs_where_nothing_else_is(bare: Path) -> None:
    """Isolated, no site packages, no environment: one file and ``cryptography``."""
    words = ("bundle", "bundle", "--policy", "policy", "--json")
    done = run(bare, *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["case"] == CASE
    record = min((bare / "bundle/records/asf/review").iterdir())
    kept = record.read_bytes()
    record.write_bytes(kept.replace(b'"v":1', b'"v":2'))
    done = run(bare, *words)
    record.write_bytes(kept)
    assert (done.returncode, json.loads(done.stdout)["position"]) == (1, int(record.stem))


def test_it_needs_its_one_library(bare: Path) -> None:
    """The environment above is as bare as it says: without ``cryptography`` nothing runs."""
    words = [sys.executable, "-I", "-S", "-B", "sigill-verify.pyz", "--help"]
    done = subprocess.run(words, cwd=bare, env={}, capture_output=True, text=True, check=False)  # noqa: S603 -- our own program
    assert done.returncode == 1
    assert "No module named 'cryptography'" in done.stderr


def test_it_is_an_entry_of_the_package() -> None:
    """``python -m verify`` and ``sigill-verify`` are the same."""
    assert 'sigill-verify = "verify.command_line:run"' in (ROOT / "pyproject.toml").read_text()
    words = [sys.executable, "-m", "verify", "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own program
    assert done.returncode == 0
    assert done.stdout.startswith("usage: sigill-verify")

"""Issue 4, section 4: the house in containers, as Docker Compose's own parser understands it."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from deploy.fresh_env import write
from deploy.local.ports import free_ports
from deploy.local.settings import CHECKOUT, SERVICES
from tests.deploy.reading import COMPOSE, EXAMPLE, compose, containers, house, ours
from tests.deploy.telling import MIGRATE, processes, understood, unknown

pytestmark = pytest.mark.integration

ONCE = {f"{service}-{MIGRATE}" for service in SERVICES} | {"keys"}
"""They end by themselves; that they ended well is their health."""
WITHOUT_A_SHELL = {"collector"}
"""Its image holds one program, which cannot ask; Prometheus does (alert ``CollectorAway``)."""
ASKED_PORT = "ASKED_PORT"
"""Read by the health check in the container, and by nobody else."""
OUTSIDE = {None, "127.0.0.1"}
"""A file has no host; what stands in letters is an address for people."""
LEDGER = "/var/lib/sigill/ledger"
SECRET = re.compile(r"\$\{(\w*(?:PASSWORD|SECRET|KEY))(:?[-?+]?)")


def test_nothing_runs_without_its_secrets() -> None:
    """Section 4: no secret has a default, and the parser stops where one is missing."""
    assert {sign for _, sign in SECRET.findall(COMPOSE.read_text())} == {":?"}
    done = compose(EXAMPLE.read_text(), "--quiet")
    assert done.returncode != 0
    assert "run make env" in done.stderr


def test_the_example_names_all_that_must_be_told_and_nothing_else() -> None:
    """Section 4: ``.env.example`` is the list of what can be told."""
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    named = re.findall(r"^(\w+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert asked == set(named)
    assert len(named) == len(set(named))


def test_fresh_secrets_are_written_once(tmp_path: Path) -> None:
    """House: a secret in use is never written over, and is for its owner's eyes."""
    place = tmp_path / ".env"
    assert write(place, EXAMPLE)
    first = place.read_text()
    assert not write(place, EXAMPLE)
    assert place.read_text() == first
    assert place.stat().st_mode & 0o077 == 0
    assert not re.search(r"^\w+=$", first, re.MULTILINE)
    values = re.findall(r"^\w+=([0-9a-f]{48}|[\w+/]{43}=)$", first, re.MULTILINE)
    assert (
        len(values)
        == len(set(values))
        == len(re.findall(r"^\w+=$", EXAMPLE.read_text(), re.MULTILINE))
    )


def test_every_service_is_there_in_every_role() -> None:
    """Section 4: services x roles, as the code has them, are complete and no more."""
    named = {(name.split("-")[0], name.split("-")[1]) for name in ours()}
    assert named == processes()
    for name, each in ours().items():
        service, role = name.split("-")
        assert each["command"] == [f"services.{service}.main", role]


@pytest.mark.parametrize("name", containers())
def test_a_container_is_contained(name: str) -> None:
    """Section 4: read-only root, no capability, no new privilege, limits, and no user 0."""
    each = containers()[name]
    assert each["read_only"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert int(each["mem_limit"]) <= 1_342_177_280
    assert each["pids_limit"] <= 512
    assert re.fullmatch(r"[1-9]\d*:\d+", each["user"])
    assert each["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert not {"privileged", "cap_add", "pid", "ipc", "devices", "userns_mode"} & set(each)
    assert each.get("network_mode", "none") == "none"


@pytest.mark.parametrize("name", containers())
def test_a_container_says_how_it_is(name: str) -> None:
    """Section 4: every container that stays has a health check that asks something of it."""
    check = containers()[name].get("healthcheck", {})
    if name in ONCE | WITHOUT_A_SHELL:
        assert check == {"disable": True}
        return
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period", "start_interval"} <= set(check)


@contextmanager
def answering(status: HTTPStatus) -> Iterator[str]:
    """Yield a port at which every request is answered with ``status``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def asking() -> Mapping[tuple[str, ...], str]:
    """Return each health check that a program asks which is here, too, and a container that has it."""
    checks = {name: each.get("healthcheck", {}).get("test", ()) for name, each in containers().items()}  # fmt: skip
    return {tuple(words): name for name, words in checks.items() if words[1:2] in (["python"], ["bash"])}  # fmt: skip


def asked_at(port: str, words: Sequence[str]) -> int:
    """Return what a health check ends with when what it asks is at ``port``."""
    program = sys.executable if words[1] == "python" else words[1]
    rest = [each.replace("$$", "$").replace("/9000;", f"/{port};") for each in words[2:]]
    env = {"PATH": "/usr/bin:/bin", ASKED_PORT: port}
    done = subprocess.run([program, *rest], env=env, capture_output=True, check=False, timeout=60)  # noqa: S603 -- our own words
    return done.returncode


def test_each_service_asks_itself_alike() -> None:
    """House: what holds of one health check below holds of all of them."""
    checks = {
        tuple(each["healthcheck"]["test"]) for name, each in ours().items() if name not in ONCE
    }
    assert len(checks) == 1
    assert checks < set(asking())
    assert len(asking()) == 2


@pytest.mark.parametrize("words", asking(), ids=asking().values())
def test_a_health_check_holds_where_all_is_well_and_nowhere_else(words: Sequence[str]) -> None:
    """Section 4: the container's own words end with 0 for 200, and otherwise for 503 or where nobody is."""
    with answering(HTTPStatus.OK) as port:
        assert asked_at(port, words) == 0
    with answering(HTTPStatus.SERVICE_UNAVAILABLE) as port:
        assert asked_at(port, words) != 0
    (nobody,) = free_ports(1)
    assert asked_at(str(nobody), words) != 0


def test_only_this_machine_is_let_in_and_no_port_twice() -> None:
    """Section 4: loopback only; two containers never want one port."""
    ports = [port for each in containers().values() for port in each.get("ports", ())]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert set(Counter(port["published"] for port in ports).values()) == {1}
    assert len([port for port in ports if port["target"] == 8080]) >= len(SERVICES)


def test_every_image_is_pinned() -> None:
    """Section 4: what is pulled tomorrow is what is pulled today."""
    images = {name: each["image"] for name, each in containers().items() if "build" not in each}
    tags = {image.rpartition(":")[2] for image in images.values()} - {"local"}
    assert all(re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z]+)?", tag) for tag in tags), tags
    built = {each["image"] for each in containers().values() if "build" in each}
    assert built == {"sigill:local", "sigill-keycloak:26.7.3"}


@pytest.mark.parametrize("name", ours())
def test_a_service_understands_what_it_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 4: each setting of a container exists, and none that must be given is missing."""
    service, role = name.split("-")
    told = dict(ours()[name]["environment"])
    asked = told.pop(ASKED_PORT, None)
    assert not [*unknown(service, told)]
    settings = understood(monkeypatch, service, told)
    assert (settings.database_admin_dsn is not None) == (role == MIGRATE)
    assert settings.http_host == "0.0.0.0"  # noqa: S104 -- inside the container
    if role != MIGRATE:
        assert asked == str(settings.http_port if role == "api" else settings.health_port)
    addresses = [urlsplit(value) for value in told.values() if "://" in value]
    hosts = {
        str(each.hostname): str(each.port) for each in addresses if each.hostname not in OUTSIDE
    }
    hosts |= dict([settings.kafka_bootstrap_servers.split(":")])
    assert hosts.pop("issuer.localhost") == "18100"
    assert set(hosts) <= set(containers())
    assert {port for host, port in hosts.items() if host.endswith("-api")} <= {"8080"}


def test_the_signers_folder_is_shared_by_one_service_alone() -> None:
    """House: ADR-0019. One folder for every process of a service; no other reads its keys."""
    for name, each in ours().items():
        service = name.split("-")[0]
        kept = {one["target"]: one for one in each["volumes"]}
        assert kept[LEDGER]["source"] == f"{service}-ledger"
        assert not kept[LEDGER].get("read_only", False)
        handed = kept.get("/var/lib/sigill/verifier-keys")
        assert (handed is not None and handed["read_only"]) == (service == "audit")
    keys = {one["source"]: one for one in containers()["keys"]["volumes"]}
    assert set(keys) == {*(f"{service}-ledger" for service in SERVICES), "verifier-keys"}
    assert all(one.get("read_only", False) for name, one in keys.items() if name != "verifier-keys")
    watched = json.loads(ours()["audit-worker"]["environment"]["AUDIT_LOG_KEYS"])
    assert set(watched) == set(SERVICES)


def test_a_service_waits_for_what_it_stands_on() -> None:
    """Architecture, section 4: ``migrate`` once, before the others; else in any order."""
    for name, each in ours().items():
        service, role = name.split("-")
        waits = {other: how["condition"] for other, how in each["depends_on"].items()}
        if role == MIGRATE:
            assert waits == dict.fromkeys(("postgres", "kafka"), "service_healthy")
        else:
            assert waits == {f"{service}-{MIGRATE}": "service_completed_successfully"}


def test_what_is_mounted_is_there() -> None:
    """A file that is missing becomes an empty folder, without a word."""
    bound = [
        (Path(one["source"]), one)
        for each in containers().values()
        for one in each.get("volumes", ())
        if one["type"] == "bind"
    ]
    assert bound
    for source, one in bound:
        assert source.is_relative_to(CHECKOUT / "deploy")
        assert source.exists()
        assert one["read_only"]
    used = {o["source"] for e in containers().values() for o in e.get("volumes", ())}
    assert set(house()["volumes"]) <= used


def test_profiles_are_as_documented() -> None:
    """Section 4: the profiles are ``obs`` and ``ops``; all else starts without any."""
    found = {name: tuple(each.get("profiles", ())) for name, each in containers().items()}
    assert {n for n, p in found.items() if p == ("ops",)} == {"kafka-ui"}
    assert {n for n, p in found.items() if p == ("obs",)} == {
        *("collector", "grafana", "jaeger", "prometheus")
    }
    assert set(found.values()) == {(), ("obs",), ("ops",)}

"""Issue 4, section 4: the house on Kubernetes, rendered by kubectl, held against Kubernetes' own schemas."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from deploy.local.settings import CHECKOUT, SERVICES
from tests.deploy.reading import manifests, said
from tests.deploy.telling import MIGRATE, processes, understood, unknown

pytestmark = pytest.mark.integration

EXAMPLE = "example"
BY_OPERATORS = {"Cluster", "Kafka", "KafkaNodePool", "KafkaUser"}
"""Strimzi's and CloudNativePG's own kinds: their schemas are theirs, and not here."""
OF_OPERATORS = "postgresql://x@y/*"
"""What stands here for a secret that an operator makes."""
KAFKA = {"worker", "relay", "streams", MIGRATE}
"""The roles that speak to Kafka."""
OBJECTS = "evidence-store"
SECRETS = {
    "DATABASE_DSN": "postgresql://app:x@postgres-rw:5432/x",
    "RELAY_DSN": "postgresql://relay:x@postgres-rw:5432/x",
    "CLIENT_SECRET": "x",
    "VAULT_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
"""What a secret by the name of a service must hold: ``docs/deployment.md`` says so."""


_VALIDATE = """
import json, sys
from kubernetes_validate import ValidationError, validate
def fault(each):
    try:
        validate(each, "1.37", strict=True)
    except ValidationError as error:
        return error.message
json.dump([fault(each) for each in json.load(sys.stdin)], sys.stdout)
"""


def of_kind(*kinds: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of these kinds."""
    return (each for each in manifests(EXAMPLE) if each["kind"] in kinds)


def named(kind: str) -> dict[str, Any]:
    """Return the objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in of_kind(kind)}


def pods() -> dict[str, Any]:
    """Return every pod of ours by the name of its Deployment or Job."""
    return {
        each["metadata"]["name"]: each["spec"]["template"] for each in of_kind("Deployment", "Job")
    }


def told(pod: Mapping[str, Any]) -> dict[str, str]:
    """Return what a pod's process is told, with the secrets that we ask people to make."""
    (container,) = pod["spec"]["containers"]
    maps = named("ConfigMap")
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        prefix = source.get("prefix", "")
        secret = source.get("secretRef", {}).get("name")
        if secret == OBJECTS:  # the object store's own names, which its library reads
            continue
        data = SECRETS if secret else maps[source["configMapRef"]["name"]]["data"]
        found |= {f"{prefix}{name}": value for name, value in data.items()}
    own = {each["name"]: each.get("value", OF_OPERATORS) for each in container.get("env", ())}
    return found | own


def alike() -> dict[str, Mapping[str, Any]]:
    """Return the objects of Kubernetes' own kinds, of those that differ in the service's name alone one."""
    name = re.compile(rf"({'|'.join(SERVICES)})(-settings-\w+)?", re.IGNORECASE)
    return {
        name.sub("name", json.dumps(each)): each
        for each in manifests(EXAMPLE)
        if each["kind"] not in BY_OPERATORS
    }


def test_kubernetes_knows_every_word() -> None:
    """Section 4: ``kubernetes-validate``, strict, over all that is not an operator's own kind.

    The check can fail: with one letter too many it does, and it says where.
    """
    assert {each["kind"] for each in manifests(EXAMPLE)} >= BY_OPERATORS
    known = [*alike().values()]
    assert {each["kind"] for each in known} | BY_OPERATORS == {
        e["kind"] for e in manifests(EXAMPLE)
    }
    wrong = deepcopy(next(of_kind("Deployment")))
    wrong["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privilegd"] = False
    answers = json.loads(said("python", "-c", _VALIDATE, stdin=json.dumps([*known, wrong])))
    assert [answer for answer in answers[:-1] if answer is not None] == []
    assert "'privilegd' was unexpected" in answers[-1]


def test_every_service_is_there_in_every_role() -> None:
    """Section 4: services x roles are complete, ``migrate`` as a Job, and each is that program."""
    assert {tuple(name.split("-")) for name in pods()} == processes()
    assert set(named("Job")) == {f"{service}-{MIGRATE}" for service in SERVICES}
    for name, pod in pods().items():
        service, role = name.split("-")
        (container,) = pod["spec"]["containers"]
        assert container["command"] == ["python", "-m", f"services.{service}.main"]
        assert container["args"] == [role]
        assert pod["metadata"]["labels"]["sigill/service"] == service
        assert pod["metadata"]["labels"]["sigill/role"] == role


def test_a_pod_is_contained() -> None:
    """Section 4, and Kubernetes' own standard ``restricted``, which the namespace demands."""
    (namespace,) = of_kind("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, pod in pods().items():
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert container["image"] == "registry.example/sigill:0.1.0"


def test_a_pod_says_how_it_is() -> None:
    """Section 4: probes at ``/livez`` and ``/readyz``, at the port where that role answers."""
    for name, deployment in named("Deployment").items():
        pod = deployment["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        role = "HTTP_PORT" if name.endswith("-api") else "HEALTH_PORT"
        assert str(ports["http"]) == told(pod)[f"{name.split('-')[0].upper()}_{role}"]
        probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}  # fmt: skip
        assert {each["port"] for each in probes.values()} == {"http"}
        assert probes["liveness"]["path"] == "/livez"
        assert "/readyz" in {probes["startup"]["path"], probes["readiness"]["path"]}


def test_a_pod_understands_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 4: each setting exists, and none that must be given is missing."""
    for name, pod in pods().items():
        service, role = name.split("-")
        values = told(pod)
        assert not [*unknown(service, values)], name
        assert (f"{service.upper()}_KAFKA_CA_FILE" in values) == (role in KAFKA)
        settings = understood(monkeypatch, service, values)
        assert settings.kafka_replication == 3
        assert settings.kafka_bootstrap_servers == "kafka-kafka-bootstrap:9093"
        assert settings.kafka_tls == (role in KAFKA)
        assert settings.kafka_username == (f"kafka-{service}" if role in KAFKA else None)
        assert (settings.kafka_password is not None) == (role in KAFKA)
        assert (settings.database_admin_dsn is not None) == (role == MIGRATE)
        grace_s = pod["spec"].get("terminationGracePeriodSeconds", 30)
        assert (settings.drain_ms + settings.shutdown_grace_ms) / 1_000 < grace_s


def test_a_pod_that_speaks_to_kafka_is_known_there() -> None:
    """Each by its own name, over TLS; the authority is where the setting says it is."""
    listener: Mapping[str, Any]
    (listener,) = named("Kafka")["kafka"]["spec"]["kafka"]["listeners"]
    assert (listener["tls"], listener["authentication"]) == (True, {"type": "scram-sha-512"})
    (peers,) = listener["networkPolicyPeers"]
    assert set(peers["podSelector"]["matchExpressions"][0]["values"]) == KAFKA
    users = named("KafkaUser")
    assert set(users) == {f"kafka-{service}" for service in SERVICES}
    assert all(
        each["spec"]["authentication"] == {"type": "scram-sha-512"} for each in users.values()
    )
    for name, pod in pods().items():
        service, role = name.split("-")
        if role in KAFKA:
            (container,) = pod["spec"]["containers"]
            env = {each["name"]: each for each in container["env"]}
            password = env[f"{service.upper()}_KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"]
            assert password == {"name": f"kafka-{service}", "key": "password"}
            mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
            assert told(pod)[f"{service.upper()}_KAFKA_CA_FILE"] == f"{mounts['kafka-ca']}/ca.crt"


def test_the_secrets_to_make_are_documented() -> None:
    """A secret that nobody wrote about is one that nobody makes."""
    page = (CHECKOUT / "docs" / "deployment.md").read_text()
    wanted = {
        source["secretRef"]["name"]
        for pod in pods().values()
        for source in pod["spec"]["containers"][0]["envFrom"]
        if "secretRef" in source
    }
    assert wanted == {*SERVICES, OBJECTS}
    assert all(name in page for name in (*SECRETS, OBJECTS, "verifier-keys"))


def test_what_stays_is_met_by_what_selects_it() -> None:
    """Each Deployment has its budget, each api its Service, and each process the rules of the net."""
    pods_of = {name: each["spec"]["template"]["metadata"]["labels"] for name, each in named("Deployment").items()}  # fmt: skip

    def selected(selector: Mapping[str, str]) -> set[str]:
        return {name for name, labels in pods_of.items() if selector.items() <= labels.items()}

    for name, budget in named("PodDisruptionBudget").items():
        assert selected(budget["spec"]["selector"]["matchLabels"]) == {name}
    assert set(named("PodDisruptionBudget")) == set(pods_of)
    for name, service in named("Service").items():
        assert selected(service["spec"]["selector"]) == {name}
        assert service["spec"]["ports"][0]["port"] == 8080
    assert set(named("Service")) == {f"{service}-api" for service in SERVICES}
    for name, deployment in named("Deployment").items():
        assert selected(deployment["spec"]["selector"]["matchLabels"]) == {name}
    closed = named("NetworkPolicy")["nobody-by-default"]["spec"]
    assert closed == {
        "podSelector": {"matchExpressions": [{"key": "sigill/role", "operator": "Exists"}]},
        "policyTypes": ["Ingress", "Egress"],
    }


def test_one_folder_for_the_signers_of_a_service() -> None:
    """House: ADR-0019. The same folder for every process of a service, and no other's."""
    for name, pod in pods().items():
        service = name.split("-")[0]
        claims = [each["persistentVolumeClaim"]["claimName"] for each in pod["spec"]["volumes"] if "persistentVolumeClaim" in each]  # fmt: skip
        assert claims == [f"{service}-ledger"]
        mounts = {each["name"]: each["mountPath"] for each in pod["spec"]["containers"][0]["volumeMounts"]}  # fmt: skip
        assert mounts["ledger"] == told(pod)[f"{service.upper()}_LEDGER_FOLDER"]
        assert (mounts.get("verifier-keys") is not None) == (service == "audit")
    assert set(named("PersistentVolumeClaim")) == {f"{service}-ledger" for service in SERVICES}

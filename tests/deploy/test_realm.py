"""Issue 4, section 4: Keycloak's realm gives the tokens that ``shared.auth`` takes.

What is checked here is the file. A real Keycloak has imported it, and its tokens were taken: see
``docs/deployment.md``, What was tried.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.local.issuer.clients import PUBLIC_CLIENTS
from deploy.local.people import people
from deploy.local.settings import CHECKOUT, SERVICES
from shared.auth.authenticator import ALGORITHMS, ORGANISATION_CLAIM
from shared.contracts.roles import Role
from tests.deploy.reading import containers

FILE = CHECKOUT / "deploy" / "keycloak" / "realm.json"
REALM: Mapping[str, Any] = json.loads(FILE.read_text())
CLIENTS = {each["clientId"]: each for each in REALM["clients"]}
SCOPES = {each["name"]: each for each in REALM["clientScopes"]}
ASKS = {"notify": {"intake", "review"}, "audit": {"intake", "review", "certificates", "notify"}}
"""Whom a service asks in its own name: notify for recipients and words, audit for disclosures."""


def claims(mapped: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """Return what each mapper of a client or a scope puts into an access token, by claim."""
    found = {each["config"].get("claim.name", each["name"]): each for each in mapped["protocolMappers"]}  # fmt: skip
    assert all(each["config"]["access.token.claim"] == "true" for each in found.values())
    return {name.replace("\\.", "."): each["config"] for name, each in found.items()}


def audiences(mapped: Mapping[str, Any]) -> set[str]:
    """Return whom the tokens are made for."""
    configs = (each["config"] for each in mapped["protocolMappers"])
    return {each["included.custom.audience"] for each in configs if "included.custom.audience" in each}  # fmt: skip


def test_the_people_are_those_of_the_development_issuer() -> None:
    """Conventions, section 2: one user for each role, by the same pseudonyms as everywhere."""
    found = {
        each["id"]: (
            each["username"],
            tuple(each["realmRoles"]),
            *each.get("attributes", {}).get("orgNumber", [None]),
        )
        for each in REALM["users"]
    }
    assert found == {
        str(each.sub): (label.lower(), tuple(map(str, each.roles)), each.org_number)
        for label, each in people().items()
    }
    acted = {role for each in REALM["users"] for role in each["realmRoles"]}
    assert acted == {str(role) for role in Role} - {Role.SERVICE}
    assert {each["name"] for each in REALM["roles"]["realm"]} == acted


def test_nobody_has_a_name_or_a_secret_that_is_written_down() -> None:
    """House: no made-up people; a secret comes from the environment, which Compose gives."""
    assert not any({"firstName", "lastName"} & set(each) for each in REALM["users"])
    secrets = re.findall(r'"(?:value|secret)": "([^"]*)"', FILE.read_text())
    asked = {re.fullmatch(r"\$\{(\w+)\}", each)[1] for each in secrets}  # type: ignore[index]
    assert len(secrets) == len(REALM["users"]) + len(SERVICES)
    assert asked <= set(containers()["keycloak"]["environment"])


def test_a_token_is_of_the_form_that_is_taken() -> None:
    """RFC 9068: its type, an accepted signature, and a client of the sender's own."""
    assert set(CLIENTS) == {*PUBLIC_CLIENTS, *SERVICES}
    for name, client in CLIENTS.items():
        attributes = client["attributes"]
        assert attributes["access.token.header.type.rfc9068"] == "true"
        assert attributes["access.token.signed.response.alg"] in ALGORITHMS
        assert claims(client)["client_id"]["claim.value"] == name
        assert not client["directAccessGrantsEnabled"]
    assert REALM["accessTokenLifespan"] <= 600


@pytest.mark.parametrize("name", PUBLIC_CLIENTS)
def test_a_person_asks_for_one_service(name: str) -> None:
    """RFC 8707 in Keycloak's words: a scope by the name of the service makes it the audience."""
    client = CLIENTS[name]
    assert client["publicClient"]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert client["defaultClientScopes"] == ["person"]
    assert set(client["optionalClientScopes"]) == set(SERVICES)
    assert not audiences(client)
    assert {service: audiences(SCOPES[service]) for service in SERVICES} == {
        service: {service} for service in SERVICES
    }
    person = claims(SCOPES["person"])
    assert {"sub", "auth_time", "roles", ORGANISATION_CLAIM} == set(person)
    assert person["roles"]["multivalued"] == "true"
    assert person["auth_time"]["jsonType.label"] == "long"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_believed_by_those_whom_it_asks(name: str) -> None:
    """Least privilege: its tokens are for them and for nobody else, and it acts as ``service``."""
    client = CLIENTS[name]
    assert client["serviceAccountsEnabled"]
    assert not client["publicClient"]
    assert audiences(client) == ASKS.get(name, set())
    found = claims(client)
    assert found["sub"]["claim.value"] == name
    assert json.loads(found["roles"]["claim.value"]) == [str(Role.SERVICE)]
    assert not client["defaultClientScopes"]


@pytest.mark.integration
def test_the_issuer_has_one_address_from_everywhere() -> None:
    """Conventions, section 2: the address in the token is the same from a browser and from inside."""
    keycloak = containers()["keycloak"]
    (port,) = keycloak["ports"]
    assert port["published"] == str(port["target"]) == keycloak["environment"]["KC_HTTP_PORT"]
    host = keycloak["networks"]["default"]["aliases"][0]
    assert keycloak["environment"]["KC_HOSTNAME"] == f"http://{host}:{port['target']}"
    told = {each["environment"][f"{s.upper()}_ISSUER_URL"] for s in SERVICES for each in [containers()[f"{s}-api"]]}  # fmt: skip
    assert told == {f"http://{host}:{port['target']}/realms/{REALM['realm']}"}

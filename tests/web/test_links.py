"""OpenAPI 3.1 section 4.8.20: where an answer leads, in the documents of all services."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from deploy.local.settings import CHECKOUT, SERVICES
from shared.web.openapi import operations_in

NAMELESS: Final = {"declare_tie"}
"""What makes something that only its Location names: the caller is in it."""


@cache
def operations(service: str) -> Mapping[str, tuple[str, str, dict[str, Any]]]:
    """Return the operations in the document of ``service``, by name."""
    document = json.loads((CHECKOUT / "docs" / "api" / f"{service}.json").read_text())
    return {each[2]["operationId"]: each for each in operations_in(document)}


def links(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the source, the name and the link of every one in the document of ``service``."""
    for source, (_, _, operation) in operations(service).items():
        for answer in operation["responses"].values():
            for name, link in answer.get("links", {}).items():
                yield source, name, link


def parameters(service: str, source: str, target: str) -> dict[str, str]:
    """Return what ``source`` tells ``target``."""
    (link,) = (each for one, name, each in links(service) if (one, name) == (source, target))
    found: dict[str, str] = link["parameters"]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_link_leads_to_an_operation_and_names_all_of_its_address(service: str) -> None:
    """House: whoever follows it has nothing to guess."""
    there = operations(service)
    for source, name, link in links(service):
        assert link["operationId"] == name in there, source
        wanted = {
            f"path.{each['name']}" for each in there[name][2]["parameters"] if each["in"] == "path"
        }
        assert wanted, (source, name)
        assert wanted == link["parameters"].keys() - {"header.If-Match"}, (source, name)


@pytest.mark.parametrize("service", SERVICES)
def test_what_makes_something_leads_to_its_reading_and_says_its_version(service: str) -> None:
    """RFC 9110 section 15.3.2: 201 says where; a collection in Location, and all in a link."""
    for name, (_, path, operation) in operations(service).items():
        answer = operation["responses"].get("201")
        if answer is None:
            continue
        assert answer["headers"].keys() >= {"ETag", "Log-Position"}, name
        assert ("Location" in answer["headers"]) is ("{" not in path), name
        led = [operations(service)[link][0] for link in answer.get("links", ())]
        assert "GET" in led or name in NAMELESS, name


def test_an_id_is_taken_from_where_it_stands() -> None:
    """House: by its name in the answer, in the body of the question, or in its address."""
    assert parameters("intake", "register_interest", "submit_application") == {
        "path.application_id": "$response.body#/application_id",
        "header.If-Match": "$response.header.ETag",
    }
    assert parameters("review", "upload_file", "read_file") == {
        "path.application_id": "$request.path.application_id",
        "path.evidence_id": "$response.body#/id",
    }
    assert parameters("review", "propose_appointment", "read_appointments") == {
        "path.person_id": "$request.body#/person_id",
    }
    assert parameters("review", "read_review", "read_workspace") == {
        "path.application_id": "$response.body#/application_id",
    }


def test_a_version_is_handed_on_only_where_it_is_one() -> None:
    """RFC 9110 section 13.1.1: the tag of what anybody may read is none that If-Match takes."""
    to = "withdraw_listing_consent"
    assert parameters("certificates", "verify_certificate", to).keys() == {"path.number"}
    shown = parameters("certificates", "read_listing_consent", to)
    assert shown["header.If-Match"] == "$response.header.ETag"
    for service in SERVICES:
        for source, _, link in links(service):
            if "header.If-Match" in link["parameters"]:
                answers = operations(service)[source][2]["responses"].items()
                told = [each for status, each in answers if status.startswith("2")]
                assert all("ETag" in each["headers"] for each in told), source

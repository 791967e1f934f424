"""The description of the API can be read by every reader of OpenAPI."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from image_tagger.api.app import create_app
from image_tagger.api.schemas import inlined
from image_tagger.settings import Settings

SHEEP = {"title": "Sheep", "type": "object"}


def resolves(reference: str, document: dict[str, Any]) -> bool:
    part: Any = document
    for step in reference.removeprefix("#/").split("/"):
        part = part.get(step) if isinstance(part, dict) else None
    return reference.startswith("#/") and isinstance(part, dict)


def test_every_reference_of_the_description_names_a_part_of_it() -> None:
    answer = TestClient(create_app(Settings())).get("/openapi.json")
    references = set(re.findall(r'"\$ref":\s*"([^"]+)"', answer.text))
    assert [reference for reference in references if not resolves(reference, answer.json())] == []
    assert "$defs" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        (
            "post",
            "/v0.7/recognition/specs/{id}/inference",
            {"201", "400", "401", "403", "404", "410", "413", "415", "503"},
        ),
        ("post", "/classification-job", {"201", "400", "401", "413", "503"}),
        ("post", "/v1/jobs", {"201", "400", "401", "403", "404", "413", "501", "503"}),
        ("get", "/v1/jobs", {"200", "400", "401", "503"}),
    ],
)
def test_the_description_has_every_status_that_is_answered(method: str, path: str, statuses: set[str]) -> None:
    page = create_app(Settings()).openapi()
    assert statuses <= page["paths"][path][method]["responses"].keys()


def test_the_metrics_are_described_as_a_text() -> None:
    page = create_app(Settings()).openapi()
    assert list(page["paths"]["/metrics"]["get"]["responses"]["200"]["content"]) == ["text/plain"]


def test_definitions_stand_where_they_are_named() -> None:
    schema = {"$defs": {"Sheep": SHEEP}, "items": {"$ref": "#/$defs/Sheep", "description": "Woolly."}}
    assert inlined(schema, {}) == {"items": SHEEP | {"description": "Woolly."}}


def test_definitions_of_definitions_are_followed() -> None:
    flock = {"type": "array", "items": {"$ref": "#/$defs/Sheep"}}
    schema = {"$defs": {"Sheep": SHEEP, "Flock": flock}, "anyOf": [{"$ref": "#/$defs/Flock"}, {"type": "null"}]}
    assert inlined(schema, {}) == {"anyOf": [{"type": "array", "items": SHEEP}, {"type": "null"}]}


def test_other_references_stay() -> None:
    schema = {"$ref": "#/components/schemas/Sheep"}
    assert inlined(schema, {"Sheep": SHEEP}) == schema

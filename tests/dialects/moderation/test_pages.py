"""The API pages: the five requests can be sent from them."""

import httpx
import pytest

from tests.dialects.moderation.asking import ALL, QUERIES, SEVERAL, part_of


@pytest.mark.parametrize("path", ALL)
def test_the_page_offers_files_parameters_and_answers(moderator: httpx.Client, path: str) -> None:
    page = moderator.get("/openapi.json").json()
    described = page["paths"][path]["post"]
    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    part = form["properties"][part_of(path)]
    assert form["required"] == [part_of(path)]
    assert (part["items"] if path in SEVERAL else part)["format"] == "binary"
    names = {parameter["name"] for parameter in described["parameters"]}
    assert {"model_name"} <= names
    assert ({"labels", "score", "model_names", "fast_mode"} <= names) is (path in QUERIES)
    assert {"200", "400", "401", "404", "422", "503"} <= set(described["responses"])
    assert described["summary"]
    assert described["description"]


def test_the_page_asks_for_the_key_where_one_is_needed(locked: httpx.Client, moderator: httpx.Client) -> None:
    asked, open_to_all = (client.get("/openapi.json").json() for client in (locked, moderator))
    (scheme,) = asked["components"]["securitySchemes"].values()
    assert (scheme["in"], scheme["name"]) == ("header", "X-API-Key")
    assert all("security" in asked["paths"][path]["post"] for path in ALL)
    assert "securitySchemes" not in open_to_all["components"]

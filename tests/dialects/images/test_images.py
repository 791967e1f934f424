"""`GET /v1/images`: what is found, page by page, and what is refused."""

from typing import Any

import httpx
import pytest

from image_tagger.api.dialects.images import render_error
from image_tagger.domain.errors import ShuttingDown
from tests.dialects.images.conftest import KEY, SEEN

REX, TOM, CAR, PUG = SEEN


def get(client: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/v1/images", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def images(client: httpx.Client, **query: Any) -> list[str]:
    return [one["image"] for one in get(client, **query)["images"]]


def test_a_server_that_is_being_stopped_is_asked_again_later() -> None:
    assert render_error(ShuttingDown("the server is being stopped")).status_code == 503


def test_a_class_finds_all_its_kinds(searched: httpx.Client) -> None:
    assert images(searched, label="dog") == [REX, PUG]
    assert images(searched, label="dogs", min=0.1) == [REX, CAR, PUG]
    assert images(searched, label="golden_retriever") == [REX]
    assert images(searched, label="animal") == [REX, TOM, PUG]
    assert images(searched, label="unicorn") == []


def test_several_labels_are_all_wanted(searched: httpx.Client) -> None:
    assert images(searched, label=["cat", "sofa"]) == [TOM]
    assert images(searched, label=["dog", "sofa"]) == []


def test_a_search_has_the_same_language_everywhere(searched: httpx.Client) -> None:
    assert images(searched, q="animal and not (sofa or ball)") == [PUG]
    assert images(searched, q="not animal") == [CAR]


def test_an_answer_has_the_labels_that_count(searched: httpx.Client) -> None:
    (found,) = get(searched, q='"golden retriever"')["images"]
    assert found == {
        "id": found["id"],
        "image": REX,
        "labels": [
            {"label": "golden retriever", "score": 0.9, "model": "starter"},
            {"label": "tennis ball", "score": 0.4, "model": "starter"},
        ],
    }


def test_pages_follow_each_other(searched: httpx.Client) -> None:
    first = get(searched, q="not unicorn", limit=3)
    second = get(searched, q="not unicorn", limit=3, after=first["next"])
    assert [one["image"] for one in first["images"] + second["images"]] == [*SEEN]
    assert second["next"] is None


def test_a_model_can_be_asked_for(searched: httpx.Client) -> None:
    assert images(searched, label="dog", model="starter") == [REX, PUG]
    assert images(searched, label="dog", model="another") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "one of label and q is needed"),
        ({"label": "dog", "q": "dog"}, "one of label and q is needed"),
        ({"label": " "}, "none of them empty"),
        ({"label": ["x"] * 51}, "at most 50 labels"),
        ({"label": "dog", "min": "high"}, "min must be a number, not 'high'"),
        ({"label": "dog", "min": 1.5}, "must be in 0..1"),
        ({"label": "dog", "min": "nan"}, "must be in 0..1"),
        ({"label": "dog", "limit": 0}, "limit must be in 1..1000"),
        ({"label": "dog", "limit": 1001}, "limit must be in 1..1000"),
        ({"label": "dog", "limit": "1.5"}, "limit must be a number"),
        ({"label": "dog", "after": -1}, "after must be the id"),
        ({"label": "dog", "after": 2**70}, "after must be the id"),
        ({"label": "dog", "minimum": 0.5}, "no parameter 'minimum'"),
    ],
)
def test_wrong_parameters_are_named(searched: httpx.Client, query: dict[str, Any], words: str) -> None:
    answer = searched.get("/v1/images", params=query)
    assert answer.status_code == 422
    assert set(answer.json()["error"]) == {"type", "detail"}
    assert answer.json()["error"]["type"] == "WrongParameters"
    assert words in answer.json()["error"]["detail"]


def test_a_text_that_is_no_search_is_refused_with_the_place(searched: httpx.Client) -> None:
    answer = searched.get("/v1/images", params={"q": "dog and or cat"})
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "type": "InvalidSearch",
        "detail": "the search means nothing at character 9: a label is expected instead of 'or'",
        "position": 9,
    }


def test_a_key_is_needed_where_the_server_wants_one(locked: httpx.Client) -> None:
    refused = locked.get("/v1/images", params={"label": "dog"}, headers={"X-API-Key": KEY[1:]})
    assert (refused.status_code, set(refused.json())) == (401, {"detail"})
    assert locked.get("/v1/images", params={"label": "dog"}).status_code == 401

    allowed = locked.get("/v1/images", params={"label": "dog"}, headers={"X-API-Key": KEY})
    assert (allowed.status_code, allowed.json()) == (200, {"images": [], "next": None})


def test_the_api_pages_describe_it(searched: httpx.Client) -> None:
    described = searched.get("/openapi.json").json()["paths"]["/v1/images"]["get"]
    assert {one["name"] for one in described["parameters"]} == {"label", "q", "min", "model", "limit", "after"}
    assert {"200", "400", "401", "422", "503"} <= set(described["responses"])

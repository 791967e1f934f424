"""T01, T19 to T21 and what stands beside `GET /predictions`: the front page, documentation and framework answers."""

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import httpx
import pytest

from tests.dialects.opened_files import opened_files
from tests.dialects.predictions.asking import all_predictions, ask, predictions


def test_t01_the_front_page_has_the_keys_of_both_dialects(client: httpx.Client) -> None:
    answer = client.get("/")

    page = answer.json()
    assert answer.status_code == 200
    assert page["res"] == "FastAPI is up and running!"
    assert all(isinstance(page[key], str) and page[key] for key in ("description", "version", "author", "github_url"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", page["version"])
    assert type(page["revision"]) is int
    assert page["revision"] >= 1


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_t19_another_verb_is_not_allowed(client: httpx.Client, photo: str, verb: str) -> None:
    answer = client.request(verb, "/predictions", params={"url": photo})

    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_t19_the_documentation_is_html(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html" in answer.text.lower()


def test_t19_the_description_lists_both_dialects(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()

    assert description["info"]["title"] == "Image Tagger API"
    assert "get" in description["paths"]["/predictions"]
    assert "post" in description["paths"]["/process"]


def test_a_slash_at_the_end_is_redirected(client: httpx.Client, photo: str) -> None:
    answer = client.get("/predictions/", params={"url": photo})

    target = httpx.URL(answer.headers["location"])
    assert answer.status_code == 307
    assert (target.path, dict(target.params)) == ("/predictions", {"url": photo})


@pytest.mark.parametrize("path", ["/", "/predictions", "/predictions?url=x", "/docs", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize("verb", ["HEAD", "OPTIONS"])
def test_head_and_options_do_not_crash(client: httpx.Client, verb: str, path: str) -> None:
    assert client.request(verb, path).status_code < 500


def test_t20_the_same_request_twice_gives_the_same_answer(client: httpx.Client, photo: str) -> None:
    first, second = (ask(client, photo, minconf=0) for _ in range(2))

    assert first.content == second.content


def test_t20_labels_have_the_keras_spelling(client: httpx.Client, photo: str) -> None:
    labels = {prediction["label"] for prediction in all_predictions(client, photo)}

    assert [label for label in labels if " " in label or "," in label or not label] == []
    assert any("_" in label for label in labels)
    assert sum(label == label.lower() for label in labels) > len(labels) / 2


def test_t21_requests_at_a_time_get_their_own_answers(client: httpx.Client, pictures: list[str]) -> None:
    alone = {url: predictions(client, url, top=3) for url in pictures}
    best = [answer[0]["confidence"] for answer in alone.values()]
    assert min(abs(a - b) for a, b in combinations(best, 2)) > 1e-3, "the pictures must differ to be told apart"

    with ThreadPoolExecutor(6) as callers:
        together = list(callers.map(lambda url: (url, predictions(client, url, top=3)), pictures * 4))

    assert len(together) == 12
    for url, answer in together:
        assert [p["label"] for p in answer] == [p["label"] for p in alone[url]]
        assert [p["confidence"] for p in answer] == pytest.approx([p["confidence"] for p in alone[url]], abs=1e-4)


def test_bug07_no_request_reads_the_model_again(client: httpx.Client, photo: str) -> None:
    predictions(client, photo, top=5)
    with opened_files() as opened:
        for _ in range(3):
            predictions(client, photo, top=5)

    assert [path for path in opened if path.endswith((".onnx", ".json", ".txt", ".toml", ".npz"))] == []

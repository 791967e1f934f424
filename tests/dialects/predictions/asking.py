"""The words of `GET /predictions`: asking, and the two answers that always read the same."""

from typing import Any

import httpx

UNREACHABLE = {"error": {"type": "UnreachableURL", "detail": "Url cannot be reached."}}
INVALID_IMAGE = {"error": {"type": "InvalidImage", "detail": "Url is not pointing to a valid image format."}}

Predictions = list[dict[str, Any]]


def ask(client: httpx.Client, url: str, **parameters: object) -> httpx.Response:
    """One request; every parameter is sent as Python writes it."""
    return client.get("/predictions", params={"url": url, **{name: str(value) for name, value in parameters.items()}})


def predictions(client: httpx.Client, url: str, **parameters: object) -> Predictions:
    """The predictions of a picture that must be tagged."""
    answer = ask(client, url, **parameters)
    assert (answer.status_code, answer.json().get("error")) == (200, None)
    assert answer.json()["url"] == url
    found: Predictions = answer.json()["predictions"]
    return found


def all_predictions(client: httpx.Client, url: str) -> Predictions:
    """Every label of the model, best first."""
    return predictions(client, url, minconf=0)


def unreachable(answer: httpx.Response) -> bool:
    """Whether this is the exact 404 of a URL that gives nothing."""
    return answer.status_code == 404 and answer.json() == UNREACHABLE


def invalid_image(answer: httpx.Response) -> bool:
    """Whether this is the exact 400 of bytes that are no image."""
    return answer.status_code == 400 and answer.json() == INVALID_IMAGE


def violation(answer: httpx.Response) -> dict[str, Any]:
    """The one entry of a 422, its two texts checked against each other."""
    assert answer.status_code == 422
    assert answer.json()["error"]["type"] == "ValidationError"
    (entry,) = answer.json()["error"]["detail"]
    assert entry["message"] == entry["msg"]
    found: dict[str, Any] = entry
    return found

"""Paths, methods, types of bodies, pages and errors."""

import httpx
import pytest

from tests.dialects.recognition.platform import ALIAS, Door, made, outputs

PATHS = (
    "/accounts/me",
    "/tasks",
    "/networks",
    "/networks/public",
    "/networks/public/starter",
    f"/networks/public/{ALIAS}",
    "/recognition/specs",
    "/recognition/public",
    "/recognition/public/starter",
    "/recognition/versions",
)


UNREADABLE = (  # the last four could be read, but never be written again
    b"{",
    b"[]",
    b'{"name": NaN}',
    b"[" * 100_000,
    b"\xff",
    b'{"metadata": {"a": 1e999}}',
    b'{"metadata": {"a": "\\ud800"}}',
    b'{"metadata": {"\xed\xa0\x80": 1}}',
    b'{"metadata": ' + b"[" * 500 + b"]" * 500 + b"}",
)


@pytest.mark.parametrize("path", PATHS)
def test_both_spellings_are_answered_directly(door: Door, path: str) -> None:
    with_slash, without = door.get(f"{path}/"), door.get(path)
    assert (with_slash.status_code, without.status_code) == (200, 200)
    assert with_slash.json().keys() == without.json().keys()


@pytest.mark.parametrize("path", ["/recognition/specs", "/recognition/specs/"])
def test_both_spellings_take_a_body(door: Door, path: str) -> None:
    assert made(door.post(path, {"name": "doors", "outputs": outputs()}))["current_version_id"] is None


def test_an_empty_body_under_a_json_type_is_none(http: httpx.Client) -> None:
    json = {"Content-Type": "application/json"}
    assert http.request("GET", "/v0.7/accounts/me/", headers=json).status_code == 200
    assert http.request("DELETE", "/v0.7/networks/999999/", headers=json).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "", 404),
        ("GET", "/accounts/7", 404),
        ("GET", "/networks/999999/", 404),
        ("GET", "/networks/first/", 404),
        ("GET", f"/networks/{2**70}/", 404),
        ("GET", "/networks/public/nobody/", 404),
        ("GET", "/networks/public//", 404),
        ("GET", "/recognition/public//", 404),
        ("POST", "/recognition/public//inference", 404),
        ("GET", "/recognition/public/nobody", 404),
        ("GET", "/recognition/public/nobody/nothing/", 404),
        ("POST", "/recognition/public/nobody/nothing/inference", 404),
        ("GET", "/networks/public/nobody/nothing/", 404),
        ("POST", "/networks/public/nobody/nothing/inference", 404),
        ("GET", "/recognition/specs/999999/versions", 404),
        ("POST", "/recognition/versions/999999/inference", 404),
        ("GET", "/tasks/999999", 404),
        ("POST", "/accounts/me/", 405),
        ("PATCH", "/recognition/versions/1/", 405),
        ("DELETE", "/recognition/public/starter/", 405),
        ("GET", "/recognition/public/starter/inference", 405),
        ("GET", "/networks/?limit=many", 400),
        ("GET", "/networks/?offset=-1", 400),
        ("GET", "/networks/?limit=0", 400),
    ],
)
def test_errors_are_json_that_says_why(http: httpx.Client, method: str, path: str, status: int) -> None:
    response = http.request(method, f"/v0.7{path}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert isinstance(response.json()["error"], str)


def test_what_a_path_takes_instead(http: httpx.Client) -> None:
    assert http.delete("/v0.7/networks/").headers["allow"] == "GET, POST"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_other_bodies_are_415(http: httpx.Client, kind: str) -> None:
    response = http.post("/v0.7/recognition/specs/", content=b"name=doors", headers={"Content-Type": kind})
    assert response.status_code == 415
    assert "application/json" in response.json()["error"]


@pytest.mark.parametrize("body", UNREADABLE)
def test_bodies_that_are_no_object_are_400(http: httpx.Client, body: bytes) -> None:
    response = http.post("/v0.7/recognition/specs/", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


def test_pages_lead_on_and_back(door: Door, http: httpx.Client) -> None:
    for number in range(3):
        made(door.post("/recognition/specs/", {"name": f"page {number}", "outputs": outputs()}))
    first = door.get("/recognition/specs/?limit=2").json()
    assert (len(first["results"]), first["previous"], first["prev"]) == (2, None, None)
    assert first["next"].startswith(str(http.base_url))
    second = http.get(first["next"]).json()
    assert second["count"] == first["count"] >= 3
    assert second["previous"] == second["prev"]
    assert http.get(second["previous"]).json()["results"] == first["results"]
    assert second["results"][0]["id"] > first["results"][-1]["id"]


def test_a_page_beyond_the_end_is_empty(door: Door) -> None:
    page = door.get("/networks/?offset=100000").json()
    assert (page["results"], page["next"]) == ([], None)


def test_the_api_pages_know_every_request(http: httpx.Client) -> None:
    described = http.get("/openapi.json").json()["paths"]
    mine = {path: methods for path, methods in described.items() if path.startswith("/v0.7")}
    assert len(mine) == 19
    assert [path for path in mine if path.endswith("/")] == []
    assert all("summary" in words and "404" in words["responses"] for ways in mine.values() for words in ways.values())


def test_the_examples_of_the_api_pages_can_be_sent(http: httpx.Client, door: Door) -> None:
    described = http.get("/openapi.json").json()["paths"]

    def example(path: str) -> object:
        return described[f"/v0.7{path}"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert door.post("/recognition/specs/", example("/recognition/specs")).status_code == 201
    asked = example("/recognition/public/{name}/inference")
    assert door.post("/recognition/public/starter/inference/", asked).status_code == 201

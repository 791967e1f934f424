"""What a job may not reach, and what a request may not ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from image_tagger.settings import Settings
from tests.dialects.bulk_jobs.jobs import Jobs
from tests.pictures import jpeg
from tests.server import serving

CLOSED = "this is in none of the folders that the setting allowed_roots opens"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """A server with the default settings but for API keys."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), use_api_keys=True, api_keys="good")
    with serving(settings) as address, httpx.Client(base_url=address.url, trust_env=False) as http:
        yield Jobs(http)


def test_without_roots_every_folder_is_closed(closed: Jobs) -> None:
    closed.http.headers["X-API-Key"] = "good"
    assert closed.refused(folder="/") == (403, "folders are closed to requests: the setting allowed_roots names none")
    assert closed.refused(urls=["http://example.org/a.jpg"], webhook="http://example.org/") == (
        400,
        "this server sends no messages: the setting webhook_secret is empty",
    )


def test_a_file_named_in_a_list_is_closed_too(closed: Jobs, tmp_path: Path) -> None:
    closed.http.headers["X-API-Key"] = "good"
    (tmp_path / "a.jpg").write_bytes(jpeg())
    begun = closed.begin(pictures=[str(tmp_path / "a.jpg"), str(tmp_path / "none.jpg"), "s3://b/a.jpg", "a.jpg"])
    assert closed.ended(begun)["state"] == "failed"
    closed_file = "the file is in no folder that is open to jobs"
    assert [item["error"] for item in closed.items(begun)] == [
        closed_file,
        closed_file,
        "folders are closed to requests: the setting allowed_roots names none",
        "a relative name needs a manifest that is a file",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/jobs"), ("POST", "/v1/jobs"), ("GET", "/v1/jobs/1/results"), ("POST", "/v1/jobs/1/cancel")],
)
def test_where_keys_are_asked_for_every_route_wants_one(closed: Jobs, method: str, path: str) -> None:
    assert closed.http.request(method, path, headers={"X-API-Key": "bad"}).status_code == 401


@pytest.mark.parametrize(
    "named", ["{root}/..", "{root}/../..", "{root}-other", "/etc", "relative", "s3://photos/closed"]
)
def test_a_place_outside_of_the_roots_is_refused(jobs: Jobs, root: Path, named: str) -> None:
    assert jobs.refused(folder=named.format(root=root)) == (403, CLOSED)
    assert jobs.refused(manifest=named.format(root=root)) == (403, CLOSED)


def test_a_link_out_of_the_root_gives_nothing_away(jobs: Jobs, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "link").symlink_to(tmp_path)
    listed = jobs.begin(folder=str(folder))
    assert jobs.ended(listed)["pictures"]["total"] == 4
    named = jobs.begin(pictures=[str(folder / "link.jpg"), str(folder / "link" / "secret.jpg")])
    assert jobs.ended(named)["pictures"]["failed"] == 2
    assert jobs.refused(folder=str(folder / "link")) == (403, CLOSED)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "exactly one of folder, urls, pictures, manifest must be given"),
        ({"urls": ["http://a/"], "folder": "/"}, 400, "exactly one of folder, urls, pictures, manifest must be given"),
        ({"urls": []}, 400, "there are no pictures in the list"),
        ({"urls": "http://a/"}, 400, "urls must be a list"),
        ({"urls": ["/etc/passwd"]}, 400, "urls must be http or https URLs"),
        ({"urls": ["http://a/"], "size": 3}, 400, "there is no field 'size'"),
        ({"urls": ["http://a/"], "top": 0}, 400, "top must be at least 1"),
        ({"urls": ["http://a/"], "top": "5"}, 400, "top must be a whole number"),
        ({"urls": ["http://a/"], "min_confidence": 2}, 400, "min_confidence must be in 0..1"),
        ({"urls": ["http://a/"], "labels": "dog"}, 400, "labels must be a list of at most 1000 texts"),
        ({"urls": ["http://a/"], "webhook": "ftp://a/"}, 400, "webhook must be an http or https URL"),
        ({"urls": ["http://a/"], "model": "no-such"}, 404, "no-such"),
        ({"pictures": [{"name": "a"}]}, 400, "entry 1 of pictures names no picture"),
        ({"folder": 3}, 400, "folder must be a text"),
        ({"folder": ""}, 400, "folder must not be empty"),
        ({"folder": None, "urls": None}, 400, "exactly one of"),
        ({"manifest": ""}, 400, "manifest must not be empty"),
        ({"folder": "/", "recursive": "yes"}, 403, CLOSED),
    ],
)
def test_a_request_without_meaning_is_refused(jobs: Jobs, body: dict[str, Any], status: int, detail: str) -> None:
    refused = jobs.refused(**body)
    assert refused[0] == status
    assert detail in refused[1]


HALVES = (
    b'{"folder": "/\\udcff"}',
    b'{"urls": ["http://a/\\ud800"]}',
    b'{"manifest": "\xed\xa0\x80"}',
)  # of characters


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, *HALVES])
def test_a_body_that_is_no_object_is_refused(jobs: Jobs, content: bytes) -> None:
    answer = jobs.http.post("/v1/jobs", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]["detail"] in {"the body is no JSON", "the body must be a JSON object"}


@pytest.mark.parametrize("job_id", ["0", "99", "x", "-1", "9" * 30, "%E0%A5%AA"])
@pytest.mark.parametrize("what", ["", "/items", "/results"])
def test_a_job_that_is_not_there_is_not_found(jobs: Jobs, job_id: str, what: str) -> None:
    answer = jobs.http.get(f"/v1/jobs/{job_id}{what}")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "UnknownJob"
    assert answer.json()["error"]["detail"].startswith("there is no job")


@pytest.mark.parametrize(
    "query", ["limit=0x1", "limit=1001", "after=-2", "state=done", "offset=x", "format=xml", "limit=" + "9" * 40]
)
def test_a_wrong_query_is_refused(jobs: Jobs, folder: Path, query: str) -> None:
    begun = jobs.begin(folder=str(folder))
    where = {"offset": "", "format": f"/{begun['id']}/results"}.get(query.partition("=")[0], f"/{begun['id']}/items")
    assert jobs.http.get(f"/v1/jobs{where}?{query}").status_code == 400


@pytest.mark.parametrize("limit", ["0", "1001"])
def test_a_page_has_one_to_a_thousand_entries(jobs: Jobs, folder: Path, limit: str) -> None:
    begun = jobs.begin(folder=str(folder))
    for where in ("", f"/{begun['id']}/items"):
        refused = jobs.http.get(f"/v1/jobs{where}?limit={limit}")
        assert refused.status_code == 400
        assert refused.json()["error"]["detail"] == "limit must be a whole number in 1..1000"


def test_sources_that_are_null_do_not_count(jobs: Jobs, folder: Path) -> None:
    begun = jobs.begin(folder=str(folder), urls=None, pictures=None, manifest=None)
    assert begun["source"] == {"kind": "folder", "place": str(folder)}


def test_a_manifest_with_half_a_character_is_refused(jobs: Jobs) -> None:
    lines = b'"http://a/1.jpg"\n"http://a/\\ud800.jpg"\n'
    refused = jobs.http.post("/v1/jobs", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert refused.status_code == 400
    assert refused.json()["error"]["detail"].startswith("line 2 of the manifest names no picture")

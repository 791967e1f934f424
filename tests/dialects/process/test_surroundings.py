"""D17, D19 and what stands beside `POST /process`: jobs, documentation pages, the proxy's prefix, the disk."""

import re
import tempfile
import uuid
from pathlib import Path

import httpx
import pytest

from image_tagger.domain.errors import UnknownModel
from image_tagger.settings import Settings
from tests.dialects.opened_files import opened_files
from tests.dialects.pictures import jpeg, png
from tests.dialects.process.documents import Json, document, failure, post, success, treated
from tests.server import ServerDidNotStartError, open_client, serving

PREFIXES = ["", "/image_tagger"]
RUNNING = re.compile(r"Job started|Start tagging model Analysis|Extracted Text From \d+ Documents")


def jobs_of(client: httpx.Client, prefix: str = "") -> dict[str, Json]:
    """The list of jobs, the shape of every one checked."""
    answer = client.get(f"{prefix}/work/status")
    jobs: dict[str, Json] = answer.json()
    assert answer.status_code == 200
    for uid, job in jobs.items():
        assert str(uuid.UUID(uid)) == uid
        assert tuple(job) == ("uid", "status", "type_job")
        assert (job["uid"], job["type_job"]) == (uid, "Image Tagging Model Analysis")
    return jobs


def new_job(client: httpx.Client, before: dict[str, Json]) -> Json:
    """The one job that came since."""
    (uid,) = set(jobs_of(client)) - set(before)
    return jobs_of(client)[uid]


def test_d17_a_request_adds_a_job_that_finishes(client: httpx.Client) -> None:
    before = jobs_of(client)

    success(post(client, document("1", jpeg(1)), document("2", None)))

    job = new_job(client, before)
    assert job["status"] == f"Job {job['uid']} Finished code 200"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"documents": [], "num_labels": "x"}'])
def test_d17_bug07_a_failed_request_adds_a_job_marked_as_failed(client: httpx.Client, body: bytes) -> None:
    before = jobs_of(client)

    failure(client.post("/process", content=body))

    status = new_job(client, before)["status"]
    assert not RUNNING.fullmatch(status)
    assert "code 200" not in status
    assert re.search(r"fail|error|code 500", status, re.IGNORECASE)


def test_d17_every_request_has_its_own_job_and_both_prefixes_show_one_list(client: httpx.Client) -> None:
    before = jobs_of(client)

    for path in ("/process", "/image_tagger/process", "/process"):
        success(client.post(path, json={"documents": []}))

    assert len(set(jobs_of(client)) - set(before)) == 3
    assert jobs_of(client) == jobs_of(client, "/image_tagger")


def test_bug07_the_list_of_jobs_is_bounded_and_keeps_the_newest(frugal_client: httpx.Client) -> None:
    sent = 1200
    for _ in range(sent):
        frugal_client.post("/process", content=b'{"documents": []}')
    before = jobs_of(frugal_client)

    frugal_client.post("/process", content=b"broken")

    assert len(jobs_of(frugal_client)) < sent
    assert "code 200" not in new_job(frugal_client, before)["status"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_d19_a_get_is_not_allowed(client: httpx.Client, prefix: str) -> None:
    answer = client.get(f"{prefix}/process")

    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})


@pytest.mark.parametrize("verb", ["HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/process", "/health-check", "/test", "/work/status"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_head_and_options_do_not_crash(client: httpx.Client, prefix: str, path: str, verb: str) -> None:
    assert client.request(verb, prefix + path).status_code < 500


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_is_html(client: httpx.Client, prefix: str, path: str) -> None:
    answer = client.get(prefix + path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_description_lists_the_paths(client: httpx.Client, prefix: str) -> None:
    paths = client.get(f"{prefix}/openapi.json").json()["paths"]

    assert {"/process", "/health-check", "/test", "/work/status"} <= set(paths)


def test_the_prefix_gives_the_same_answer(client: httpx.Client) -> None:
    body = {"documents": [document("1", jpeg(1)), document("2", None)], "num_labels": 3}

    plain, prefixed = (success(client.post(prefix + "/process", json=body)) for prefix in PREFIXES)

    assert plain["data"] == prefixed["data"]
    assert plain["list_id_not_treated"] == prefixed["list_id_not_treated"]


def test_bug08_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, data = tmp_path / "temporary", tmp_path / "data"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with serving(Settings(data_dir=data)) as address, open_client(address) as client:
        success(post(client, document("0", jpeg(1))))
        kept = sorted(data.rglob("*"))

        success(post(client, document("1", png(2), "png"), document("2", b"no image"), padding="x" * 3_000_000))
        failure(client.post("/process", content=b"x" * 3_000_000))

        assert sorted(data.rglob("*")) == kept
        assert sorted(temporary.rglob("*")) == []


def test_bug09_a_model_that_cannot_be_loaded_stops_the_start(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, default_model="no-such-model")

    with pytest.raises((UnknownModel, ServerDidNotStartError)), serving(settings):
        pass


def test_bug10_no_request_reads_the_labels_again(client: httpx.Client) -> None:
    treated(client, document("first", jpeg(1)))
    with opened_files() as opened:
        treated(client, *(document(seed, jpeg(seed)) for seed in range(4)))

    assert [path for path in opened if path.endswith((".onnx", ".json", ".txt", ".toml", ".npz"))] == []
